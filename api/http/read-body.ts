/** The body of a request as JSON, bounded. */
import express, { type Request, type Response } from 'express';
import { refusal } from './refusal.ts';

const MAX_BODY_BYTES = 64 * 1024;

// Compressed bodies are refused: none of ours is large, and a small one can unpack to a huge one.
const json = express.json({ limit: MAX_BODY_BYTES, inflate: false, type: 'application/json' });

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
