/** Migrations over HTTP: what the preview says of each account, and what the workflow is told, once. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { refusal } from '../../api/http/refusal.ts';
import type { Account } from '../../contracts/account.ts';
import type { MigrateAccountsInput } from '../../contracts/workflows.ts';
import { project } from '../support/fake-gateway.ts';
import { sampleAccount, sampleTemplate } from '../support/projection-samples.ts';
import { makeTemplate, startTestApi, type TestApi } from '../support/test-api.ts';

const OLD = sampleTemplate({ name: 'Old' });
const NEW = sampleTemplate({
  name: 'New',
  lifecycle: { intervals: ['P1Y', 'P90D'], renewalWindow: 'P14D', endOfLife: 'review' },
});
const ENDS = { startsAt: '2026-01-01T00:00:00.000Z', endsAt: '2999-01-01T00:00:00.000Z' };

let api: TestApi;
let old: string;
let target: string;
/** Five that can move, the oldest first, and one that cannot. */
let active: Account[];
let disabled: Account;

beforeAll(async () => {
  api = await startTestApi();
  old = (await makeTemplate(api.database, OLD)).id;
  target = (await makeTemplate(api.database, NEW)).id;
  active = [];
  for (let index = 0; index < 5; index += 1) active.push(await account({}, index));
  disabled = await account({ state: 'disabled' }, 9);
});
afterAll(async () => api.close());

function account(parts: Partial<Account>, second: number): Promise<Account> {
  const lives = { templateId: old, state: 'active', renewalOpensAt: '2998-12-02T00:00:00.000Z', ...ENDS } as const;
  const submittedAt = `2026-01-01T00:00:0${second}.000Z`;
  return project(api.database.db, sampleAccount({ ...lives, submittedAt, ...parts }));
}

const send = (path: string, body: object, headers?: Record<string, string>) =>
  api.send('POST', `/migrations${path}`, { as: 'ada', body, ...(headers && { headers }) });
const ids = (accounts: readonly Account[]) => accounts.map(({ id }) => id);
const outcomes = (items: { accountId: string; outcome: string }[]) =>
  items.map(({ accountId, outcome }) => [accountId, outcome]);

