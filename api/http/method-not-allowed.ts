import type { Request, Response } from 'express';
import { refusal, type Refusal } from './refusal.ts';

/** The refusal to throw for a method that a path does not have; `allowed`, such as `GET, HEAD`, becomes the Allow header. */
export function methodNotAllowed(request: Request, response: Response, allowed: string): Refusal {
  response.set('Allow', allowed);
  return refusal('MethodNotAllowed', `${request.method.slice(0, 20)} is not offered here; ${allowed} is.`);
}
