/** ETags are version numbers in quotes. */
import type { Request } from 'express';
import { refusal } from './refusal.ts';

export function etagOf(version: number): string {
  return `"${version}"`;
}

/** The version that the caller edited. `*` and weak tags cannot say which one it was: 412. */
export function parseIfMatch(request: Request): number {
  const header = request.get('if-match');
  if (!header) throw refusal('PreconditionRequired', 'Send the ETag of what you edited as If-Match.');
  const match = /^"(\d{1,9})"$/.exec(header.trim());
  if (!match) throw refusal('PreconditionFailed', 'If-Match must be the ETag that came with what you edited.');
  return Number(match[1]);
}