describe('the preview', () => {
  test('says what each account would be like, in the order that was asked', async () => {
    const { body } = await send('/preview', { accounts: ids([disabled, active[0]!]), changes: { templateId: target } });
    expect(outcomes(body.items)).toEqual([
      [disabled.id, 'refused'],
      [active[0]!.id, 'would-change'],
    ]);
    expect(body.items[0]).toMatchObject({ code: 'StateConflict', message: expect.stringContaining('disabled') });
    expect(body.items[1].changes).toContainEqual({ field: 'endOfLife', from: 'disable', to: 'review' });
    expect(body.items[1].changes).toContainEqual({ field: 'templateId', from: old, to: target });
  });

  test('says what is so already, and what the template refuses', async () => {
    const accounts = ids(active.slice(0, 1));
    const same = await send('/preview', { accounts, changes: { interval: 'P1Y' } });
    expect(outcomes(same.body.items)).toEqual([[accounts[0], 'unchanged']]);
    const refused = await send('/preview', { accounts, changes: { interval: 'P90D' } });
    expect(refused.body.items[0]).toMatchObject({ outcome: 'refused', code: 'PolicyViolation' });
    const both = await send('/preview', { accounts, changes: { interval: 'P90D', templateId: target } });
    expect(both.body.items[0]).toMatchObject({ outcome: 'would-change' });
  });

  test('gives an account to a group alone, where the template allows it', async () => {
    await api.send('POST', '/groups', { as: 'ada', body: { name: 'Platform team', members: ['olaf'] } });
    const { id: templateId } = await makeTemplate(api.database, sampleTemplate({ ownership: { groups: true } }));
    const moved = async (changes: object) =>
      (await send('/preview', { accounts: ids(active.slice(0, 1)), changes })).body.items[0];
    const changes = { owners: [], ownerGroups: ['Platform team'] };
    expect(await moved({ ...changes, templateId })).toMatchObject({ outcome: 'would-change' });
    expect(await moved(changes)).toMatchObject({ outcome: 'refused', code: 'OwnershipViolation' });
    expect(await moved({ owners: [] })).toMatchObject({ outcome: 'refused', code: 'OwnershipViolation' });
  });

  test('of a filter has the active accounts, page by page', async () => {
    const found: string[] = [];
    for (let next: string | null = ''; next !== null;) {
      const query = `/preview?limit=2${next === '' ? '' : `&after=${next}`}`;
      const { body } = await send(query, {
        filter: { templateId: old, owner: 'olaf' },
        changes: { templateId: target },
      });
      found.push(...body.items.map((item: { accountId: string }) => item.accountId));
      next = body.next;
    }
    expect(found).toEqual(ids(active).reverse());
  });

  test('of named accounts has pages too', async () => {
    const selection = { accounts: ids(active), changes: { templateId: target } };
    const first = await send('/preview?limit=3', selection);
    const second = await send(`/preview?limit=3&after=${first.body.next}`, selection);
    expect([...first.body.items, ...second.body.items].map(({ accountId }) => accountId)).toEqual(ids(active));
    expect(second.body.next).toBeNull();
  });

  test('of an account whose template is not in the database is a refusal', async () => {
    const lost = await account({ templateId: randomUUID() }, 8);
    const { body } = await send('/preview', { accounts: [lost.id], changes: { interval: 'P1Y' } });
    expect(body.items).toMatchObject([{ outcome: 'refused', code: 'NotFound' }]);
  });

  test('takes the end of a day, also one that is past, which is the next', async () => {
    const endsOf = async (endsAt: string) => {
      const { body } = await send('/preview', { accounts: ids(active.slice(0, 1)), changes: { endsAt } });
      return body.items[0].changes.find(({ field }: { field: string }) => field === 'endsAt').to;
    };
    expect(await endsOf('2098-01-05T00:00:00.000Z')).toBe('2098-01-05T00:00:00.000Z');
    const before = Date.now();
    const tomorrow = new Date(await endsOf('2020-01-05T00:00:00.000Z'));
    expect(tomorrow.toISOString()).toContain('T00:00:00.000Z');
    expect(tomorrow.getTime() - before).toBeGreaterThan(0);
    expect(tomorrow.getTime() - before).toBeLessThanOrEqual(86_400_000);
  });

  test('takes an end within a day where the program is for demonstrations', async () => {
    const demonstration = await startTestApi({ allowShortIntervals: true });
    try {
      const body = { filter: { domain: 'corp.example.com' }, changes: { endsAt: '2098-01-05T13:45:07.123Z' } };
      const preview = await demonstration.send('POST', '/migrations/preview', { as: 'ada', body });
      expect(preview.status, preview.text).toBe(200);
    } finally {
      await demonstration.close();
    }
  });

  test.each<[string, object]>([
    ['/accounts', { changes: { interval: 'P1Y' } }],
    ['/accounts', { accounts: [randomUUID()], filter: { domain: 'corp.example.com' }, changes: { interval: 'P1Y' } }],
    ['/accounts/0', { accounts: [randomUUID()], changes: { interval: 'P1Y' } }],
    ['/filter', { filter: {}, changes: { interval: 'P1Y' } }],
    ['/changes', { filter: { domain: 'corp.example.com' }, changes: {} }],
    ['/changes/templateId', { filter: { domain: 'corp.example.com' }, changes: { templateId: randomUUID() } }],
    ['/changes/owners/1', { filter: { domain: 'corp.example.com' }, changes: { owners: ['olaf', 'gone'] } }],
    ['/changes/endsAt', { filter: { domain: 'corp.example.com' }, changes: { endsAt: '2098-01-05T13:45:07.123Z' } }],
    ['/changes/endsAt', { filter: { domain: 'corp.example.com' }, changes: { endsAt: '2020-01-05T13:45:07.123Z' } }],
    ['/changes/endsAt', { filter: { domain: 'corp.example.com' }, changes: { endsAt: '9999-12-31T00:00:00.000Z' } }],
    ['/changes/ownerGroups/0', { filter: { domain: 'corp.example.com' }, changes: { ownerGroups: ['Nowhere'] } }],
  ])('refuses %s', async (field, body) => {
    for (const path of ['/preview', '']) {
      const answer = await send(path, body);
      expect(answer.status, answer.text).toBe(422);
      expect(answer.body.errors.map((error: { field: string }) => error.field)).toContain(field);
    }
  });
});

