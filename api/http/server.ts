/** The HTTP server: bounded in time and size against slow and large requests, and gentle when it ends. */
import { createServer, STATUS_CODES, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { randomUUID } from 'node:crypto';
import type { ErrorCode } from '../../contracts/errors.ts';
import { PROBLEM_MEDIA_TYPE } from '../../contracts/http/problem.ts';
import { problemOf } from './problem.ts';
import { refusal } from './refusal.ts';

const MAX_HEADER_BYTES = 16 * 1024;
const MAX_HEADERS = 100;
const MAX_CONNECTIONS = 2_000;
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 20_000;
/** Longer than the idle timeout of usual proxies, so that they close connections, not we under their request. */
const KEEP_ALIVE_TIMEOUT_MS = 65_000;

export interface RunningServer {
  /** Such as `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Takes no new requests, waits up to `graceMs` for those that run, then cuts them off. */
  drain(graceMs: number): Promise<void>;
}

/** Listens until drained; port 0 takes a free one. Rejects when the port is taken. */
export async function startServer(
  listener: RequestListener,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<RunningServer> {
  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
      connectionsCheckingInterval: 2_000,
      // Node's own refusal is an empty answer.
      requireHostHeader: false,
    },
    (request, response) => (hasHost(request) ? listener(request, response) : answerUnreadable(NO_HOST, request.socket)),
  );
  server.maxHeadersCount = MAX_HEADERS;
  server.maxConnections = MAX_CONNECTIONS;
  server.on('clientError', answerUnreadable);
  server.on('checkExpectation', ({ socket }: IncomingMessage) => answerUnreadable(UNMET, socket));
  const { address, family, port: taken } = await listen(server, host, port);
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${taken}`,
    drain: (graceMs) => drain(server, graceMs),
  };
}

/** Node's codes for requests that never became one. */
const CLIENT_ERRORS: Readonly<Record<string, ErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'PayloadTooLarge',
  ERR_HTTP_REQUEST_TIMEOUT: 'RequestTimeout',
};

interface Unreadable {
  readonly code?: string;
  /** For the caller; absent: it is not HTTP at all. */
  readonly detail?: string;
}

const NO_HOST: Unreadable = { detail: 'Every request needs a Host header.' };
const UNMET: Unreadable = { detail: 'Of the Expect header only "100-continue" is known here.' };

/** What cannot be read as HTTP gets a problem document too, where somebody still listens. */
function answerUnreadable(error: Unreadable, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const code = CLIENT_ERRORS[error.code ?? ''] ?? 'MalformedRequest';
  const detail = code === 'MalformedRequest' ? (error.detail ?? 'This is not HTTP as we read it.') : undefined;
  const problem = problemOf(refusal(code, detail), randomUUID());
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
    `Content-Type: ${PROBLEM_MEDIA_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

/** RFC 9112 §3.2: every request has one since HTTP/1.1. */
function hasHost({ httpVersion, headers }: IncomingMessage): boolean {
  return httpVersion === '1.0' || Boolean(headers.host);
}

function listen(server: Server, host: string, port: number): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve(server.address() as AddressInfo);
    });
  });
}

const IDLE_CHECK_MS = 100;

/** `close` ends connections that are idle now; those that become idle later are kept alive unless they are looked for. */
async function drain(server: Server, graceMs: number): Promise<void> {
  server.prependListener('request', (_request, response) => response.setHeader('Connection', 'close'));
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const idle = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS);
  const end = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearInterval(idle);
  clearTimeout(end);
}
