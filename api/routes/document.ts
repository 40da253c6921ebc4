import { readOpenApi } from '../../contracts/http/document.ts';
import type { Dependencies } from '../dependencies.ts';
import { implement, type Implementation } from '../http/implementation.ts';
import { createOpenApiDocument } from '../http/openapi.ts';

/** `/openapi.json`. */
export function documentRoutes({ publicUrl }: Dependencies): Implementation[] {
  const body = createOpenApiDocument(publicUrl);
  return [implement(readOpenApi, async () => ({ body }))];
}
