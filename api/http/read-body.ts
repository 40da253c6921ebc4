/** The body of a request as JSON, bounded. */
import { isUtf8 } from 'node:buffer';
import express, { type Request, type Response } from 'express';
import { refusal } from './refusal.ts';

const MAX_BODY_BYTES = 64 * 1024;

const json = express.json({
  limit: MAX_BODY_BYTES,
  // Compressed bodies are refused: none of ours is large, and a small one can unpack to a huge one.
  inflate: false,
  // `null` and `7` are JSON too; that they are not what a route takes is for its schema to say.
  strict: false,
  type: 'application/json',
  verify: refuseOtherEncodings,
});

/** What is not UTF-8 would be decoded all the same, with U+FFFD in the place of what cannot be read. */
function refuseOtherEncodings(_request: unknown, _response: unknown, body: Buffer, encoding: string): void {
  if (encoding !== 'utf-8' || !isUtf8(body)) throw new Error('the body is not UTF-8');
}

/** Reads the body into `request.body`; leaves it undefined when none was sent. Only application/json is taken. */
export async function readBody(request: Request, response: Response): Promise<void> {
  if (!hasBody(request)) return;
  if (!request.is('application/json')) throw refusal('UnsupportedMediaType');
  await new Promise<void>((resolve, reject) => {
    json(request, response, (error?: unknown) => {
      if (error === undefined) resolve();
      else reject(error instanceof Error ? error : new Error('the body cannot be read'));
    });
  });
}

function hasBody(request: Request): boolean {
  const length = request.get('content-length');
  return request.get('transfer-encoding') !== undefined || (length !== undefined && length !== '0');
}
