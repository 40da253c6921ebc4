/** Freezes and the outbox over HTTP: who put what in force and ended it, and that lists are read page by page. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApi, type TestApi } from '../support/test-api.ts';

let api: TestApi;
beforeAll(async () => void (api = await startTestApi()));
afterAll(async () => api.close());

const freeze = (scope: string, subject: string, reason = 'The audit runs.') =>
  api.send('POST', '/freezes', { as: 'ada', body: { scope, subject, reason } });
const thaw = (id: string) => api.send('POST', `/freezes/${id}/thaw`, { as: 'ada' });

describe('a freeze', () => {
  test('of a domain says who put it in force, and who ended it', async () => {
    const frozen = await freeze('domain', 'CORP.example.com');
    expect(frozen.status, frozen.text).toBe(201);
    expect(frozen.body).toMatchObject({ subject: 'corp.example.com', frozenBy: 'ada', thawedBy: null });
    const inForce = await api.send('GET', '/freezes?inForce=true', { as: 'ada' });
    expect(inForce.body.items).toEqual([frozen.body]);
    const thawed = await thaw(frozen.body.id);
    expect(thawed.body).toMatchObject({ id: frozen.body.id, thawedBy: 'ada' });
    expect((await thaw(frozen.body.id)).body).toEqual(thawed.body);
    expect((await api.send('GET', '/freezes?inForce=true', { as: 'ada' })).body.items).toEqual([]);
    expect((await api.send('GET', '/freezes?inForce=false', { as: 'ada' })).body.items).toEqual([thawed.body]);
  });

  test('is in force once, and can be put in force again after it was ended', async () => {
    const first = await freeze('template', api.template.id);
    const second = await freeze('template', api.template.id);
    expect(second.body).toMatchObject({ status: 409, code: 'StateConflict' });
    await thaw(first.body.id);
    const third = await freeze('template', api.template.id);
    expect(third.status).toBe(201);
    await thaw(third.body.id);
  });

  test.each([
    ['domain', 'nowhere.example.com'],
    ['domain', 'no domain'],
    ['template', randomUUID()],
    ['template', 'corp.example.com'],
  ])('of a %s that is not there (%s) is refused', async (scope, subject) => {
    const refused = await freeze(scope, subject);
    expect(refused.body).toMatchObject({ code: 'InvalidRequest', errors: [{ field: '/subject' }] });
  });

  test('is for administrators, with a reason', async () => {
    const body = { scope: 'domain', subject: 'corp.example.com', reason: 'Because.' };
    expect((await api.send('POST', '/freezes', { as: 'rita', body })).status).toBe(403);
    expect((await api.send('GET', '/freezes', { as: 'olaf' })).status).toBe(403);
    expect((await freeze('domain', 'corp.example.com', ' ')).body.errors).toMatchObject([{ field: '/reason' }]);
    expect((await thaw(randomUUID())).status).toBe(404);
  });

  test('is on one page, the newest first', async () => {
    for (let round = 0; round < 5; round += 1) await thaw((await freeze('domain', 'corp.example.com')).body.id);
    const ids: string[] = [];
    for (let next: string | null = ''; next !== null;) {
      const { body } = await api.send('GET', `/freezes?limit=2${next === '' ? '' : `&after=${next}`}`, { as: 'ada' });
      ids.push(...body.items.map((one: { id: string }) => one.id));
      next = body.next;
    }
    const rows = await api.database.run('select id from freezes order by frozen_at desc, id desc');
    expect(ids).toEqual(rows.map((row) => row['id']));
  });
});

describe('the outbox', () => {
  const accountId = randomUUID();
  beforeAll(async () => {
    // Of the template that is there for all tests.
    await api.database.run('delete from notices');
    for (let index = 0; index < 5; index += 1) {
      const kind = index % 2 === 0 ? 'renewal-reminder' : 'ended';
      await api.database.run(
        `insert into notices (account_id, kind, due_at, recipient, address, detail, created_at) values
         ('${index < 4 ? accountId : randomUUID()}', '${kind}', now() + interval '${index} days', 'olaf', 'user:olaf',
          '{}', now())`,
      );
    }
  });

  const list = (query: string) => api.send('GET', `/notices${query}`, { as: 'ada' });
  const dues = (body: { items: { dueAt: string }[] }) => body.items.map(({ dueAt }) => dueAt);

  test('is read by administrators, the newest first', async () => {
    expect((await api.send('GET', '/notices', { as: 'rita' })).status).toBe(403);
    const { body } = await list('');
    expect(body.items.length).toBe(5);
    expect(dues(body)).toEqual(dues(body).toSorted().reverse());
    expect(body.items[0]).toMatchObject({ recipient: 'olaf', address: 'user:olaf', sentAt: null });
  });

  test('is filtered by account and kind, page by page', async () => {
    expect((await list(`?account=${accountId}`)).body.items.length).toBe(4);
    const first = await list(`?account=${accountId}&kind=renewal-reminder&limit=1`);
    const second = await list(`?account=${accountId}&kind=renewal-reminder&limit=1&after=${first.body.next}`);
    expect(second.body.next).toBeNull();
    expect([...dues(first.body), ...dues(second.body)].length).toBe(2);
    expect(dues(first.body)).not.toEqual(dues(second.body));
    expect((await list('?kind=nothing')).status).toBe(422);
    expect((await list('?after=Zm9v')).status).toBe(422);
  });
});
