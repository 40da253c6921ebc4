/** The public HTTP API as its callers use it. The demonstration acts on the product through nothing else. */
import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import type { accountEventSchema } from '../../../contracts/account.ts';
import type { accountResourceSchema } from '../../../contracts/http/accounts.ts';
import type { templateSchema } from '../../../contracts/template.ts';
import { eventually, type Patience } from '../eventually.ts';
import type { Stack, TokenName } from '../state.ts';

export type Account = z.infer<typeof accountResourceSchema>;
export type AccountEvent = z.infer<typeof accountEventSchema>;

export interface Answer<T> {
  readonly status: number;
  readonly body: T;
}

/** A refusal, as far as the demonstration looks at it. */
export interface Problem {
  readonly code: string;
  readonly detail: string;
}

export interface Request {
  readonly templateId: string;
  readonly samAccountName: string;
  readonly justification: string;
  readonly owners?: readonly string[];
}

/** What one user can do. */
export interface Caller {
  /** One call; never throws for an answer, whatever its status. A POST without a key gets a new one. */
  call<T>(method: string, path: string, body?: unknown, idempotencyKey?: string): Promise<Answer<T>>;
  makeTemplate(template: z.input<typeof templateSchema>): Promise<string>;
  submit(request: Request): Promise<Account>;
  account(id: string): Promise<Account>;
  events(id: string): Promise<AccountEvent[]>;
  act(id: string, action: string, body?: unknown): Promise<Account>;
}

/** The API of a stack as the user `name` sees it; `send` lets a test see every answer. */
export function callerAs(stack: Pick<Stack, 'api'>, name: TokenName, send: typeof fetch = fetch): Caller {
  const { url, tokens } = stack.api!;
  async function call<T>(
    method: string,
    path: string,
    body?: unknown,
    idempotencyKey: string = randomUUID(),
  ): Promise<Answer<T>> {
    const response = await send(`${url}/api/v1${path}`, {
      method,
      signal: AbortSignal.timeout(30_000),
      headers: {
        authorization: `Bearer ${tokens[name]}`,
        ...(method === 'POST' ? { 'idempotency-key': idempotencyKey } : {}),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as T };
  }
  async function expectSuccess<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await call<T & Partial<Problem>>(method, path, body);
    if (answer.status >= 300) {
      throw new Error(`${name}: ${method} ${path} was answered ${answer.status} ${JSON.stringify(answer.body)}`);
    }
    return answer.body;
  }
  return {
    call,
    makeTemplate: async (template) => (await expectSuccess<{ id: string }>('POST', '/templates', template)).id,
    submit: (request) => expectSuccess('POST', '/requests', request),
    account: (id) => expectSuccess('GET', `/accounts/${id}`),
    events: async (id) =>
      (await expectSuccess<{ items: AccountEvent[] }>('GET', `/accounts/${id}/events?limit=200`)).items,
    act: (id, action, body) => expectSuccess('POST', `/accounts/${id}/${action}`, body),
  };
}

/** Waits until the account is as `isSo` says; an API that does not answer meanwhile is asked again. */
export async function whenAccount(
  caller: Caller,
  id: string,
  what: string,
  isSo: (account: Account) => boolean,
  patience: Patience,
): Promise<Account> {
  let last: Account | undefined;
  return eventually(
    what,
    async () => {
      last = await caller.account(id);
      return isSo(last) && last;
    },
    patience,
  ).catch((error: unknown) => {
    const state = last ? ` (last: ${last.state}${last.blocked ? `, blocked: ${last.blocked.code}` : ''})` : '';
    throw new Error(`${(error as Error).message}${state}`);
  });
}
