/** What the tests of the simulator call it with: one request, one answer, the certificate verified. */
import { request, type RequestOptions } from 'node:https';
import { startDsvSimulator, type DsvOptions, type DsvSimulator, type Grant } from './simulator.ts';

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** The text read as JSON; undefined when there is none or it is something else. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- answers of servers under test are read as they come
  readonly body: any;
}

export type Send = (method: string, path: string, body?: unknown) => Promise<Reply>;

export interface TestVault extends DsvSimulator {
  /** Moves the simulator's clock. */
  pass(ms: number): void;
  /** What the simulator's clock says, in milliseconds. */
  now(): number;
  /** Sends a call without a token, or with the headers that are given. */
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Reply>;
  /** A function that sends calls, below `/v1`, under the administrator's token. */
  asAdministrator(): Promise<Send>;
  /** The same under the token of a new client of the role. */
  asRole(role: string, grants?: readonly Grant[]): Promise<Send>;
}

export const START_MS = Date.parse('2026-01-02T03:04:05.678Z');
export const HOUR_MS = 3_600_000;

export async function openVault(options: DsvOptions = {}): Promise<TestVault> {
  let now = START_MS;
  const simulator = await startDsvSimulator({ nowMs: () => now, ...options });
  const target = { host: '127.0.0.1', port: simulator.port, ca: simulator.caPem, agent: false };

  const send: TestVault['send'] = async (method, path, body, headers = {}) => {
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    return exchange({ ...target, method, path, headers: { ...type, ...headers } }, body);
  };

  async function withGrant(grant: unknown): Promise<Send> {
    const { accessToken } = (await send('POST', '/v1/token', grant)).body as { accessToken: string };
    const headers = { authorization: `Bearer ${accessToken}` };
    return (method, path, value) => send(method, `/v1/${path}`, value, headers);
  }

  return {
    ...simulator,
    pass: (ms) => void (now += ms),
    now: () => now,
    send,
    asAdministrator: () => {
      const { userName: username, password } = simulator.administrator;
      return withGrant({ grant_type: 'password', username, password });
    },
    asRole: (role, grants) => {
      const { clientId: client_id, clientSecret: client_secret } = simulator.addClient(role, grants);
      return withGrant({ grant_type: 'client_credentials', client_id, client_secret });
    },
  };
}

/** A text goes out as it is, anything else as JSON. */
async function exchange(options: RequestOptions, body: unknown): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const outgoing = request(options, (incoming) => {
      let text = '';
      incoming.setEncoding('utf8');
      incoming.on('data', (chunk: string) => (text += chunk));
      incoming.on('error', reject);
      incoming.on('end', () =>
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text, body: parse(text) }),
      );
    });
    outgoing.on('error', reject);
    outgoing.end(body === undefined || typeof body === 'string' ? body : JSON.stringify(body));
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
