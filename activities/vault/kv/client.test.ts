import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, test } from 'vitest';
import { sensitive } from '../../../infra/runtime/sensitive.ts';
import { createKvClient, type KvClientConfig } from './client.ts';
import type { HttpsFetch, HttpsFetchInit } from '../https-fetch.ts';

const CONFIG: KvClientConfig = {
  address: 'https://vault.example',
  namespace: 'team/a',
  logOn: { method: 'approle', roleId: 'role', secretId: sensitive('canary-secret-id') },
};
const GRANT = { auth: { client_token: 'canary-token', lease_duration: 3600, renewable: true } };

interface Seen extends HttpsFetchInit {
  readonly path: string;
}

/** A vault that answers with what `answer` says, a log-on being granted by default. */
function vaultThat(answer: (call: Seen) => { status: number; body?: unknown } | Error) {
  const seen: Seen[] = [];
  const fetch: HttpsFetch = async (url, init) => {
    const call = { ...init, path: new URL(url).pathname };
    seen.push(call);
    const result = call.path === '/v1/auth/approle/login' ? { status: 200, body: GRANT } : answer(call);
    if (result instanceof Error) throw result;
    const text = typeof result.body === 'string' ? result.body : JSON.stringify(result.body ?? {});
    return { status: result.status, text: async () => text };
  };
  return { seen, client: createKvClient(CONFIG, fetch) };
}

async function failureOf(work: Promise<unknown>): Promise<ApplicationFailure> {
  const error: unknown = await work.catch((caught: unknown) => caught);
  if (!(error instanceof ApplicationFailure)) throw new Error(`no failure: ${String(error)}`);
  return error;
}

const CALL = { method: 'PATCH', path: 'secret/data/a', body: { data: { password: 'canary-password' } } };

describe('send', () => {
  test('carries token, namespace and content type, and leaves the statuses below 500 to the caller', async () => {
    const { client, seen } = vaultThat(() => ({ status: 404, body: { errors: [] } }));
    expect(await client.send(CALL)).toEqual({ status: 404, body: { errors: [] } });
    expect(seen.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /v1/auth/approle/login',
      'PATCH /v1/secret/data/a',
    ]);
    expect(seen[1]?.headers).toEqual({
      'x-vault-request': 'true',
      'x-vault-namespace': 'team/a',
      'x-vault-token': 'canary-token',
      'content-type': 'application/merge-patch+json',
    });
    expect(seen[0]?.headers).not.toHaveProperty('x-vault-token');
  });

  test.each([401, 403])('logs on once more after %i, and takes the second answer as it is', async (status) => {
    const { client, seen } = vaultThat(() => ({ status, body: { errors: ['permission denied'] } }));
    expect((await client.send(CALL)).status).toBe(status);
    expect(seen.filter(({ path }) => path.endsWith('/login'))).toHaveLength(2);
    expect(seen).toHaveLength(4);
  });

  test.each([
    ['sealed', { sealed: true }, 'VaultSealed'],
    ['away for another reason', { sealed: false }, 'VaultUnavailable'],
    ['so broken that even its health is not told', 'oops', 'VaultUnavailable'],
  ])('a 503 of a vault that is %s', async (_case, health, code) => {
    const { client, seen } = vaultThat(({ path }) =>
      path === '/v1/sys/health'
        ? { status: 503, body: health }
        : { status: 503, body: { errors: ['Vault is sealed'] } },
    );
    expect((await failureOf(client.send(CALL))).type).toBe(code);
    // Health is asked of the vault as a whole, and without the token.
    expect(seen.at(-1)?.headers).toEqual({ 'x-vault-request': 'true' });
  });

  test.each([307, 412, 429, 472, 473, 500, 502])('status %i means later', async (status) => {
    const { client } = vaultThat(() => ({ status }));
    const error = await failureOf(client.send(CALL));
    expect([error.type, error.nonRetryable]).toEqual(['VaultUnavailable', false]);
  });

  test("a proxy's page is not taken for an answer", async () => {
    const { client } = vaultThat(() => ({ status: 200, body: '<html>log in</html>' }));
    const error = await failureOf(client.send(CALL));
    expect(error.type).toBe('VaultUnavailable');
    expect(error.message).toContain('is not a vault');
  });

  test('no secret gets into a failure, not even one the transport quotes', async () => {
    const quoting = Object.assign(new Error('could not send canary-password'), { code: 'ECONNRESET' });
    const { client } = vaultThat(() => quoting);
    const error = await failureOf(client.send(CALL));
    expect(JSON.stringify([error.message, error.details, error.stack, error.cause])).not.toContain('canary');
    expect(error.details).toEqual([{ call: 'PATCH secret/data/a', reason: 'ECONNRESET' }]);
  });

  test('a certificate that is not trusted is told as such', async () => {
    const { client } = vaultThat(() =>
      Object.assign(new TypeError('fetch failed'), {
        cause: Object.assign(new Error('x'), { code: 'SELF_SIGNED_CERT_IN_CHAIN' }),
      }),
    );
    expect((await failureOf(client.send(CALL))).message).toContain('certificate is not trusted');
  });

  test('ends with the signal that is handed in', async () => {
    const hanging: HttpsFetch = (url, { signal }) =>
      url.endsWith('/login')
        ? Promise.resolve({ status: 200, text: async () => JSON.stringify(GRANT) })
        : new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    const client = createKvClient(CONFIG, hanging);
    const error = await failureOf(client.send(CALL, AbortSignal.timeout(20)));
    expect(error.details).toEqual([{ call: 'PATCH secret/data/a', reason: 'TimeoutError' }]);
  });
});

test.each([400, 403, 404])('a log-on refused with %i is an access problem', async (status) => {
  const fetch: HttpsFetch = async () => ({ status, text: async () => '{"errors":["no"]}' });
  const error = await failureOf(createKvClient(CONFIG, fetch).send(CALL));
  expect([error.type, error.nonRetryable]).toEqual(['VaultAccessDenied', true]);
});

test('only addresses that keep the token safe are accepted', () => {
  const create = (address: string) => () => createKvClient({ ...CONFIG, address });
  for (const good of ['https://v.example:8200/', 'http://127.0.0.1:8200', 'http://localhost', 'http://[::1]:1']) {
    expect(create(good), good).not.toThrow();
  }
  for (const bad of ['http://v.example', 'ftp://localhost', 'https://u:p@v.example', 'https://v.example/?a=b', 'v']) {
    expect(create(bad), bad).toThrow();
  }
});
