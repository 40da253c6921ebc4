/** Accounts that move to another template, end date or owners: what an account does, and who is told. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MigrationProgress } from '../../contracts/workflows.ts';
import { eventually } from '../../infra/dev/eventually.ts';
import { ADMINISTRATOR, createHarness, DOMAIN, OWNER, REQUESTER, type Harness } from '../support/lifecycle-harness.ts';

const PATIENCE = { timeoutMs: 20_000, intervalMs: 50 };

let harness: Harness;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness.close());

describe('migration', () => {
  test('what is not on record is not done', async () => {
    const story = await harness.story();
    await story.activate();
    harness.fakes.behave({ findMigration: async () => ({ isRecorded: false }) });
    const accounts = [{ accountId: story.accountId, domain: DOMAIN }];
    const progress = await harness.environment.client.workflow.execute('migrateAccounts', {
      workflowId: `migrate:${story.accountId}`,
      taskQueue: 'control',
      args: [{ migrationId: 'm0', actor: ADMINISTRATOR, accounts, changes: { owners: [OWNER] }, perMinute: 600 }],
    });
    expect(progress).toEqual({ state: 'cancelled', total: 1, outcomes: [] });
    expect(await story.snapshot()).toMatchObject({ owners: [REQUESTER, OWNER] });
  });

  test('another end is written to the directory, once', async () => {
    const story = await harness.story();
    await story.activate();
    const endsAt = '2099-01-01T00:00:00.000Z';
    const changes = { endsAt, owners: [OWNER] };
    const moved = await story.ask('migrate', { actor: ADMINISTRATOR, operationId: 'move', changes });
    expect(moved).toMatchObject({ account: { endsAt, owners: [OWNER], state: 'active' } });
    expect(harness.fakes.inputsOf('applyExpiry')).toMatchObject([{ expiresAt: endsAt }]);
    expect(await story.ask('migrate', { actor: ADMINISTRATOR, changes })).toMatchObject({ account: { endsAt } });
    expect(story.recorded().filter(({ type }) => type === 'migrated')).toHaveLength(1);
    expect(await story.answer('move')).toEqual((moved as { account: unknown }).account);
  });

  describe('to other owners looks at them again', () => {
    const moveTo = async (changes: { owners?: string[]; ownerGroups?: string[] }, disabled: readonly string[]) => {
      const story = await harness.story({ ownership: { groups: true } });
      await story.activate();
      harness.fakes.behave({
        async findSuccessors({ owners, left }) {
          if (owners.includes(left) && !disabled.includes(left)) return { outcome: 'still-there' };
          const others = owners.filter((owner) => owner !== left);
          return others.length > 0 ? { outcome: 'owners-left', owners: others } : { outcome: 'nobody' };
        },
      });
      expect(await story.ask('migrate', { actor: ADMINISTRATOR, changes })).toHaveProperty('account');
      return story;
    };
    const asked = () => harness.fakes.inputsOf('findSuccessors').map(({ left }) => left);

    test('one who was disabled meanwhile climbs the ladder', async () => {
      const story = await moveTo({ owners: ['gina', OWNER] }, ['gina']);
      expect(await story.until(({ owners }) => owners.length === 1)).toMatchObject({ owners: [OWNER] });
      await eventually('both are asked about', async () => asked().length === 2, PATIENCE);
      expect(asked()).toEqual(['gina', OWNER]);
      expect(story.recorded().slice(-2)).toMatchObject([
        { type: 'owner-left', detail: { user: 'gina', rung: 'next-owner' } },
        { type: 'owners-changed' },
      ]);
    });

    test('the only one who was disabled meanwhile is told to the administrators', async () => {
      const story = await moveTo({ owners: ['gina'] }, ['gina']);
      await story.until(() => story.recorded().at(-1)?.type === 'owner-left');
      expect(story.noticed().at(-1)).toMatchObject({ kind: 'owner-missing', audiences: ['administrators'] });
    });

    test('those who are active stay, and nobody is told', async () => {
      const story = await moveTo({ owners: ['otto', OWNER], ownerGroups: ['Payroll'] }, []);
      await eventually('both are asked about', async () => asked().length === 2, PATIENCE);
      await story.rests();
      expect(await story.snapshot()).toMatchObject({ owners: ['otto', OWNER], ownerGroups: ['Payroll'] });
      expect(story.recorded().at(-1)).toMatchObject({ type: 'migrated' });
    });

    test('nobody is asked about where the owners stay', async () => {
      const story = await moveTo({ owners: [REQUESTER, OWNER] }, []);
      await story.rests();
      expect(asked()).toEqual([]);
    });
  });

  test('an account that groups alone own is looked at too', async () => {
    const story = await harness.story({ ownership: { groups: true } });
    await story.activate();
    harness.fakes.behave({ findSuccessors: async () => ({ outcome: 'fallback-group', group: 'Operations' }) });
    await story.ownerLeft(OWNER);
    await story.until(({ ownerGroups }) => ownerGroups.length === 1);
    await story.ownerLeft(REQUESTER);
    await story.until(({ owners }) => owners.length === 0);
    harness.fakes.behave({ findSuccessors: async () => ({ outcome: 'nobody' }) });
    await story.ask('migrate', { actor: ADMINISTRATOR, changes: { ownerGroups: ['Emptied'] } });
    await story.until(() => story.recorded().at(-1)?.type === 'owner-left');
    expect(harness.fakes.inputsOf('findSuccessors').at(-1)).toMatchObject({ owners: [], ownerGroups: ['Emptied'] });
    expect(story.noticed().at(-1)).toMatchObject({ kind: 'owner-missing' });
  });

  test('many at once: one that is gone does not stop the others', async () => {
    const story = await harness.story();
    await story.activate();
    const gone = '00000000-0000-4000-8000-000000000000';
    const accounts = [gone, story.accountId].map((accountId) => ({ accountId, domain: DOMAIN }));
    const { workflow } = harness.environment.client;
    const input = { migrationId: 'm1', actor: ADMINISTRATOR, accounts, changes: { owners: [OWNER] }, perMinute: 600 };
    const progress: MigrationProgress = await workflow.execute('migrateAccounts', {
      workflowId: `migrate:${story.accountId}`,
      taskQueue: 'control',
      args: [input],
    });
    expect(progress).toMatchObject({ state: 'completed', total: 2 });
    expect(progress.outcomes).toContainEqual({
      accountId: story.accountId,
      outcome: 'migrated',
      code: null,
      message: null,
    });
    expect(progress.outcomes).toContainEqual(expect.objectContaining({ accountId: gone, code: 'NotFound' }));
    expect(await story.snapshot()).toMatchObject({ owners: [OWNER] });
  });
});
