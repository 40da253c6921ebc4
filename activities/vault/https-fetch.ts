/**
 * HTTP as the client needs it: a subset of `fetch`, so that tests can put anything in its place. The one used in
 * production is built on node:https because the global fetch takes no certificate authority, and because this one
 * follows no redirect: the token goes to the configured address and nowhere else.
 */
import http from 'node:http';
import https from 'node:https';
import type { Sensitive } from '../../infra/runtime/sensitive.ts';

/** PEM: the engine's own certificate, with those of its authorities, and its key. */
export interface ClientCertificate {
  readonly certPem: string;
  readonly keyPem: Sensitive<string>;
}

export interface HttpsFetchInit {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
  readonly signal: AbortSignal;
}

export interface HttpsFetchResponse {
  readonly status: number;
  text(): Promise<string>;
}

/** The global `fetch` fits. Rejects when there is no complete answer. */
export type HttpsFetch = (url: string, init: HttpsFetchInit) => Promise<HttpsFetchResponse>;

/** No answer about one secret comes near this. */
const MAX_ANSWER_BYTES = 1024 * 1024;

/** Shorter than any server's or proxy's idle timeout, so that no request goes out on a connection about to close. */
const IDLE_CONNECTION_MS = 20_000;

/**
 * Keeps connections alive between calls. `caPem`: the only authorities trusted, instead of Node's own list. `certificate`: the
 * engine's own, for a vault that asks for one. There is
 * no way to switch verification off, not even by Node's environment variable.
 */
export function createHttpsFetch(caPem?: string, certificate?: ClientCertificate): HttpsFetch {
  const pool = { keepAlive: true, timeout: IDLE_CONNECTION_MS };
  const own = certificate && { cert: certificate.certPem, key: certificate.keyPem.reveal() };
  const secure = new https.Agent({ ...pool, rejectUnauthorized: true, ...own, ...(caPem ? { ca: caPem } : {}) });
  const plain = new http.Agent(pool);
  return async (url, { method, headers, body, signal }) => {
    const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
      const options = { method, headers, signal };
      const request = url.startsWith('https:')
        ? https.request(url, { ...options, agent: secure }, resolve)
        : http.request(url, { ...options, agent: plain }, resolve);
      request.on('error', reject);
      request.end(body);
    });
    const answer = await readAll(response);
    return { status: response.statusCode ?? 0, text: async () => answer };
  };
}

async function readAll(response: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) throw new Error('the answer is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
