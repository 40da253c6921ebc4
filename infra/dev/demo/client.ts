/** The public HTTP API as the demonstration's people use it. */
import { randomUUID } from 'node:crypto';
import type { Account, AccountEvent } from '../../../contracts/account.ts';
import type { AccountAction } from '../../../contracts/lifecycle.ts';
import { eventually } from '../eventually.ts';
import { readStack, type TokenName } from '../state.ts';

export interface Answer<T> {
  readonly status: number;
  readonly body: T;
}

export interface Problem {
  readonly code: string;
  readonly title: string;
  readonly detail?: string;
}

export interface Client {
  post<T>(as: TokenName, path: string, body?: unknown): Promise<Answer<T>>;
  get<T>(as: TokenName, path: string): Promise<T>;
  /** Makes the template and answers its id. */
  createTemplate(template: unknown): Promise<string>;
  /** Asks for an account as the requester; throws when refused. */
  submit(templateId: string, samAccountName: string): Promise<Account>;
  /** Acts on an account; throws when refused. */
  act(as: TokenName, account: Account, action: AccountAction, body?: unknown): Promise<Account>;
  read(account: Account): Promise<Account>;
  events(account: Account): Promise<readonly AccountEvent[]>;
  /** Reads the account until `test` holds. */
  until(account: Account, what: string, test: (now: Account) => boolean, timeoutMs: number): Promise<Account>;
}

/** A client of the API of a running stack. */
export async function createClient(stateFolder: string): Promise<Client> {
  const { url, tokens } = (await readStack(stateFolder)).api!;

  async function call<T>(as: TokenName, method: string, path: string, body?: unknown): Promise<Answer<T>> {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${tokens[as]}`,
        ...(method === 'POST' ? { 'idempotency-key': randomUUID(), 'content-type': 'application/json' } : {}),
      },
      ...(method === 'POST' ? { body: JSON.stringify(body ?? {}) } : {}),
      signal: AbortSignal.timeout(40_000),
    });
    return { status: response.status, body: (await response.json()) as T };
  }

  async function succeed<T>(as: TokenName, method: string, path: string, body?: unknown): Promise<T> {
    const answer = await call<T>(as, method, path, body);
    if (answer.status < 300) return answer.body;
    const { code, detail, title } = answer.body as Problem;
    throw new Error(`${method} ${path} as ${as}: ${answer.status} ${code}: ${detail ?? title}`);
  }

  const read = async (account: Account): Promise<Account> => succeed('administrator', 'GET', `/accounts/${account.id}`);
  return {
    post: (as, path, body) => call(as, 'POST', path, body),
    get: (as, path) => succeed(as, 'GET', path),
    createTemplate: async (template) =>
      (await succeed<{ id: string }>('administrator', 'POST', '/templates', template)).id,
    submit: async (templateId, samAccountName) =>
      succeed('requester', 'POST', '/requests', {
        templateId,
        samAccountName,
        justification: `The demonstration needs ${samAccountName}`,
        owners: ['owner'],
      }),
    act: async (as, account, action, body) => succeed(as, 'POST', `/accounts/${account.id}/${action}`, body),
    read,
    events: async (account) =>
      (await succeed<{ items: AccountEvent[] }>('administrator', 'GET', `/accounts/${account.id}/events?limit=200`))
        .items,
    until: async (account, what, test, timeoutMs) => {
      const probe = async (): Promise<Account | undefined> => {
        const now = await read(account);
        return test(now) ? now : undefined;
      };
      return eventually(`${account.samAccountName} ${what}`, probe, { timeoutMs, intervalMs: 200 });
    },
  };
}
