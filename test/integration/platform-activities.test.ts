/** The control plane's activities on a real database. */
import { randomUUID } from 'node:crypto';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPlatformActivities } from '../../activities/platform/activities.ts';
import type { PlatformActivities, ReserveNameInput } from '../../contracts/activities.ts';
import { openDatabase } from '../../db/client.ts';
import { findAccount } from '../../db/queries/accounts.ts';
import { createDomain } from '../../db/queries/domains.ts';
import { addTemplateVersion, createTemplate } from '../../db/queries/templates.ts';
import { createUser } from '../../db/queries/users.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { sampleAccount, sampleEvent, sampleTemplate } from '../support/projection-samples.ts';

const FQDN = 'corp.example.com';
const NOW = '2026-01-31T12:00:00.000Z';
const clock = () => new Date(NOW);
const templateId = randomUUID();

let database: TestDatabase;
let activities: PlatformActivities;
beforeAll(async () => {
  database = await createTestDatabase();
  const { db } = database;
  activities = createPlatformActivities({ db, clock });
  await createUser(db, { name: 'ada', role: 'administrator', tokenHash: 'none', createdAt: NOW });
  await createDomain(db, FQDN, NOW);
  const made = { id: templateId, createdBy: 'ada', createdAt: NOW };
  await createTemplate(db, { ...made, template: sampleTemplate({ naming: { pattern: 'svc-[a-z]+' } }) });
  const stricter = sampleTemplate({ naming: { pattern: 'robot-[a-z]+' } });
  await addTemplateVersion(db, { ...made, template: stricter, expectedVersion: 1 });
});
afterAll(() => database.drop());

function asked(samAccountName: string, { templateVersion = 1, ...rest }: Record<string, unknown> = {}) {
  return {
    accountId: randomUUID(),
    domain: FQDN,
    requester: 'rita',
    request: { templateId, templateVersion, samAccountName, justification: 'Runs the payroll.', owners: [] },
    ...rest,
  } as ReserveNameInput;
}

const reserve = (input: ReserveNameInput, of = activities) => new MockActivityEnvironment().run(of.reserveName, input);

describe('reserveName', () => {
  test('takes the name and gives the template as it was in that version; again, the same', async () => {
    const input = asked('svc-payroll');
    const template = sampleTemplate({ naming: { pattern: 'svc-[a-z]+' } });
    const reserved = { outcome: 'reserved', snapshot: { templateId, version: 1, template } };
    expect(await reserve(input)).toEqual(reserved);
    expect(await reserve(input)).toEqual(reserved);
    expect(await reserve(asked('svc-payroll'))).toMatchObject({ outcome: 'refused', code: 'NameTaken' });
  });

  test.each([
    ['a name that the pattern does not match', asked('app-payroll'), 'PolicyViolation'],
    ['a name that matches in part', asked('svc-payroll-2'), 'PolicyViolation'],
    ['a name that only an older version allows', asked('svc-other', { templateVersion: 2 }), 'PolicyViolation'],
    ['a template of another domain', asked('svc-abroad', { domain: 'lab.example.com' }), 'PolicyViolation'],
    ['a version that is not there', asked('svc-future', { templateVersion: 9 }), 'NotFound'],
  ])('%s is refused as a result, and takes no name', async (_what, input, code) => {
    expect(await reserve(input)).toMatchObject({ outcome: 'refused', code });
    const taken = await database.run('select from name_reservations where account_id = $1', [input.accountId]);
    expect(taken).toEqual([]);
  });

  test('an input that it does not understand fails for good, and names fields, not values', async () => {
    const input = asked('svc-payroll', { accountId: 'canary' });
    const failed = (await reserve(input).catch((error: unknown) => error)) as Error;
    expect(failed).toMatchObject({ type: 'InvalidRequest', nonRetryable: true, details: [{ fields: 'accountId' }] });
    expect(JSON.stringify(failed)).not.toContain('canary');
  });
});

test('recordTransition writes what the projection shows, once', async () => {
  const account = sampleAccount();
  const transition = { account, event: sampleEvent(account) };
  await new MockActivityEnvironment().run(activities.recordTransition, transition);
  await new MockActivityEnvironment().run(activities.recordTransition, transition);
  expect(await findAccount(database.db, account.id)).toEqual(account);
});

test('a database that is away is tried again, and a refusal of it tells no value', async () => {
  const away = openDatabase('postgres://nobody:canary@127.0.0.1:1/none', { connectTimeoutMs: 500 });
  const cutOff = createPlatformActivities({ db: away.db, clock });
  const unavailable = { type: 'ServiceUnavailable', nonRetryable: false };
  await expect(reserve(asked('svc-payroll'), cutOff)).rejects.toMatchObject(unavailable);
  await away.close();

  const canary = 'canary\u0000';
  const account = sampleAccount({ justification: canary });
  const recording = new MockActivityEnvironment().run(activities.recordTransition, {
    account,
    event: sampleEvent(account),
  });
  const failed = (await recording.catch((error: unknown) => error)) as Error;
  expect(failed).toMatchObject({ type: 'UnexpectedError', message: expect.stringContaining('SQLSTATE 22021') });
  expect(JSON.stringify([failed, failed.message, failed.stack, failed.cause])).not.toContain('canary');
});
