/** The vault's rules, one by one, over bare https. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ALL_PERMISSIONS, type SecretPermission } from './principals.ts';
import { startAzureKeyVaultSimulator, type AzureKeyVaultOptions, type AzureKeyVaultSimulator } from './simulator.ts';
import { SETTLES_AT_ONCE } from './store.ts';
import { call, type CallOptions, type Reply } from './test-client.ts';

const CLIENT_ID = '11111111-2222-4333-8444-555555555555';
const OTHER_TENANT = '99999999-2222-4333-8444-555555555555';
const VERSION = '2025-07-01';

let simulator: AzureKeyVaultSimulator;
let now = 1_800_000_000_000;

const start = async (options: Partial<AzureKeyVaultOptions> = {}) =>
  startAzureKeyVaultSimulator({
    applications: [{ clientId: CLIENT_ID, permissions: ALL_PERMISSIONS }],
    nowMs: () => now,
    ...options,
  });
const send = async (method: string, path: string, options: CallOptions = {}, vault = simulator): Promise<Reply> => {
  const authorization = `Bearer ${vault.issueToken({ clientId: CLIENT_ID })}`;
  const headers = { authorization, ...options.headers };
  const query = path.includes('?') ? '' : `?api-version=${VERSION}`;
  return call(vault.caPem, method, `${vault.url}${path}${query}`, { ...options, headers });
};
const set = async (name: string, json: object = { value: 'p' }) => send('PUT', `/secrets/${name}`, { json });
const brief = ({ status, body }: Reply) =>
  [status, body?.error?.code, body?.error?.innererror?.code].filter(Boolean).join(' ');

beforeAll(async () => void (simulator = await start()));
beforeEach(() => simulator.setConsistency(SETTLES_AT_ONCE));
afterAll(async () => simulator.close());

describe('requests', () => {
  const tags = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`t${index}`, 'v']));
  it.each<[string, string, string, unknown, number]>([
    ['a name of 127 characters', 'PUT', `/secrets/${'a'.repeat(127)}`, { value: 'p' }, 200],
    ['a name of 128', 'PUT', `/secrets/${'a'.repeat(128)}`, { value: 'p' }, 400],
    ['a dot in a name', 'PUT', '/secrets/a.b', { value: 'p' }, 400],
    ['an underscore in a name', 'PUT', '/secrets/a_b', { value: 'p' }, 400],
    ['a backslash in a name', 'PUT', '/secrets/a%5Cb', { value: 'p' }, 400],
    ['a broken path', 'PUT', '/secrets/%E0%A4%A', { value: 'p' }, 400],
    ['a value of 25 KB', 'PUT', '/secrets/big', { value: 'p'.repeat(25_600) }, 200],
    ['a longer value', 'PUT', '/secrets/big', { value: 'p'.repeat(25_601) }, 400],
    ['a longer value in bytes', 'PUT', '/secrets/big', { value: 'ü'.repeat(12_801) }, 400],
    ['a body beyond all limits', 'PUT', '/secrets/big', { value: 'p'.repeat(300_000) }, 400],
    ['no value', 'PUT', '/secrets/rule', { tags: {} }, 400],
    ['an empty value', 'PUT', '/secrets/rule', { value: '' }, 400],
    ['a number as value', 'PUT', '/secrets/rule', { value: 7 }, 400],
    ['a list as body', 'PUT', '/secrets/rule', ['value'], 400],
    ['an unknown property', 'PUT', '/secrets/rule', { value: 'p', name: 'x' }, 400],
    ['15 tags', 'PUT', '/secrets/rule', { value: 'p', tags: tags(15) }, 200],
    ['16 tags', 'PUT', '/secrets/rule', { value: 'p', tags: tags(16) }, 400],
    ['a tag of 257 characters', 'PUT', '/secrets/rule', { value: 'p', tags: { t: 'v'.repeat(257) } }, 400],
    ['a tag that is no string', 'PUT', '/secrets/rule', { value: 'p', tags: { t: 7 } }, 400],
    ['null as tags', 'PUT', '/secrets/rule', { value: 'p', tags: null }, 400],
    ['a long content type', 'PUT', '/secrets/rule', { value: 'p', contentType: 'c'.repeat(256) }, 400],
    ['milliseconds as exp', 'PUT', '/secrets/rule', { value: 'p', attributes: { exp: 1.5 } }, 400],
    ['exp before nbf', 'PUT', '/secrets/rule', { value: 'p', attributes: { nbf: 9, exp: 8 } }, 400],
    ['an unknown attribute', 'PUT', '/secrets/rule', { value: 'p', attributes: { created: 9 } }, 400],
    ['enabled as text', 'PUT', '/secrets/rule', { value: 'p', attributes: { enabled: 'true' } }, 400],
    ['no api-version', 'GET', '/secrets/rule?', undefined, 400],
    ['an unknown api-version', 'GET', '/secrets/rule?api-version=9.9', undefined, 400],
    ['an api-version twice', 'GET', '/secrets/rule?api-version=7.4&api-version=7.4', undefined, 400],
    ['an api-version with an encoded key', 'GET', '/secrets/rule?api%2Dversion=7.4', undefined, 200],
    ['a trailing slash', 'GET', '/secrets/rule/', undefined, 200],
    ['an unknown query parameter', 'GET', `/secrets/rule?api-version=${VERSION}&x=1`, undefined, 400],
    ['a version that is no hex', 'GET', '/secrets/rule/latest', undefined, 400],
    ['a version that is not there', 'GET', `/secrets/rule/${'0'.repeat(32)}`, undefined, 404],
    ['an update without a version', 'PATCH', '/secrets/rule', { tags: {} }, 400],
    ['maxresults 0', 'GET', `/secrets?api-version=${VERSION}&maxresults=0`, undefined, 400],
    ['maxresults 26', 'GET', `/secrets?api-version=${VERSION}&maxresults=26`, undefined, 400],
    ['a made-up skip token', 'GET', `/secrets?api-version=${VERSION}&$skiptoken=abc`, undefined, 400],
    ['a made-up backup', 'POST', '/secrets/restore', { value: 'abc' }, 400],
    ['an unknown path', 'GET', '/keys/x', undefined, 404],
    ['an unknown method', 'POST', '/secrets/rule', { value: 'p' }, 405],
  ])('%s', async (_what, method, path, json, status) => {
    const reply = await send(method, path, { json });
    expect(reply.status).toBe(status);
    if (status === 400) expect(reply.body.error.code).toBe('BadParameter');
  });

  it('wants JSON that says it is JSON', async () => {
    expect((await send('PUT', '/secrets/rule', { text: '{"value":"p"}' })).status).toBe(415);
    const headers = { 'content-type': 'application/json' };
    expect((await send('PUT', '/secrets/rule', { text: '{"value":', headers })).status).toBe(400);
  });
});

describe('tokens', () => {
  const withToken = async (authorization?: string) => {
    const headers = authorization === undefined ? {} : { authorization };
    return call(simulator.caPem, 'GET', `${simulator.url}/secrets?api-version=${VERSION}`, { headers });
  };
  const issue = (request: object) => `Bearer ${simulator.issueToken({ clientId: CLIENT_ID, ...request })}`;

  it.each<[string, () => string | undefined, string | undefined]>([
    ['none', () => undefined, 'AKV10000'],
    ['another scheme', () => 'Basic abc', 'AKV10000'],
    ['made up', () => 'Bearer a.b.c', 'AKV10046'],
    ['changed', () => `${issue({}).slice(0, -8)}AAAAAAAA`, 'AKV10046'],
    ['for another resource', () => issue({ audience: 'https://graph.microsoft.com' }), 'AKV10022'],
    ['for the resource with a slash', () => issue({ audience: 'https://vault.azure.net/' }), 'AKV10022'],
    ['of another tenant', () => issue({ tenantId: OTHER_TENANT }), 'AKV10032'],
    ['run out', () => issue({ lifeSeconds: 0 }), 'TokenExpired'],
    ['good', () => issue({}), undefined],
  ])('%s', async (_what, authorization, code) => {
    const reply = await withToken(authorization());
    expect(reply.status).toBe(code ? 401 : 200);
    if (!code) return;
    expect(reply.body.error.message).toContain(code);
    expect(reply.headers['www-authenticate']).toBe(
      `Bearer authorization="${simulator.authorityUrl}/${simulator.tenantId}", resource="https://vault.azure.net"`,
    );
  });

  it('run out by the clock', async () => {
    const authorization = issue({});
    now += 3_598_000;
    expect((await withToken(authorization)).status).toBe(200);
    now += 1_000;
    expect((await withToken(authorization)).status).toBe(401);
  });
});

describe('permissions', () => {
  it.each<[SecretPermission, string, string, unknown]>([
    ['get', 'GET', '/secrets/x', undefined],
    ['get', 'GET', `/secrets/x/${'0'.repeat(32)}`, undefined],
    ['get', 'GET', '/deletedsecrets/x', undefined],
    ['list', 'GET', '/secrets', undefined],
    ['list', 'GET', '/secrets/x/versions', undefined],
    ['list', 'GET', '/deletedsecrets', undefined],
    ['set', 'PUT', '/secrets/x', { value: 'p' }],
    ['set', 'PATCH', `/secrets/x/${'0'.repeat(32)}`, { tags: {} }],
    ['delete', 'DELETE', '/secrets/x', undefined],
    ['recover', 'POST', '/deletedsecrets/x/recover', undefined],
    ['purge', 'DELETE', '/deletedsecrets/x', undefined],
    ['backup', 'POST', '/secrets/x/backup', undefined],
    ['restore', 'POST', '/secrets/restore', { value: 'p' }],
  ])('%s is needed for %s %s', async (permission, method, path, json) => {
    const without = ALL_PERMISSIONS.filter((one) => one !== permission);
    simulator.updateApplication(CLIENT_ID, { permissions: without });
    expect(brief(await send(method, path, { json }))).toBe('403 Forbidden AccessDenied');
    simulator.updateApplication(CLIENT_ID, { permissions: [permission] });
    expect((await send(method, path, { json })).status).not.toBe(403);
    simulator.updateApplication(CLIENT_ID, { permissions: ALL_PERMISSIONS });
  });

  it('are refused with another inner code under role-based access', async () => {
    await using vault = await disposable({ permissionModel: 'rbac', applications: [{ clientId: CLIENT_ID }] });
    expect(brief(await send('GET', '/secrets/x', {}, vault))).toBe('403 Forbidden ForbiddenByRbac');
  });
});

describe('soft delete', () => {
  const steps = async (calls: readonly (readonly [string, string])[]) => {
    const seen: string[] = [];
    for (const [method, path] of calls) {
      const json = method === 'PUT' ? { value: 'p' } : undefined;
      seen.push(brief(await send(method, path, { json })));
    }
    return seen;
  };

  it('shows each change late, and settles later still', async () => {
    simulator.setConsistency({});
    await set('slow');
    const [live, dead] = ['/secrets/slow', '/deletedsecrets/slow'];
    const calls = [
      ['DELETE', live],
      ['GET', dead],
      ['GET', dead],
      ['DELETE', dead],
      ['PUT', live],
      ['DELETE', live],
      ['POST', `${dead}/recover`],
      ['GET', live],
      ['GET', live],
      ['PUT', live],
      ['PUT', live],
      ['DELETE', live],
      ['POST', `${dead}/recover`],
      ['GET', live],
      ['GET', dead],
      ['DELETE', dead],
      ['GET', dead],
      ['GET', dead],
      ['PUT', live],
      ['PUT', live],
    ] as const;
    expect(await steps(calls)).toEqual([
      '200',
      '404 SecretNotFound',
      '200',
      '409 Conflict ObjectIsBeingDeleted',
      '409 Conflict ObjectIsDeletedButRecoverable',
      '404 SecretNotFound',
      '200',
      '404 SecretNotFound',
      '200',
      '409 Conflict ObjectIsBeingRecovered',
      '200',
      '200',
      '409 Conflict ObjectIsBeingDeleted',
      '404 SecretNotFound',
      '200',
      '204',
      '200',
      '404 SecretNotFound',
      '409 Conflict ObjectIsBeingDeleted',
      '200',
    ]);
  });

  it('can go by the clock', async () => {
    simulator.setConsistency({ deleting: { visible: { ms: 1_000 }, settled: { ms: 5_000 } } });
    await set('timed');
    await send('DELETE', '/secrets/timed');
    expect((await send('GET', '/deletedsecrets/timed')).status).toBe(404);
    now += 1_000;
    expect((await send('GET', '/deletedsecrets/timed')).status).toBe(200);
    expect(brief(await set('timed'))).toBe('409 Conflict ObjectIsBeingDeleted');
    expect(simulator.snapshot().secrets.find(({ name }) => name === 'timed')?.state).toBe('deleting');
    now += 4_000;
    expect(brief(await set('timed'))).toBe('409 Conflict ObjectIsDeletedButRecoverable');
  });

  it('describes the deleted secret without its value, and forgets it when its time is up', async () => {
    await using vault = await disposable({ recoverableDays: 7, consistency: SETTLES_AT_ONCE });
    await send('PUT', '/secrets/gone', { json: { value: 'p' } }, vault);
    const { body } = await send('DELETE', '/secrets/gone', {}, vault);
    const seconds = Math.floor(now / 1_000);
    expect(body).toMatchObject({
      recoveryId: `${vault.url}/deletedsecrets/gone`,
      deletedDate: seconds,
      scheduledPurgeDate: seconds + 7 * 86_400,
      attributes: { recoveryLevel: 'CustomizedRecoverable+Purgeable', recoverableDays: 7 },
    });
    expect(body).not.toHaveProperty('value');
    now += 7 * 86_400_000 - 1_000;
    expect((await send('GET', '/deletedsecrets/gone', {}, vault)).status).toBe(200);
    now += 1_000;
    expect((await send('GET', '/deletedsecrets/gone', {}, vault)).status).toBe(404);
    expect((await send('PUT', '/secrets/gone', { json: { value: 'p' } }, vault)).status).toBe(200);
  });

  it('never purges under purge protection', async () => {
    await using vault = await disposable({ purgeProtection: true, consistency: SETTLES_AT_ONCE });
    const made = await send('PUT', '/secrets/safe', { json: { value: 'p' } }, vault);
    expect(made.body.attributes.recoveryLevel).toBe('Recoverable');
    await send('DELETE', '/secrets/safe', {}, vault);
    expect(brief(await send('DELETE', '/deletedsecrets/safe', {}, vault))).toBe('403 Forbidden');
    expect((await send('POST', '/deletedsecrets/safe/recover', {}, vault)).status).toBe(200);
  });
});

describe('versions and lists', () => {
  it('keeps what an update does not name, and replaces the map of tags', async () => {
    const made = await set('patched', { value: 'p', contentType: 'a', tags: { one: '1', two: '2' } });
    const path = new URL(made.body.id).pathname;
    now += 60_000;
    const changed = await send('PATCH', path, { json: { tags: { two: '3' }, attributes: { enabled: false } } });
    expect(changed.body).toMatchObject({ contentType: 'a', attributes: { enabled: false } });
    expect(changed.body.tags).toEqual({ two: '3' });
    expect(changed.body).not.toHaveProperty('value');
    expect(changed.body.attributes.updated - changed.body.attributes.created).toBe(60);
    expect(brief(await send('GET', path))).toBe('403 Forbidden SecretDisabled');
    expect(brief(await send('PATCH', path, { json: { value: 'q' } }))).toBe('400 BadParameter');
  });

  it('takes names that differ in case for one', async () => {
    const made = await set('Mixed-Case');
    expect(made.body.id).toMatch(/\/secrets\/Mixed-Case\/[0-9a-f]{32}$/);
    await set('mixed-case', { value: 'q' });
    expect((await send('GET', '/secrets/MIXED-CASE')).body.value).toBe('q');
    expect((await send('GET', '/secrets/mixed-case/versions')).body.value).toHaveLength(2);
  });

  it('answers an empty page after a full one, without values, for the list that the link is of', async () => {
    for (let count = 0; count < 4; count += 1) await set('listed', { value: `p${count}` });
    const first = await send('GET', `/secrets/listed/versions?api-version=${VERSION}&maxresults=2`);
    const follow = async (link: string) => send('GET', link.slice(simulator.url.length));
    const second = await follow(first.body.nextLink);
    const third = await follow(second.body.nextLink);
    expect([first, second, third].map(({ body }) => body.value.length)).toEqual([2, 2, 0]);
    expect(third.body.nextLink).toBeNull();
    expect(JSON.stringify(first.body.value)).not.toContain('"value"');
    const elsewhere = first.body.nextLink.replace('/secrets/listed/versions', '/deletedsecrets');
    expect((await follow(elsewhere)).status).toBe(400);
  });
});

describe('faults', () => {
  it('cut the connection before or after the effect', async () => {
    await set('cut');
    for (const kind of ['cut-before', 'cut-after'] as const) {
      simulator.faults.add({ method: 'PUT', path: /^\/secrets\/cut$/, action: { kind } });
      await expect(set('cut', { value: kind })).rejects.toThrow();
    }
    const { secrets, calls } = simulator.snapshot();
    expect(secrets.find(({ name }) => name === 'cut')!.versions.map(({ value }) => value)).toEqual(['p', 'cut-after']);
    expect(calls.filter(({ status }) => status === 'cut')).toHaveLength(2);
  });

  it('answer, delay, skip and count', async () => {
    await set('fault');
    const path = /fault/;
    simulator.faults.add({ path, skip: 1, times: 2, action: { kind: 'throttle', retryAfterSeconds: 3 } });
    const replies = [1, 2, 3, 4].map(() => async () => send('GET', '/secrets/fault'));
    const seen: Reply[] = [];
    for (const reply of replies) seen.push(await reply());
    expect(seen.map(brief)).toEqual(['200', '429 Throttled', '429 Throttled', '200']);
    expect(seen[1]!.headers['retry-after']).toBe('3');
    simulator.faults.add({
      path,
      action: { kind: 'refuse', status: 403, code: 'Forbidden', innerCode: 'ForbiddenByFirewall' },
    });
    expect(brief(await send('GET', '/secrets/fault'))).toBe('403 Forbidden ForbiddenByFirewall');
    simulator.faults.add({ path, action: { kind: 'expired-token' } });
    expect((await send('GET', '/secrets/fault')).headers['www-authenticate']).toContain('authorization=');
    simulator.faults.add({ path, action: { kind: 'delay', ms: 60 } });
    const began = performance.now();
    expect((await send('GET', '/secrets/fault')).status).toBe(200);
    expect(performance.now() - began).toBeGreaterThan(55);
    simulator.faults.add({ path, action: { kind: 'server-error' } });
    simulator.faults.clear();
    expect(simulator.faults.pending()).toBe(0);
    expect((await send('GET', '/secrets/fault')).status).toBe(200);
  });
});

async function disposable(options: Partial<AzureKeyVaultOptions>) {
  const vault = await start(options);
  return { ...vault, [Symbol.asyncDispose]: vault.close };
}
