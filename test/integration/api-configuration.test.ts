/** Users, domains and templates over HTTP: what is kept, what is refused, and that a repeated request is one request. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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

describe('domains', () => {
  test('a second registration is NameTaken, the list says whether an engine runs', async () => {
    const again = await api.send('POST', '/domains', { as: 'ada', body: { fqdn: 'CORP.example.com' } });
    expect(again.body).toMatchObject({ status: 409, code: 'NameTaken' });
    const { body } = await api.send('GET', '/domains', { as: 'rita' });
    expect(body.items[0]).toMatchObject({ fqdn: 'corp.example.com', engine: { status: 'online' } });
  });
});

describe('templates', () => {
  test('a change needs the newest ETag, makes a version, and the old one stays', async () => {
    const made = await api.send('POST', '/templates', { as: 'ada', body: sampleTemplate({ name: 'First' }) });
    expect(made.headers.get('etag')).toBe('"1"');
    const path = made.headers.get('location')!.replace('/api/v1', '');
    const body = sampleTemplate({ name: 'Second' });
    expect((await api.send('PUT', path, { as: 'ada', body })).body.code).toBe('PreconditionRequired');
    const changed = await api.send('PUT', path, { as: 'ada', body, headers: { 'if-match': '"1"' } });
    expect([changed.status, changed.headers.get('etag'), changed.body.version]).toEqual([200, '"2"', 2]);
    for (const etag of ['"1"', 'W/"2"', '*', '"x"', '2']) {
      const late = await api.send('PUT', path, { as: 'ada', body, headers: { 'if-match': etag } });
      expect(late.body, etag).toMatchObject({ status: 412, code: 'PreconditionFailed' });
    }
    expect((await api.send('GET', path, { as: 'rita' })).body.template.name).toBe('Second');
    expect((await api.send('GET', `${path}/versions/1`, { as: 'rita' })).body.template.name).toBe('First');
    expect((await api.send('GET', `${path}/versions/3`, { as: 'rita' })).status).toBe(404);
  });

  test('of two changes of one version at the same instant one is made', async () => {
    const made = await api.send('POST', '/templates', { as: 'ada', body: sampleTemplate() });
    const path = `/templates/${made.body.id}`;
    const sent = { as: 'ada', body: sampleTemplate(), headers: { 'if-match': '"1"' } } as const;
    const answers = await Promise.all([1, 2, 3].map(() => api.send('PUT', path, sent)));
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 412, 412]);
  });

  const directory = sampleTemplate().directory;
  const step = { name: 'Line manager', approvers: ['anna'], quorum: 1 };
  test.each([
    ['/naming/pattern', { naming: { pattern: '(' } }],
    ['/naming/pattern', { naming: { pattern: '((a{200}){200}){200}' } }],
    ['/directory/domain', { directory: { ...directory, domain: 'nowhere.example.com' } }],
    [
      '/directory/organizationalUnit',
      { directory: { ...directory, organizationalUnit: 'OU=x,DC=other,DC=example,DC=com' } },
    ],
    ['/directory/organizationalUnit', { directory: { ...directory, organizationalUnit: 'DC=corp,DC=example,DC=com' } }],
    ['/directory/groups/0', { directory: { ...directory, groups: ['CN=g,OU=x\\,DC=corp,DC=example'] } }],
    ['/approval/steps/0/approvers/1', { approval: { steps: [{ ...step, approvers: ['anna', 'nobody-there'] }] } }],
    ['/approval/steps/0/approvers/0', { approval: { steps: [{ ...step, approvers: ['gone'] }] } }],
    [
      '/lifecycle/interval',
      { lifecycle: { ...sampleTemplate().lifecycle, interval: 'P1DT1S', renewalWindow: 'P1D', reminder: 'P1D' } },
    ],
    ['/lifecycle/interval', { lifecycle: { ...sampleTemplate().lifecycle, interval: 'P101Y' } }],
  ])('%s is checked', async (field, overrides) => {
    const body = { ...sampleTemplate(), ...overrides };
    const answer = await api.send('POST', '/templates', { as: 'ada', body });
    expect(answer.status, answer.text).toBe(422);
    expect(answer.body.errors.map((error: { field: string }) => error.field)).toContain(field);
  });

  test('short intervals are taken where they are allowed', async () => {
    const demonstration = await startTestApi({ allowShortIntervals: true });
    const lifecycle = { interval: 'PT20S', renewalWindow: 'PT10S', reminder: 'PT5S', endOfLife: 'delete' } as const;
    const body = sampleTemplate({ lifecycle });
    const refused = await api.send('POST', '/templates', { as: 'ada', body });
    expect(refused.body.errors.length).toBe(3);
    expect((await demonstration.send('POST', '/templates', { as: 'ada', body })).status).toBe(201);
    await demonstration.close();
  });
});
