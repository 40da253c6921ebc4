/** Domains, freezes, drafts, migrations and recorded answers in a real database. */
import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDomain, findDomain, listDomains, releaseBrake, setBrake } from '../../db/queries/domains.ts';
import { createDraft, deleteDraft, findDraft, listDrafts, replaceDraft } from '../../db/queries/drafts.ts';
import { createFreeze, findFreeze, listFreezes, thawFreeze } from '../../db/queries/freezes.ts';
import { createMigration, findMigration, listMigrations } from '../../db/queries/migrations.ts';
import { beginOperation, completeOperation } from '../../db/queries/operations.ts';
import { createUser } from '../../db/queries/users.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const createdAt = '2026-01-31T12:00:00.123Z';
const LATER = '2026-03-31T12:00:00.000Z';
const FQDN = 'corp.example.com';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await createDomain(database.db, FQDN, createdAt);
});
afterAll(() => database.drop());

test('a domain is registered once', async () => {
  const { db } = database;
  const registered = (fqdn: string) => ({
    fqdn,
    createdAt,
    version: 1,
    brakePerHour: 200,
    brakeEngagedAt: null,
    brakeReleasedAt: null,
    brakeReleasedBy: null,
  });
  expect(await createDomain(db, FQDN, createdAt)).toBe('exists');
  expect(await createDomain(db, 'a.example.com', createdAt)).toBe('created');
  expect(await findDomain(db, 'a.example.com')).toEqual(registered('a.example.com'));
  expect(await findDomain(db, 'b.example.com')).toBeUndefined();
  const first = await listDomains(db, { limit: 1 });
  expect(first).toEqual({ items: [registered('a.example.com')], next: 'a.example.com' });
  expect(await listDomains(db, { after: first.next, limit: 1 })).toEqual({ items: [registered(FQDN)] });
});

test('of two who set the brake at the same instant one is told to look again; its release is recorded', async () => {
  const { db } = database;
  await createDomain(db, 'brake.example.com', createdAt);
  const aim = { fqdn: 'brake.example.com', expectedVersion: 1 };
  const outcomes = await Promise.all([5, 9].map((brakePerHour) => setBrake(db, { ...aim, brakePerHour })));
  expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual(['changed', 'conflict']);
  expect(outcomes).toContainEqual({ outcome: 'conflict', version: 2 });
  expect(await setBrake(db, { fqdn: 'none.example.com', brakePerHour: 1, expectedVersion: 1 })).toEqual({
    outcome: 'missing',
  });
  const released = await releaseBrake(db, { fqdn: 'brake.example.com', by: 'ada', at: createdAt });
  expect(released).toMatchObject({
    version: 3,
    brakeEngagedAt: null,
    brakeReleasedAt: createdAt,
    brakeReleasedBy: 'ada',
  });
  expect(await releaseBrake(db, { fqdn: 'none.example.com', by: 'ada', at: createdAt })).toBeUndefined();
});

describe('freezes', () => {
  const freeze = (overrides = {}) => ({
    id: randomUUID(),
    scope: 'domain' as const,
    subject: 'freeze.example.com',
    reason: 'The auditors are here.',
    frozenBy: 'ada',
    frozenAt: createdAt,
    ...overrides,
  });

  test('one is in force per subject; thawed, it is kept and another one may follow', async () => {
    const { db } = database;
    const first = freeze();
    const asked = [first, freeze(), freeze()].map((one) => createFreeze(db, one));
    expect((await Promise.all(asked)).sort()).toEqual(['created', 'exists', 'exists']);
    const [inForce] = (await listFreezes(db, { inForce: true, limit: 9 })).items;
    expect(await createFreeze(db, freeze({ scope: 'template' }))).toBe('created');
    const thawed = { id: inForce!.id, thawedBy: 'eva', thawedAt: LATER };
    expect(await thawFreeze(db, thawed)).toEqual({ ...inForce, ...thawed });
    expect(await thawFreeze(db, { ...thawed, thawedBy: 'ada' })).toEqual({ ...inForce, ...thawed });
    expect(await findFreeze(db, inForce!.id)).toEqual({ ...inForce, ...thawed });
    expect(await thawFreeze(db, { ...thawed, id: randomUUID() })).toBeUndefined();
    expect(await createFreeze(db, freeze({ frozenAt: LATER }))).toBe('created');
  });

  test('pages hold the newest first, all of them or those in force', async () => {
    const { db } = database;
    const first = await listFreezes(db, { limit: 1 });
    expect(first.items).toMatchObject([{ frozenAt: LATER, thawedAt: null }]);
    const rest = await listFreezes(db, { after: first.next, limit: 9 });
    expect(rest.items.map(({ scope }) => scope).sort()).toEqual(['domain', 'template']);
    expect((await listFreezes(db, { inForce: false, limit: 9 })).items).toMatchObject([{ thawedBy: 'eva' }]);
    expect((await listFreezes(db, { inForce: true, limit: 9 })).items).toHaveLength(2);
  });
});

