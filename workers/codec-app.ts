/**
 * The codec server's HTTP: Temporal's remote codec protocol, `POST /decode` only. Whoever asks sends an API token of the
 * product; only administrators read. (https://docs.temporal.io/remote-data-encoding)
 */
import express, { type Express, type Request, type Response, type NextFunction } from 'express';
import helmet from 'helmet';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { z } from 'zod';
import type { Logger } from '../infra/runtime/logger.ts';

export interface CodecAppDependencies {
  readonly codec: PayloadCodec;
  /** The API, which is asked who the caller is. */
  readonly apiUrl: string;
  /** The origin of the Temporal UI: the only page that may ask. */
  readonly allowedOrigin: string;
  readonly logger: Logger;
}

/** Histories come in pages; the UI asks for all payloads of one at once. */
const BODY_LIMIT = '4mb';
const API_TIMEOUT_MS = 5_000;
const HEADERS = 'authorization,content-type,x-namespace';

/** Payloads as JSON has them (protobuf's JSON mapping): bytes are base64. */
const payloadsSchema = z.object({
  payloads: z
    .array(z.object({ metadata: z.record(z.string(), z.base64()).default({}), data: z.base64().default('') }))
    .max(10_000),
});

export function createCodecApp({ codec, apiUrl, allowedOrigin, logger }: CodecAppDependencies): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use(helmet({ crossOriginResourcePolicy: { policy: 'cross-origin' } }));
  app.use((request, response, next) => {
    response.vary('origin');
    if (request.headers.origin === allowedOrigin) {
      response.set({
        'access-control-allow-origin': allowedOrigin,
        'access-control-allow-headers': HEADERS,
        'access-control-allow-credentials': 'true',
      });
    }
    if (request.method === 'OPTIONS') response.sendStatus(204);
    else next();
  });
  app.post('/decode', async (request, response, next) => {
    if (!(await isAdministrator(apiUrl, request.headers.authorization))) return void response.sendStatus(403);
    logger.info('an administrator decodes payloads');
    next();
  });
  app.post('/decode', express.json({ limit: BODY_LIMIT }), async (request, response) => {
    const parsed = payloadsSchema.safeParse(request.body);
    if (!parsed.success) return void response.sendStatus(400);
    const decoded = await codec.decode(parsed.data.payloads.map(fromJson));
    response.json({ payloads: decoded.map(toJson) });
  });
  app.use((_request, response) => response.sendStatus(404));
  app.use((error: unknown, _request: Request, response: Response, _next: NextFunction) => {
    logger.warn({ error }, 'payloads could not be decoded');
    response.sendStatus(statusOf(error));
  });
  return app;
}

async function isAdministrator(apiUrl: string, authorization: string | undefined): Promise<boolean> {
  if (!authorization) return false;
  const response = await fetch(`${apiUrl}/api/v1/me`, {
    headers: { authorization },
    signal: AbortSignal.timeout(API_TIMEOUT_MS),
  });
  return response.ok && ((await response.json()) as { role?: string }).role === 'administrator';
}

function fromJson({ metadata, data }: z.infer<typeof payloadsSchema>['payloads'][number]): Payload {
  const entries = Object.entries(metadata).map(([name, text]) => [name, Buffer.from(text, 'base64')] as const);
  return { metadata: Object.fromEntries(entries), data: Buffer.from(data, 'base64') };
}

function toJson({ metadata, data }: Payload): { metadata: Record<string, string>; data: string } {
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
  const entries = Object.entries(metadata ?? {}).map(([name, bytes]) => [name, base64(bytes)] as const);
  return { metadata: Object.fromEntries(entries), data: base64(data ?? new Uint8Array()) };
}

/** body-parser's errors carry a status; a payload that cannot be decoded is the caller's. */
function statusOf(error: unknown): number {
  const status = error instanceof Error && 'status' in error ? error.status : undefined;
  return typeof status === 'number' ? status : 400;
}