describe('a migration', () => {
  const started = (id: string) => api.gateway.calls.filter((call) => call.name === 'startMigration' && call.id === id);

  test('is begun once with the published version, its accounts, and who asked', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const body = { filter: { templateId: old }, changes: { templateId: target, owners: ['olaf'] }, perMinute: 10 };
    const first = await send('', body, headers);
    expect(first.status, first.text).toBe(201);
    expect(first.headers.get('location')).toBe(`/api/v1/migrations/${first.body.id}`);
    expect(first.body).toMatchObject({ state: 'running', total: 5, done: 0, requestedBy: 'ada', perMinute: 10 });
    expect(first.body.changes).toEqual({ templateId: target, templateVersion: 1, owners: ['olaf'] });
    const again = await send('', body, headers);
    expect(again.body).toEqual(first.body);
    const [begun, ...more] = started(first.body.id);
    expect(more).toEqual([]);
    const { accounts, actor, changes } = begun!.message as MigrateAccountsInput;
    expect(actor).toBe('ada');
    expect(new Set(accounts.map(({ accountId }) => accountId))).toEqual(new Set(ids(active)));
    expect(changes.snapshot).toMatchObject({ templateId: target, version: 1, template: { name: 'New' } });
  });

  test('that could not be begun is not on record, and its key is free', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const body = { accounts: ids(active), changes: { interval: 'P1Y' } };
    api.gateway.failNext(refusal('ServiceUnavailable'));
    expect((await send('', body, headers)).status).toBe(503);
    const before = (await api.send('GET', '/migrations?limit=200', { as: 'ada' })).body.items.length;
    const second = await send('', body, headers);
    expect(second.status).toBe(201);
    const list = (await api.send('GET', '/migrations?limit=200', { as: 'ada' })).body.items;
    expect(list.length).toBe(before + 1);
    expect(list[0].id).toBe(second.body.id);
  });

  test('is begun once, also when the answer to its request is forgotten', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const body = { accounts: ids(active), changes: { interval: 'P1Y' } };
    const first = await send('', body, headers);
    await api.database.run('delete from operations');
    expect((await send('', body, headers)).body).toEqual(first.body);
    expect(started(first.body.id)).toHaveLength(1);
  });

  test('is paused, resumed and cancelled, each once', async () => {
    const { body } = await send('', { accounts: ids(active), changes: { interval: 'P1Y' } });
    const path = `/${body.id}`;
    const headers = { 'idempotency-key': randomUUID() };
    expect((await send(`${path}/pause`, {}, headers)).body.state).toBe('paused');
    expect((await send(`${path}/resume`, {})).body.state).toBe('running');
    expect((await send(`${path}/pause`, {}, headers)).body.state).toBe('running');
    expect((await send(`${path}/cancel`, {})).body.state).toBe('cancelled');
    const read = await api.send('GET', `/migrations${path}`, { as: 'ada' });
    expect(read.body).toMatchObject({ state: 'cancelled', total: 5 });
    expect((await api.send('GET', `/migrations${path}/accounts`, { as: 'ada' })).body).toEqual({
      items: [],
      next: null,
    });
  });

  test('of no account is refused', async () => {
    const body = { filter: { name: 'nothing-is-called-so' }, changes: { interval: 'P1Y' } };
    expect((await send('', body)).body.errors).toMatchObject([{ field: '/filter' }]);
    expect((await send('/preview', body)).body).toEqual({ items: [], next: null });
  });

  test('is for administrators', async () => {
    const body = { accounts: ids(active), changes: { interval: 'P1Y' } };
    for (const path of ['/migrations', '/migrations/preview', `/migrations/${randomUUID()}/cancel`]) {
      expect((await api.send('POST', path, { as: 'olaf', body })).status, path).toBe(403);
    }
    expect((await api.send('GET', '/migrations', { as: 'rita' })).status).toBe(403);
    expect((await api.send('GET', `/migrations/${randomUUID()}`, { as: 'ada' })).status).toBe(404);
    expect((await send(`/${randomUUID()}/cancel`, {})).status).toBe(404);
  });
});