describe('drafts of requests', () => {
  beforeAll(async () => {
    for (const name of ['dora', 'dirk']) {
      await createUser(database.db, { name, role: 'requester', tokenHash: name, createdAt });
    }
  });
  const draft = (overrides = {}) => ({
    id: randomUUID(),
    author: 'dora',
    request: { samAccountName: 'svc-', owners: [] } as unknown,
    templateId: null,
    createdAt,
    ...overrides,
  });

  test('a draft is its author’s: found, changed and deleted by nobody else', async () => {
    const { db } = database;
    const made = draft();
    expect(await createDraft(db, made)).toBe('created');
    expect(await createDraft(db, made)).toBe('exists');
    const { templateId: _templateId, ...visible } = made;
    expect(await findDraft(db, made)).toEqual({ ...visible, revision: 1, changedAt: createdAt });
    const edit = { ...made, request: { samAccountName: 'svc-a' }, expectedRevision: 1, changedAt: LATER };
    expect(await findDraft(db, { ...made, author: 'dirk' })).toBeUndefined();
    expect(await replaceDraft(db, { ...edit, author: 'dirk' })).toEqual({ outcome: 'missing' });
    expect(await deleteDraft(db, { ...made, author: 'dirk' })).toBeUndefined();

    expect(await replaceDraft(db, edit)).toEqual({ outcome: 'changed', revision: 2 });
    expect(await replaceDraft(db, edit)).toEqual({ outcome: 'conflict', revision: 2 });
    const changed = { ...visible, request: { samAccountName: 'svc-a' }, revision: 2, changedAt: LATER };
    expect(await deleteDraft(db, made)).toEqual(changed);
    expect(await findDraft(db, made)).toBeUndefined();
  });

  test('pages hold one author’s, the newest first', async () => {
    const { db } = database;
    const made = [1, 2, 3].map((day) => draft({ createdAt: `2026-03-0${day}T00:00:00.000Z` }));
    for (const one of [...made, draft({ author: 'dirk' })]) await createDraft(db, one);
    const first = await listDrafts(db, { author: 'dora', limit: 2 });
    expect(first.items.map(({ id }) => id)).toEqual([made[2]!.id, made[1]!.id]);
    const second = await listDrafts(db, { author: 'dora', after: first.next, limit: 2 });
    expect(second.items.map(({ id }) => id)).toEqual([made[0]!.id]);
    expect(second.next).toBeUndefined();
  });
});

test('migrations are kept as they were asked for, the newest first', async () => {
  const { db } = database;
  const migration = (requestedAt: string) => ({
    id: randomUUID(),
    requestedBy: 'ada',
    requestedAt,
    changes: { interval: 'P2Y', owners: ['olaf'] },
    accounts: 20,
    perMinute: 60,
  });
  const [older, newer] = [migration(createdAt), migration(LATER)];
  for (const one of [older, newer]) expect(await createMigration(db, one)).toBe('created');
  expect(await createMigration(db, older)).toBe('exists');
  expect(await findMigration(db, older.id)).toEqual(older);
  const first = await listMigrations(db, { limit: 1 });
  expect(first.items).toEqual([newer]);
  expect((await listMigrations(db, { after: first.next, limit: 1 })).items).toEqual([older]);
});

