/**
 * The codec server's HTTP: Temporal's remote codec protocol, `POST /decode` only. Whoever asks sends an API token of the
 * product; only administrators read. (https://docs.temporal.io/remote-data-encoding)
 */
import express, { type Express, type Request, type Response, type NextFunction } from 'express';
import helmet from 'helmet';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { z } from 'zod';
import { isSealed } from '../infra/runtime/codec.ts';
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
    const refusal = await refusalFor(request.headers.authorization, apiUrl);
    if (refusal !== undefined) return void response.sendStatus(refusal);
    logger.info('an administrator decodes payloads');
    next();
  });
  app.post('/decode', express.json({ limit: BODY_LIMIT }), async (request, response) => {
    const parsed = payloadsSchema.safeParse(request.body);
    if (!parsed.success) return void response.sendStatus(400);
    const payloads = await Promise.all(
      parsed.data.payloads.map((payload) => readable(fromJson(payload), codec, logger)),
    );
    response.set('cache-control', 'no-store').json({ payloads: payloads.map(toJson) });
  });
  app.use((_request, response) => void response.sendStatus(404));
  app.use((error: unknown, _request: Request, response: Response, _next: NextFunction) => {
    const status = statusOf(error);
    logger[status >= 500 ? 'error' : 'warn']({ error, status }, 'a request could not be answered');
    response.sendStatus(status);
  });
  return app;
}

/**
 * The page sends whole histories: a payload that was never encrypted (search attributes are not) or whose key is gone
 * comes back as it is, and the others are read all the same.
 */
async function readable(payload: Payload, codec: PayloadCodec, logger: Logger): Promise<Payload> {
  if (!isSealed(payload)) return payload;
  try {
    return (await codec.decode([payload]))[0] ?? payload;
  } catch (error) {
    logger.warn({ error }, 'a payload stays encrypted');
    return payload;
  }
}

/** The status to refuse with, or `undefined` for an administrator. Only the API knows tokens and roles. */
async function refusalFor(authorization: string | undefined, apiUrl: string): Promise<number | undefined> {
  if (!authorization) return 401;
  let response: globalThis.Response;
  try {
    response = await fetch(`${apiUrl}/api/v1/me`, {
      headers: { authorization },
      redirect: 'error',
      signal: AbortSignal.timeout(API_TIMEOUT_MS),
    });
  } catch {
    return 503;
  }
  if (response.status === 401) return 401;
  if (!response.ok) return response.status >= 500 ? 503 : 403;
  const { role } = z.object({ role: z.string() }).parse(await response.json());
  return role === 'administrator' ? undefined : 403;
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

/** body-parser's errors carry the caller's mistake as a status; everything else is ours. */
function statusOf(error: unknown): number {
  const status = error instanceof Error && 'status' in error ? error.status : undefined;
  return typeof status === 'number' ? status : 500;
}
