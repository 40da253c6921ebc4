/** A bare https client for the simulator's own tests: what it sends is exactly what the test says. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: ReturnType<typeof JSON.parse>;
}

export interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as it is. */
  readonly text?: string;
  /** Sent as JSON. */
  readonly json?: unknown;
}

/** One call on a connection of its own; rejects when the connection is cut. */
export async function call(caPem: string, method: string, url: string, options: CallOptions = {}): Promise<Reply> {
  const text = options.json === undefined ? options.text : JSON.stringify(options.json);
  const type = options.json === undefined ? {} : { 'content-type': 'application/json' };
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method, ca: caPem, agent: false, headers: { ...type, ...options.headers } });
    outgoing.on('error', reject).on('response', (incoming) => {
      let body = '';
      incoming.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      incoming.on('error', reject).on('end', () => {
        const parsed: unknown = body === '' ? undefined : JSON.parse(body);
        resolve({ status: incoming.statusCode!, headers: incoming.headers, body: parsed });
      });
    });
    outgoing.end(text);
  });
}

/** A self-signed RSA certificate with its key, as one would register it with an application. */
export async function makeClientCertificate(): Promise<{ certificatePem: string; keyPem: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'alm-akv-client-'));
  try {
    const subject = ['-subj', '/CN=engine', '-days', '2', '-keyout', 'key', '-out', 'certificate'];
    const args = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...subject];
    await promisify(execFile)('openssl', args, { cwd: folder });
    const [certificatePem, keyPem] = await Promise.all(
      ['certificate', 'key'].map(async (name) => readFile(join(folder, name), 'utf8')),
    );
    return { certificatePem: certificatePem!, keyPem: keyPem! };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