describe('recorded answers', () => {
  const operation = (overrides = {}) => ({
    caller: 'ada',
    key: randomUUID(),
    fingerprint: 'hash',
    createdAt,
    ...overrides,
  });
  const answer = { status: 201, body: { name: 'olaf', nested: [null, true, 'ü'] } };

  test('the same request again has its first answer; another one under its key has not', async () => {
    const { db } = database;
    const first = operation();
    expect(await beginOperation(db, first)).toEqual({ outcome: 'new' });
    await completeOperation(db, first, answer);
    expect(await beginOperation(db, first)).toEqual({ outcome: 'answered', answer });
    expect(await beginOperation(db, { ...first, fingerprint: 'other' })).toEqual({ outcome: 'key-reused' });
    expect(await beginOperation(db, { ...first, caller: 'rita' })).toEqual({ outcome: 'new' });
  });

  test('at the same instant one works, the others wait and get its answer', async () => {
    const same = operation();
    let worked = 0;
    const attempt = () =>
      database.db.transaction(async (transaction) => {
        const begun = await beginOperation(transaction, same);
        if (begun.outcome !== 'new') return begun.outcome;
        worked += 1;
        await completeOperation(transaction, same, answer);
        return begun.outcome;
      });
    const outcomes = await Promise.all([1, 2, 3, 4, 5].map(attempt));
    expect(outcomes.sort()).toEqual(['answered', 'answered', 'answered', 'answered', 'new']);
    expect(worked).toBe(1);
  });

  test('those older than a week are forgotten when new ones come, a bounded number at once', async () => {
    const { db } = database;
    const week = 7 * 24 * 60 * 60 * 1000;
    const now = Date.parse('2026-06-30T12:00:00.000Z');
    const at = (ms: number) => new Date(ms).toISOString();
    const remembered = async () => {
      const [row] = await database.run(`select count(*)::int as n from operations where caller = 'frank'`);
      return row!['n'];
    };
    const young = operation({ caller: 'frank', createdAt: at(now - week) });
    await beginOperation(db, young);
    await completeOperation(db, young, answer);
    await database.run(`insert into operations (caller, key, fingerprint, created_at)
      select 'frank', 'old-' || n, 'hash', '${at(now - week - 1)}' from generate_series(1, 150) n`);
    await beginOperation(db, operation({ caller: 'frank', createdAt: at(now) }));
    expect(await remembered()).toBe(1 + 50 + 1);
    await beginOperation(db, operation({ caller: 'frank', createdAt: at(now) }));
    expect(await remembered()).toBe(1 + 2);
    expect(await beginOperation(db, young)).toEqual({ outcome: 'answered', answer });
  });

  test('one that waits for the end of its request does not delay another, however old', async () => {
    const { db } = database;
    const stuck = operation({ createdAt: '2020-01-01T00:00:00.000Z' });
    await db.transaction(async (open) => {
      await beginOperation(open, stuck);
      await open.query((drizzle) => drizzle.execute(sql`select * from operations for update`));
      expect(await beginOperation(db, operation({ createdAt: '2026-06-30T12:00:00.000Z' }))).toEqual({
        outcome: 'new',
      });
      await completeOperation(open, stuck, answer);
    });
    expect(await beginOperation(db, stuck)).toEqual({ outcome: 'answered', answer });
  });

  test('a transaction that fails leaves the key free', async () => {
    const failing = operation();
    const attempt = database.db.transaction(async (transaction) => {
      await beginOperation(transaction, failing);
      throw new Error('a bug');
    });
    await expect(attempt).rejects.toThrow('a bug');
    expect(await beginOperation(database.db, failing)).toEqual({ outcome: 'new' });
  });
});
