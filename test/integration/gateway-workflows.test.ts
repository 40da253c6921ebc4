/** What the gateway starts beside accounts: dry runs of templates, reassessments and migrations, with the real workflows. */
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LifecycleGateway } from '../../api/lifecycle-gateway.ts';
import type { Account } from '../../contracts/account.ts';
import { eventually } from '../../infra/dev/eventually.ts';
import { FQDN, PATIENCE, startGatewayHarness, type GatewayHarness } from '../support/gateway-harness.ts';
import { stateFolder } from '../support/our-stack.ts';

let harness: GatewayHarness;
let gateway: LifecycleGateway;
beforeAll(async () => {
  const stack = JSON.parse(await readFile(join(stateFolder, 'stack.json'), 'utf8'));
  harness = await startGatewayHarness(stack.temporal.address);
  ({ gateway } = harness);
});
afterAll(async () => harness.close());

describe('inspectTemplate', () => {
  const question = (domain: string) => ({
    ...{ domain, organizationalUnits: ['OU=Managed,DC=corp'], groups: [], folder: 'service-accounts' },
    samAccountName: 'svc-payroll',
  });

  test('answers what the engine of the domain finds', async () => {
    const domain = `${randomUUID()}.example.com`;
    const directory = {
      problems: [{ distinguishedName: 'OU=Managed,DC=corp', problem: 'is not there' }],
      nameInUse: true,
    };
    const vault = { ready: false, problem: 'The folder is not allowed.' };
    const engine = await harness.engineOf(domain, {
      inspectDirectory: async () => directory,
      inspectVault: async () => vault,
    });
    await engine.runUntil(async () => {
      expect(await gateway.inspectTemplate(question(domain))).toEqual({ directory, vault });
      const withoutVault = { ...question(domain), folder: null };
      expect(await gateway.inspectTemplate(withoutVault)).toEqual({ directory, vault: null });
    });
  });

  test('an engine that is away is an answer, in the time that the caller has', async () => {
    const askedAt = Date.now();
    const away = { failed: 'away', message: expect.any(String) };
    const answer = await gateway.inspectTemplate(question(`${randomUUID()}.example.com`), 3_000);
    expect(answer).toEqual({ directory: away, vault: away });
    expect(Date.now() - askedAt).toBeLessThan(6_000);
  });
});

describe('reassess', () => {
  const inputsAbout = (user: string) =>
    harness.fakes.inputsOf('findAffected').filter(({ approvers }) => approvers.users.includes(user));

  test('looks for the accounts once for an operation, however often it is asked before its transaction ends', async () => {
    const user = randomUUID();
    const operationId = randomUUID();
    const input = { approvers: { users: [user], groups: ['chiefs'] }, left: [user] };
    const committing = harness.fakes.hold('awaitChange');
    for (let times = 0; times < 3; times += 1) await gateway.reassess(operationId, input);
    await eventually('it is waited for', async () => harness.fakes.names().includes('awaitChange'), PATIENCE);
    expect(inputsAbout(user)).toEqual([]);
    committing.open();
    await eventually('the accounts were looked for', async () => inputsAbout(user).length > 0, PATIENCE);
    expect(inputsAbout(user)).toEqual([expect.objectContaining(input)]);
  });

  test('waits for the instant at which the change takes effect', async () => {
    const user = randomUUID();
    const at = new Date(Date.now() + 3_000);
    await gateway.reassess(randomUUID(), { approvers: { users: [user], groups: [] }, left: [] }, at.toISOString());
    await eventually('the accounts were looked for', async () => inputsAbout(user).length > 0, PATIENCE);
    expect(Date.now()).toBeGreaterThan(at.getTime());
  });
});

describe('migrations', () => {
  const inputOf = (migrationId: string, accounts: readonly Account[]) => ({
    migrationId,
    actor: 'ada',
    accounts: accounts.map(({ id: accountId, domain }) => ({ accountId, domain })),
    changes: { owners: ['otto'] },
    perMinute: 600,
  });

  test('move accounts, tell how far they are, and end', async () => {
    const id = randomUUID();
    const accounts = [await harness.living(), await harness.living()];
    await gateway.startMigration(id, inputOf(id, accounts));
    const done = await eventually(
      'the migration is done',
      async () => {
        const progress = await gateway.migration(id);
        return progress?.state === 'completed' && progress;
      },
      PATIENCE,
    );
    expect(done).toMatchObject({ total: 2, outcomes: [{ outcome: 'migrated' }, { outcome: 'migrated' }] });
    expect(await gateway.snapshot(FQDN, accounts[0]!.id)).toMatchObject({ owners: ['otto'] });
    const refused = () =>
      gateway.pauseMigration(id, 'ada').then(
        () => undefined,
        (error: unknown) => error,
      );
    // Its workflow ends a moment after the last answer.
    expect(await eventually('it has ended', refused, PATIENCE)).toMatchObject({ code: 'StateConflict' });
  });

  test('that never came on record move nothing, and are begun anew when they are asked for again', async () => {
    const id = randomUUID();
    const account = await harness.living();
    const becomes = (state: string) =>
      eventually(`it is ${state}`, async () => (await gateway.migration(id))?.state === state, PATIENCE);
    harness.fakes.behave({ findMigration: async () => ({ isRecorded: false }) });
    await gateway.startMigration(id, inputOf(id, [account]));
    await eventually('it was looked for', async () => harness.fakes.names().includes('findMigration'), PATIENCE);
    harness.fakes.behave({ findMigration: async () => ({ isRecorded: true }) });
    expect(await gateway.snapshot(FQDN, account.id)).toMatchObject({ owners: account.owners });
    await gateway.startMigration(id, inputOf(id, [account]));
    await becomes('completed');
    expect(await gateway.snapshot(FQDN, account.id)).toMatchObject({ owners: ['otto'] });
  });

  test('are paused, resumed and cancelled', async () => {
    const id = randomUUID();
    const accounts = await Promise.all([harness.living(), harness.living(), harness.living()]);
    await gateway.startMigration(id, { ...inputOf(id, accounts), perMinute: 1 });
    const becomes = (state: string) =>
      eventually(`it is ${state}`, async () => (await gateway.migration(id))?.state === state, PATIENCE);
    await gateway.pauseMigration(id, 'ada');
    await becomes('paused');
    await gateway.resumeMigration(id, 'ada');
    await becomes('running');
    await gateway.cancelMigration(id, 'ada');
    await becomes('cancelled');
  });

  test('that never were are nothing, and nothing can be done to them', async () => {
    expect(await gateway.migration(randomUUID())).toBeNull();
    await expect(gateway.cancelMigration(randomUUID(), 'ada')).rejects.toMatchObject({ code: 'NotFound' });
  });
});
