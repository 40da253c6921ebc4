/** However administrators disable each other, one of them remains. */
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createUser, hasAdministrator, isLastAdministrator, setUserDisabled } from '../../db/queries/users.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  const createdAt = '2026-01-31T12:00:00.000Z';
  for (const name of ['ada', 'alan']) {
    await createUser(database.db, { name, role: 'administrator', tokenHash: name, createdAt });
  }
  await createUser(database.db, { name: 'olaf', role: 'owner', tokenHash: 'olaf', createdAt });
});
afterAll(() => database.drop());

/** In a transaction that stays open until `end`. */
function disabling(name: string, end: Promise<unknown> = Promise.resolve()): Promise<'disabled' | 'refused'> {
  return database.db.transaction(async (transaction) => {
    if (await isLastAdministrator(transaction, name)) return 'refused';
    await setUserDisabled(transaction, name, true);
    await end;
    return 'disabled';
  });
}

test('of two who disable each other at one instant the second is refused', async () => {
  const commit = Promise.withResolvers<void>();
  const first = disabling('alan', commit.promise);
  await wait(200);
  const second = disabling('ada');
  expect(await Promise.race([second, wait(500, 'waiting')])).toBe('waiting');
  commit.resolve();
  expect(await first).toBe('disabled');
  expect(await second).toBe('refused');
  expect(await hasAdministrator(database.db)).toBe(true);
});

test('whoever is no administrator, or none that is active, is not the last one', async () => {
  expect(await disabling('olaf')).toBe('disabled');
  expect(await disabling('alan')).toBe('disabled');
});
