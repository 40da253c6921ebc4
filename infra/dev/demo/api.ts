/** The public HTTP API as its callers use it. The demonstration acts on the product through nothing else. */
import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import type { accountEventSchema } from '../../../contracts/account.ts';
import type { accountResourceSchema, whySchema } from '../../../contracts/http/accounts.ts';
import type { outboxNoticeSchema } from '../../../contracts/http/notices.ts';
import type { templateSchema } from '../../../contracts/template.ts';
import { eventually, type Patience } from '../eventually.ts';
import type { Stack, TokenName } from '../state.ts';

export type Account = z.infer<typeof accountResourceSchema>;
export type AccountEvent = z.infer<typeof accountEventSchema>;
export type Notice = z.infer<typeof outboxNoticeSchema>;
type Why = z.infer<typeof whySchema>;
type TemplateInput = z.input<typeof templateSchema>;

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

interface Conditions {
  /** The Idempotency-Key of a POST. */
  readonly key?: string;
  /** Which version was edited, where that is asked for. */
  readonly version?: number;
}

/** What one user can do. */
export interface Caller {
  /** One call; never throws for an answer, whatever its status. A POST without a key gets a new one. */
  call<T>(method: string, path: string, body?: unknown, conditions?: Conditions): Promise<Answer<T>>;
  /** One call; throws when it is refused. */
  ask<T>(method: string, path: string, body?: unknown, conditions?: Conditions): Promise<T>;
  /** Makes a template and publishes it. */
  makeTemplate(template: TemplateInput): Promise<string>;
  /** Publishes another version of it. */
  changeTemplate(id: string, template: TemplateInput): Promise<void>;
  submit(request: Request): Promise<Account>;
  account(id: string): Promise<Account>;
  events(id: string): Promise<AccountEvent[]>;
  /** All that anybody was told of the account, oldest first. */
  notices(id: string): Promise<Notice[]>;
  why(id: string): Promise<Why>;
  act(id: string, action: string, body?: unknown): Promise<Account>;
}

/** The API of a stack as the user `name` sees it; `send` lets a test see every answer. */
export function callerAs(stack: Pick<Stack, 'api'>, name: TokenName, send: typeof fetch = fetch): Caller {
  const { url, tokens } = stack.api!;
  async function call<T>(
    method: string,
    path: string,
    body?: unknown,
    { key = randomUUID(), version }: Conditions = {},
  ): Promise<Answer<T>> {
    const response = await send(`${url}/api/v1${path}`, {
      method,
      signal: AbortSignal.timeout(30_000),
      headers: {
        authorization: `Bearer ${tokens[name]}`,
        ...(method === 'POST' ? { 'idempotency-key': key } : {}),
        ...(version === undefined ? {} : { 'if-match': `"${version}"` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as T };
  }
  async function ask<T>(method: string, path: string, body?: unknown, conditions?: Conditions): Promise<T> {
    const answer = await call<T & Partial<Problem>>(method, path, body, conditions);
    if (answer.status >= 300) {
      throw new Error(`${name}: ${method} ${path} was answered ${answer.status} ${JSON.stringify(answer.body)}`);
    }
    return answer.body;
  }
  return {
    call,
    ask,
    async makeTemplate(template) {
      const { id, revision } = await ask<{ id: string; revision: number }>('POST', '/templates', template);
      await ask('POST', `/templates/${id}/publish`, undefined, { version: revision });
      return id;
    },
    async changeTemplate(id, template) {
      const { revision } = await ask<{ revision: number }>('POST', `/templates/${id}/draft`);
      const draft = await ask<{ revision: number }>('PUT', `/templates/${id}`, template, { version: revision });
      await ask('POST', `/templates/${id}/publish`, undefined, { version: draft.revision });
    },
    submit: (request) => ask('POST', '/requests', request),
    account: (id) => ask('GET', `/accounts/${id}`),
    events: async (id) => (await ask<{ items: AccountEvent[] }>('GET', `/accounts/${id}/events?limit=200`)).items,
    notices: async (id) =>
      (await ask<{ items: Notice[] }>('GET', `/accounts/${id}/notices?limit=200`)).items.toReversed(),
    why: (id) => ask('GET', `/accounts/${id}/why`),
    act: (id, action, body) => ask('POST', `/accounts/${id}/${action}`, body),
  };
}

const MOST_REPEATS = 20;

/** Posts, and while the API says that an answer takes too long, repeats the same request under the same key. */
export async function persistently<T>(caller: Caller, path: string, body: unknown): Promise<T> {
  const key = randomUUID();
  for (let repeats = 0; ; repeats += 1) {
    const answer: Answer<T> = await caller.call('POST', path, body, { key });
    if (answer.status < 300) return answer.body;
    if (answer.status !== 503 || repeats === MOST_REPEATS) {
      throw new Error(`POST ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    }
  }
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
