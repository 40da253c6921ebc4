/** The API's own description. */
import { z } from 'zod';
import { defineRoute } from './route.ts';

export const readOpenApi = defineRoute({
  operationId: 'readOpenApi',
  method: 'get',
  path: '/openapi.json',
  tag: 'Documentation',
  summary: 'This API as an OpenAPI 3.1 document',
  access: 'anyone',
  answer: { status: 200, description: 'The document', schema: z.looseObject({ openapi: z.string() }) },
});
