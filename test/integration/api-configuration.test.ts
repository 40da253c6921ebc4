/** Users and domains over HTTP: what is kept, what is refused, and that a repeated request is one request. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { refusal } from '../../api/http/refusal.ts';
import { sampleTemplate } from '../support/projection-samples.ts';
import { startTestApi, type TestApi } from '../support/test-api.ts';

let api: TestApi;
beforeAll(async () => void (api = await startTestApi()));
afterAll(async () => api.close());

const key = (text: string = randomUUID()) => ({ 'idempotency-key': text });
const whoAmI = (token: string) =>
  fetch(`${api.url}/api/v1/me`, { headers: { authorization: `Bearer ${token}` } }).then((response) => response.status);

describe('users', () => {
  test('a token is shown once, works at once, and is stored as a hash', async () => {
    const sent = { as: 'ada', body: { name: 'once', role: 'owner' }, headers: key() } as const;
    const first = await api.send('POST', '/users', sent);
    expect(first.status).toBe(201);
    expect(first.body.token).toMatch(/^alm_[A-Za-z0-9_-]{43}$/);
    expect(await whoAmI(first.body.token)).toBe(200);
    const again = await api.send('POST', '/users', sent);
    expect(again.status).toBe(201);
    expect(again.body).toEqual({ ...first.body, token: null });
    const rows = await api.database.run('select u::text as u from users u union all select o::text from operations o');
    expect(JSON.stringify(rows)).not.toContain(first.body.token.slice(4));
    expect(api.logLines.join('')).not.toContain(first.body.token.slice(4));
  });

  test('a name is given once; a refused request leaves its key free', async () => {
    const headers = key();
    await api.send('POST', '/users', { as: 'ada', body: { name: 'taken', role: 'owner' } });
    const refused = await api.send('POST', '/users', { as: 'ada', body: { name: 'taken', role: 'approver' }, headers });
    expect(refused.body).toMatchObject({ status: 409, code: 'NameTaken' });
    const other = await api.send('POST', '/users', { as: 'ada', body: { name: 'free', role: 'approver' }, headers });
    expect(other.status).toBe(201);
  });

  test('a replaced token stops working, a repetition replaces nothing', async () => {
    const { body: user } = await api.send('POST', '/users', { as: 'ada', body: { name: 'replaced', role: 'owner' } });
    const headers = key();
    const first = await api.send('POST', '/users/replaced/token', { as: 'ada', headers });
    expect(await whoAmI(user.token)).toBe(401);
    expect(await whoAmI(first.body.token)).toBe(200);
    const again = await api.send('POST', '/users/replaced/token', { as: 'ada', headers });
    expect(again.body.token).toBeNull();
    expect(await whoAmI(first.body.token)).toBe(200);
  });

  test('a disabled user is refused with the next request, and welcome again when enabled', async () => {
    const { body: user } = await api.send('POST', '/users', { as: 'ada', body: { name: 'paused', role: 'owner' } });
    expect((await api.send('POST', '/users/paused/disable', { as: 'ada' })).body.disabled).toBe(true);
    expect(await whoAmI(user.token)).toBe(401);
    await api.send('POST', '/users/paused/enable', { as: 'ada' });
    expect(await whoAmI(user.token)).toBe(200);
    expect((await api.send('POST', '/users/nobody-there/disable', { as: 'ada' })).status).toBe(404);
  });

  test('an administrator cannot lock everybody out: nobody disables themselves', async () => {
    const refused = await api.send('POST', '/users/ada/disable', { as: 'ada' });
    expect(refused.body).toMatchObject({ status: 403, code: 'Forbidden', detail: expect.stringContaining('another') });
    expect((await api.send('GET', '/me', { as: 'ada' })).status).toBe(200);
  });

  test('pages lead through all of them, each once', async () => {
    const names: string[] = [];
    let next: string | null = '';
    while (next !== null) {
      const { body } = await api.send('GET', `/users?limit=3${next === '' ? '' : `&after=${next}`}`, { as: 'rita' });
      names.push(...body.items.map((user: { name: string }) => user.name));
      next = body.next;
    }
    const rows = await api.database.run('select count(*)::int as count from users');
    expect(names.length).toBe(rows[0]!['count']);
    expect(names).toEqual([...new Set(names)].sort());
  });
});

describe('a repeated POST', () => {
  test('of the same caller with another body or on another route is IdempotencyKeyReused', async () => {
    const headers = key();
    const first = await api.send('POST', '/domains', { as: 'ada', body: { fqdn: 'one.example.com' }, headers });
    expect(first.status).toBe(201);
    const otherBody = await api.send('POST', '/domains', { as: 'ada', body: { fqdn: 'two.example.com' }, headers });
    expect(otherBody.body).toMatchObject({ status: 409, code: 'IdempotencyKeyReused' });
    const otherRoute = await api.send('POST', '/users/olaf/enable', { as: 'ada', headers });
    expect(otherRoute.body.code).toBe('IdempotencyKeyReused');
    const again = await api.send('POST', '/domains', { as: 'ada', body: { fqdn: 'ONE.example.com' }, headers });
    expect(again.body).toEqual(first.body);
  });

  test('at the same instant is one change', async () => {
    const sent = { as: 'ada', body: sampleTemplate({ name: 'Raced' }), headers: key() } as const;
    const answers = await Promise.all([1, 2, 3, 4, 5].map(() => api.send('POST', '/templates', sent)));
    for (const { status, body } of answers) expect({ status, body }).toEqual({ status: 201, body: answers[0]!.body });
    const rows = await api.database.run("select count(*)::int as count from templates where name = 'Raced'");
    expect(rows[0]!['count']).toBe(1);
  });
});

describe('how a user is reached', () => {
  const linked = { domain: 'corp.example.com', samAccountName: 'M.Mustermann' };

  test('addresses and the own account in the directory are kept, and shown to those whom they concern', async () => {
    const made = await api.send('POST', '/users', {
      as: 'ada',
      body: { name: 'maxi', role: 'owner', emails: ['Maxi@Example.com', 'm@example.org'], directoryAccount: linked },
    });
    expect(made.body).toMatchObject({ emails: ['maxi@example.com', 'm@example.org'], directoryAccount: linked });
    const read = await api.send('GET', '/users/maxi', { as: 'ada' });
    expect(read.body).toMatchObject({ name: 'maxi', emails: ['maxi@example.com', 'm@example.org'] });
    const byAnother = await api.send('GET', '/users/maxi', { as: 'rita' });
    expect(byAnother.body).toEqual({ name: 'maxi', role: 'owner', disabled: false, createdAt: made.body.createdAt });
    const own = await api.send('GET', '/users/rita', { as: 'rita' });
    expect(own.body).toMatchObject({ emails: [], directoryAccount: null });
    const { body: list } = await api.send('GET', '/users?limit=200', { as: 'rita' });
    expect(JSON.stringify(list)).not.toContain('@example.com');
  });

  test('what is absent stays, null takes it away', async () => {
    const change = (body: object) => api.send('POST', '/users/ben/contact', { as: 'ada', body });
    const account = { ...linked, samAccountName: 'ben' };
    await change({ emails: ['ben@example.com'], directoryAccount: account });
    expect((await change({ emails: [] })).body).toMatchObject({ emails: [], directoryAccount: account });
    expect((await change({ directoryAccount: null })).body).toMatchObject({ emails: [], directoryAccount: null });
  });

  test('an account in the directory is one person, of a registered domain', async () => {
    const change = (name: string, body: object) => api.send('POST', `/users/${name}/contact`, { as: 'ada', body });
    const account = { ...linked, samAccountName: 'cleo' };
    await change('cleo', { directoryAccount: account });
    const taken = await change('anna', { directoryAccount: { ...account, samAccountName: 'CLEO' } });
    expect(taken.body).toMatchObject({ status: 409, code: 'NameTaken' });
    const elsewhere = await change('anna', { directoryAccount: { ...account, domain: 'nowhere.example.com' } });
    expect(elsewhere.body.errors).toMatchObject([{ field: '/directoryAccount/domain' }]);
    expect((await change('nobody-there', { emails: [] })).status).toBe(404);
    expect((await change('anna', { emails: ['no address'] })).status).toBe(422);
  });
});

describe('accounts are told of users who come and go', () => {
  const told = () => api.gateway.calls.filter(({ name }) => name === 'reassess').map(({ message }) => message);

  test('with their groups, those they stand in for, and as owners who left or are back', async () => {
    await api.send('POST', '/users', { as: 'ada', body: { name: 'leaver', role: 'owner' } });
    await api.send('POST', '/groups', { as: 'ada', body: { name: 'Night shift', members: ['leaver'] } });
    const before = told().length;
    await api.send('POST', '/users/leaver/disable', { as: 'ada' });
    await api.send('POST', '/users/leaver/disable', { as: 'ada' });
    await api.send('POST', '/users/leaver/enable', { as: 'ada' });
    const approvers = { users: ['leaver'], groups: ['Night shift'] };
    expect(told().slice(before)).toMatchObject([
      { input: { approvers, left: ['leaver'] } },
      { input: { approvers, left: ['leaver'] } },
    ]);
  });

  test('or nothing happens at all', async () => {
    await api.send('POST', '/users', { as: 'ada', body: { name: 'stays', role: 'owner' } });
    api.gateway.failNext(refusal('ServiceUnavailable'));
    const headers = key();
    expect((await api.send('POST', '/users/stays/disable', { as: 'ada', headers })).status).toBe(503);
    expect((await api.send('GET', '/users/stays', { as: 'ada' })).body.disabled).toBe(false);
    expect((await api.send('POST', '/users/stays/disable', { as: 'ada', headers })).body.disabled).toBe(true);
  });
});

describe('domains', () => {
  test('a second registration is NameTaken, the list says whether an engine runs', async () => {
    const again = await api.send('POST', '/domains', { as: 'ada', body: { fqdn: 'CORP.example.com' } });
    expect(again.body).toMatchObject({ status: 409, code: 'NameTaken' });
    const { body } = await api.send('GET', '/domains', { as: 'rita' });
    expect(body.items[0]).toMatchObject({ fqdn: 'corp.example.com', engine: { status: 'online' } });
  });

  test('the brake is set by those who saw the newest settings', async () => {
    const path = '/domains/corp.example.com';
    const read = await api.send('GET', path, { as: 'rita' });
    expect(read.body).toMatchObject({ brakePerHour: 200, brake: { engagedAt: null, stepsInLastHour: 0 } });
    const headers = { 'if-match': read.headers.get('etag')! };
    const changed = await api.send('PUT', path, { as: 'ada', body: { brakePerHour: 5 }, headers });
    expect(changed.body).toMatchObject({ brakePerHour: 5, version: read.body.version + 1 });
    const late = await api.send('PUT', path, { as: 'ada', body: { brakePerHour: 6 }, headers });
    expect(late.body).toMatchObject({ status: 412, code: 'PreconditionFailed' });
    const zero = await api.send('PUT', path, {
      as: 'ada',
      body: { brakePerHour: 0 },
      headers: { 'if-match': changed.headers.get('etag')! },
    });
    expect(zero.body.errors).toMatchObject([{ field: '/brakePerHour' }]);
    expect((await api.send('GET', '/domains/nowhere.example.com', { as: 'ada' })).status).toBe(404);
  });

  test('a brake that has engaged is released by an administrator, who is on record', async () => {
    const path = '/domains/corp.example.com';
    await api.database.run("update domains set brake_engaged_at = now() where fqdn = 'corp.example.com'");
    expect((await api.send('GET', path, { as: 'rita' })).body.brake.engagedAt).not.toBeNull();
    expect((await api.send('POST', `${path}/release-brake`, { as: 'rita' })).status).toBe(403);
    const headers = key();
    const released = await api.send('POST', `${path}/release-brake`, { as: 'ada', headers });
    expect(released.body.brake).toMatchObject({ engagedAt: null, releasedBy: 'ada', stepsInLastHour: 0 });
    const again = await api.send('POST', `${path}/release-brake`, { as: 'ada', headers });
    expect(again.body.brake.releasedAt).toBe(released.body.brake.releasedAt);
    const nowhere = await api.send('POST', '/domains/nowhere.example.com/release-brake', { as: 'ada' });
    expect(nowhere.status).toBe(404);
  });
});
