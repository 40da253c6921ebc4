/** Freeze and brake on a real database: what may begin, and what is counted. */
import { randomUUID } from 'node:crypto';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createPlatformActivities } from '../../activities/platform/activities.ts';
import type { AdmitDestructiveStepInput, PlatformActivities } from '../../contracts/activities.ts';
import { createDomain, findDomain, releaseBrake, setBrake } from '../../db/queries/domains.ts';
import { createFreeze, thawFreeze } from '../../db/queries/freezes.ts';
import { listNotices } from '../../db/queries/notices.ts';
import { createUser } from '../../db/queries/users.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { quietLogger } from '../support/quiet-runtime.ts';

const NOW = '2026-01-31T12:00:00.000Z';

let now = NOW;
let database: TestDatabase;
let activities: PlatformActivities;
beforeAll(async () => {
  database = await createTestDatabase();
  activities = createPlatformActivities({ db: database.db, clock: () => new Date(now) });
  await createUser(database.db, { name: 'ada', role: 'administrator', tokenHash: 'ada', createdAt: NOW });
});
afterAll(() => database.drop());

/** Asks as a worker does. */
const ask = (input: AdmitDestructiveStepInput): Promise<void> =>
  new MockActivityEnvironment({}, { logger: quietLogger }).run(activities.admitDestructiveStep, input);

const later = (minutes: number) => new Date(Date.parse(NOW) + minutes * 60_000).toISOString();

/** A domain of its own with a brake, and how its steps are asked for. */
async function braked(brakePerHour: number) {
  const fqdn = `d-${randomUUID().slice(0, 8)}.example.com`;
  await createDomain(database.db, fqdn, NOW);
  await setBrake(database.db, { fqdn, brakePerHour, expectedVersion: 1 });
  const step = (overrides: Partial<AdmitDestructiveStepInput> = {}): AdmitDestructiveStepInput => ({
    accountId: randomUUID(),
    domain: fqdn,
    templateId: randomUUID(),
    step: 'deletion',
    occasion: NOW,
    ...overrides,
  });
  const admit = async (input = step(), at = NOW): Promise<string> => {
    now = at;
    const asked = ask(input);
    return asked.then(
      () => 'admitted',
      (error: { type: string; nonRetryable: boolean }) => `${error.type}${error.nonRetryable ? ', for good' : ''}`,
    );
  };
  return { fqdn, step, admit };
}

test('one step too many within the hour engages the brake, for what comes later too, until it is released', async () => {
  const { fqdn, step, admit } = await braked(2);
  const first = step();
  expect(await admit(first)).toBe('admitted');
  expect(await admit(step(), later(30))).toBe('admitted');
  expect(await admit(step(), later(59))).toBe('BrakeEngaged');
  expect(await admit(step(), later(300))).toBe('BrakeEngaged');
  expect(await admit(first, later(300))).toBe('BrakeEngaged');
  expect((await findDomain(database.db, fqdn))?.brakeEngagedAt).toBe(later(59));
  const told = await listNotices(database.db, { domain: fqdn, limit: 10 });
  expect(told.items.map(({ kind, dueAt, recipient }) => [kind, dueAt, recipient])).toEqual([
    ['brake-engaged', later(59), 'ada'],
  ]);

  await releaseBrake(database.db, { fqdn, by: 'ada', at: later(300) });
  expect(await admit(step(), later(301))).toBe('admitted');
  expect(await admit(step(), later(302))).toBe('admitted');
  expect(await admit(step(), later(303))).toBe('BrakeEngaged');
});

test('what is older than an hour is not counted', async () => {
  const { step, admit } = await braked(1);
  expect(await admit(step())).toBe('admitted');
  expect(await admit(step(), later(60))).toBe('admitted');
  expect(await admit(step(), later(119))).toBe('BrakeEngaged');
});

test('account, step and occasion are one admission, however often and at the same instant', async () => {
  const { step, admit } = await braked(3);
  const same = step();
  expect(await Promise.all([1, 2, 3, 4, 5].map(() => admit(same)))).toEqual(new Array(5).fill('admitted'));
  expect(await admit({ ...same, occasion: later(1) })).toBe('admitted');
  expect(await admit({ ...same, step: 'retirement' })).toBe('admitted');
  expect(await admit({ ...same, step: 'end-of-life' })).toBe('BrakeEngaged');
});

test('what was admitted and not done is counted when it is asked for again, not when it was asked for first', async () => {
  const { step, admit } = await braked(2);
  const [one, other, third] = [step(), step(), step()];
  for (const [index, early] of [one, other, third].entries()) {
    expect(await admit(early, later(index * 61))).toBe('admitted');
  }
  // An engine comes back: three of the last hours are too many within one.
  expect(await admit(one, later(300))).toBe('admitted');
  expect(await admit(one, later(301))).toBe('admitted');
  expect(await admit(other, later(302))).toBe('admitted');
  expect(await admit(third, later(303))).toBe('BrakeEngaged');
});

test('a step that is asked for again is not counted against itself; another one is', async () => {
  const { step, admit } = await braked(1);
  const same = step();
  expect(await admit(same)).toBe('admitted');
  expect(await admit(same, later(30))).toBe('admitted');
  expect(await admit(step(), later(31))).toBe('BrakeEngaged');
});

test('of many at the same instant as many are let through as the brake allows', async () => {
  const { admit } = await braked(5);
  const outcomes = await Promise.all(Array.from({ length: 12 }, () => admit()));
  expect(outcomes.filter((outcome) => outcome === 'admitted')).toHaveLength(5);
  expect(outcomes.filter((outcome) => outcome === 'BrakeEngaged')).toHaveLength(7);
});

test('a freeze of the domain or the template holds what is asked for, also again, until it is thawed', async () => {
  const { fqdn, step, admit } = await braked(50);
  const { db } = database;
  // Of another template.
  const [admitted, other] = [step(), step()];
  await admit(admitted);
  for (const [scope, subject] of [
    ['domain', fqdn],
    ['template', other.templateId],
  ] as const) {
    const id = randomUUID();
    await createFreeze(db, { id, scope, subject, reason: 'The auditors are here.', frozenBy: 'ada', frozenAt: NOW });
    expect(await admit(other)).toBe('Frozen');
    expect(await admit(admitted)).toBe(scope === 'domain' ? 'Frozen' : 'admitted');
    const elsewhere = scope === 'domain' ? await braked(1) : { admit };
    expect(await elsewhere.admit()).toBe('admitted');
    const told = await ask(other).catch((error: Error) => error.message);
    expect(told).toContain('ada has frozen');
    expect(told).toContain('The auditors are here.');
    await thawFreeze(db, { id, thawedBy: 'ada', thawedAt: NOW });
  }
  expect(await admit(other)).toBe('admitted');
});

test('in a domain that is not registered nothing is destroyed', async () => {
  const { admit, step } = await braked(1);
  expect(await admit(step({ domain: 'unknown.example.com' }))).toBe('NotFound, for good');
});
