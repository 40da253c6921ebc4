/** Users, domains, templates and recorded answers in a real database. */
import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDomain, findDomain, listDomains } from '../../db/queries/domains.ts';
import { beginOperation, completeOperation } from '../../db/queries/operations.ts';
import { addTemplateVersion, createTemplate, findTemplate, listTemplates } from '../../db/queries/templates.ts';
import {
  createUser,
  findUserByTokenHash,
  findUsersByNames,
  hasAdministrator,
  listUsers,
  replaceToken,
  setUserDisabled,
} from '../../db/queries/users.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { sampleTemplate } from '../support/projection-samples.ts';

const createdAt = '2026-01-31T12:00:00.123Z';
const FQDN = 'corp.example.com';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await createDomain(database.db, FQDN, createdAt);
});
afterAll(() => database.drop());

describe('users', () => {
  test('there is an administrator from the first enabled one on', async () => {
    const { db } = database;
    expect(await hasAdministrator(db)).toBe(false);
    await createUser(db, { name: 'ada', role: 'administrator', tokenHash: 'hash-of-ada', createdAt });
    expect(await hasAdministrator(db)).toBe(true);
    await setUserDisabled(db, 'ada', true);
    expect(await hasAdministrator(db)).toBe(false);
    await setUserDisabled(db, 'ada', false);
  });

  test('a name is given once; the first user keeps role and token', async () => {
    const { db } = database;
    const rita = { name: 'rita', role: 'requester' as const, tokenHash: 'hash-of-rita', createdAt };
    expect(await createUser(db, rita)).toBe('created');
    expect(await createUser(db, { ...rita, role: 'administrator', tokenHash: 'another' })).toBe('name-taken');
    expect(await findUserByTokenHash(db, 'hash-of-rita')).toEqual({
      name: 'rita',
      role: 'requester',
      disabled: false,
      createdAt,
    });
    expect(await findUserByTokenHash(db, 'another')).toBeUndefined();
  });

  test('a new token takes the place of the old one', async () => {
    const { db } = database;
    expect(await replaceToken(db, 'rita', 'newer-hash')).toBe(true);
    expect(await findUserByTokenHash(db, 'hash-of-rita')).toBeUndefined();
    expect((await findUserByTokenHash(db, 'newer-hash'))?.name).toBe('rita');
    expect(await replaceToken(db, 'nobody', 'x')).toBe(false);
    expect(await setUserDisabled(db, 'nobody', true)).toBe(false);
  });

  test('a disabled user is found, and said to be disabled', async () => {
    await setUserDisabled(database.db, 'rita', true);
    expect((await findUserByTokenHash(database.db, 'newer-hash'))?.disabled).toBe(true);
  });

  test('of many names those that exist are found', async () => {
    const found = await findUsersByNames(database.db, ['rita', 'nobody', 'ada']);
    expect(found.map(({ name }) => name).sort()).toEqual(['ada', 'rita']);
    expect(await findUsersByNames(database.db, [])).toEqual([]);
  });

  test('pages hold every user once, in the order of names, without the hashes of tokens', async () => {
    const first = await listUsers(database.db, { limit: 1 });
    expect(first).toEqual({
      items: [{ name: 'ada', role: 'administrator', disabled: false, createdAt }],
      next: 'ada',
    });
    const second = await listUsers(database.db, { after: first.next, limit: 1 });
    expect(second.items.map(({ name }) => name)).toEqual(['rita']);
    expect(second.next).toBeUndefined();
  });
});

test('a domain is registered once', async () => {
  const { db } = database;
  expect(await createDomain(db, FQDN, createdAt)).toBe('exists');
  expect(await createDomain(db, 'a.example.com', createdAt)).toBe('created');
  expect(await findDomain(db, 'a.example.com')).toEqual({ fqdn: 'a.example.com', createdAt });
  expect(await findDomain(db, 'b.example.com')).toBeUndefined();
  const first = await listDomains(db, { limit: 1 });
  expect(first).toEqual({ items: [{ fqdn: 'a.example.com', createdAt }], next: 'a.example.com' });
  expect(await listDomains(db, { after: first.next, limit: 1 })).toEqual({ items: [{ fqdn: FQDN, createdAt }] });
});

describe('templates', () => {
  const made = (overrides = {}) => ({
    id: randomUUID(),
    template: sampleTemplate(overrides),
    createdBy: 'ada',
    createdAt,
  });

  test('a template is found as it was stored, each version for ever', async () => {
    const { db } = database;
    const first = made({ name: 'Robots' });
    expect(await createTemplate(db, first)).toBe('created');
    expect(await createTemplate(db, first)).toBe('exists');
    expect(await findTemplate(db, first.id)).toEqual({ ...first, version: 1 });

    const second = { ...first, template: sampleTemplate({ name: 'Robots, renamed' }) };
    expect(await addTemplateVersion(db, { ...second, expectedVersion: 1 })).toEqual({ outcome: 'added', version: 2 });
    expect(await findTemplate(db, first.id)).toEqual({ ...second, version: 2 });
    expect(await findTemplate(db, first.id, 1)).toEqual({ ...first, version: 1 });
    expect(await findTemplate(db, first.id, 3)).toBeUndefined();
    expect(await findTemplate(db, randomUUID())).toBeUndefined();
  });

  test('of two changes of the same version at the same instant one is told to look again', async () => {
    const template = made();
    await createTemplate(database.db, template);
    const changes = [1, 2, 3, 4].map(() => addTemplateVersion(database.db, { ...template, expectedVersion: 1 }));
    const outcomes = (await Promise.all(changes)).toSorted((a, b) => a.outcome.localeCompare(b.outcome));
    const conflict = { outcome: 'conflict', currentVersion: 2 };
    expect(outcomes).toEqual([{ outcome: 'added', version: 2 }, conflict, conflict, conflict]);
  });

  test('what is not there is told: the template, the domain', async () => {
    const { db } = database;
    const elsewhere = sampleTemplate({
      directory: { ...sampleTemplate().directory, domain: 'unknown.example.com' },
    });
    expect(await addTemplateVersion(db, { ...made(), expectedVersion: 1 })).toEqual({ outcome: 'missing' });
    const unknown = { ...made(), template: elsewhere };
    expect(await createTemplate(db, unknown)).toBe('domain-missing');
    expect(await findTemplate(db, unknown.id)).toBeUndefined();
    const known = made();
    await createTemplate(db, known);
    const moved = { ...known, template: elsewhere, expectedVersion: 1 };
    expect(await addTemplateVersion(db, moved)).toEqual({ outcome: 'domain-missing' });
  });

  test('pages hold the newest version of every template once, also of those that share a name', async () => {
    for (let index = 0; index < 5; index += 1) await createTemplate(database.db, made({ name: 'Same name' }));
    const seen: { name: string; id: string }[] = [];
    let after: { name: string; id: string } | undefined;
    do {
      const page = await listTemplates(database.db, { after, limit: 2 });
      seen.push(...page.items.map(({ template: { name }, id }) => ({ name, id })));
      after = page.next;
    } while (after);
    const stored = await database.run('select name, id from templates order by name, id');
    expect(seen).toEqual(stored);
    expect(seen.filter(({ name }) => name === 'Same name')).toHaveLength(5);
  });
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
