/** A simulator with the things that most tests need, and requests in one line. For tests only. */
import { request } from 'node:https';
import { startSecretServerSimulator, type SecretServerOptions, type SecretServerSimulator } from './start.ts';
import { ACTIVE_DIRECTORY_TEMPLATE } from './world.ts';

export const PASSWORD = 'p w&d+Ä1';

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** The body as JSON; undefined when it is not. */
  readonly json: any; // eslint-disable-line @typescript-eslint/no-explicit-any -- answers are read as they come
}

export interface SendOptions {
  readonly token?: string;
  readonly body?: unknown;
  readonly form?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends one request and reads the whole answer; rejects when the connection breaks. */
export async function send(caPem: string, method: string, url: string, options: SendOptions = {}): Promise<Reply> {
  const { token, body, form } = options;
  const bytes = Buffer.isBuffer(body) ? body : body === undefined ? undefined : Buffer.from(JSON.stringify(body));
  const payload = form ? Buffer.from(new URLSearchParams(form).toString()) : bytes;
  const headers = {
    ...(form ? { 'content-type': 'application/x-www-form-urlencoded' } : {}),
    ...(bytes ? { 'content-type': 'application/json' } : {}),
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...options.headers,
  };
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method, headers, ca: caPem, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json: parse(text) });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(payload);
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export interface Fixture {
  readonly simulator: SecretServerSimulator;
  readonly userId: number;
  readonly folderId: number;
  /** A call to the REST root under the token of `alm`, or of another user. */
  api(method: string, path: string, body?: unknown, token?: string): Promise<Reply>;
  logOn(username: string, password?: string): Promise<string>;
  /** The body of a create that is complete. */
  newSecret(name: string, values?: Readonly<Record<string, string>>): Record<string, unknown>;
}

const FIELDS = { domain: 83, username: 86, password: 85, notes: 84 } as const;

/** User `alm` (Add Secret on the folder, Owner of its secrets) and folder `\Accounts\Payroll`. */
export async function startFixture(options: SecretServerOptions = {}): Promise<Fixture> {
  const simulator = await startSecretServerSimulator(options);
  const { id: userId } = simulator.admin.addUser({ username: 'alm', password: PASSWORD });
  const grants = [{ userId, folderRole: 'Add Secret', secretRole: 'Owner' }] as const;
  const accounts = simulator.admin.addFolder({ name: 'Accounts', grants });
  const { id: folderId } = simulator.admin.addFolder({ name: 'Payroll', parentId: accounts.id });

  async function logOn(username: string, password = PASSWORD): Promise<string> {
    const form = { grant_type: 'password', username, password };
    const reply = await send(simulator.caPem, 'POST', `${simulator.url}/oauth2/token`, { form });
    return (reply.json as { access_token: string }).access_token;
  }

  let own: string | undefined;
  return {
    simulator,
    userId,
    folderId,
    logOn,
    api: async (method, path, body, token) => {
      own ??= await logOn('alm');
      return send(simulator.caPem, method, `${simulator.url}/api${path}`, { token: token ?? own, body });
    },
    newSecret: (name, values = {}) => ({
      name,
      secretTemplateId: ACTIVE_DIRECTORY_TEMPLATE,
      folderId,
      siteId: 1,
      items: Object.entries({ domain: 'corp.example', username: name, password: 'Secret-password-1', ...values }).map(
        ([slug, itemValue]) => ({ fieldId: FIELDS[slug as keyof typeof FIELDS], slug, itemValue }),
      ),
    }),
  };
}
