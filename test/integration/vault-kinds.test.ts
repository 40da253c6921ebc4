/** Whole accounts whose passwords are in vaults of other makes: made, usable, put away, brought back, and gone. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Account } from '../../contracts/account.ts';
import { callerAs, persistently, whenAccount } from '../../infra/dev/demo/api.ts';
import { observe } from '../../infra/dev/demo/directory.ts';
import { readStack, type Stack } from '../../infra/dev/state.ts';
import { newName } from '../support/accounts.ts';
import { stateFolder } from '../support/our-stack.ts';
import { engineConfiguration, replaceByEngines } from '../support/own-engine.ts';
import { awsSubject } from '../support/vaults/aws.ts';
import { azureSubject } from '../support/vaults/azure.ts';
import { dsvSubject } from '../support/vaults/dsv.ts';
import type { VaultSubject } from '../support/vaults/subject.ts';

const KINDS = ['aws', 'azure', 'dsv'] as const;
type Kind = (typeof KINDS)[number];

/** The folder says which vault it is: there is an engine for each. */
const folderOf = (kind: Kind): string => `in-${kind}`;

let stack: Stack;
let vaults: Readonly<Record<Kind, VaultSubject>>;
let restore: (() => Promise<void>) | undefined;

beforeAll(async () => {
  stack = await readStack(stateFolder);
  const { fqdn } = stack.domains[1]!;
  const dsv = await dsvSubject();
  const actions = ['create', 'read', 'update', 'delete'];
  dsv.simulator.addClient(dsv.config.role, [{ resources: [`secrets:${folderOf('dsv')}:${fqdn}:<.*>`], actions }]);
  vaults = { aws: await awsSubject(), azure: await azureSubject(), dsv };
  restore = await replaceByEngines(
    stateFolder,
    await engineConfiguration(stateFolder, fqdn),
    KINDS.map((kind) => ({ vault: vaults[kind].newVault() })),
    (input) =>
      Math.max(
        0,
        KINDS.findIndex((kind) => JSON.stringify(input).includes(folderOf(kind))),
      ),
  );
});

afterAll(async () => {
  await restore?.();
  for (const kind of KINDS) await vaults[kind].close();
});

async function approved(kind: Kind): Promise<Account> {
  const { fqdn, accountsOu } = stack.domains[1]!;
  const templateId = await callerAs(stack, 'administrator').makeTemplate({
    name: `Passwords in ${kind} ${newName()}`,
    naming: { pattern: 'svc-[a-z0-9-]+' },
    directory: { domain: fqdn, organizationalUnit: accountsOu },
    vault: { folder: folderOf(kind) },
    approval: { steps: [{ name: 'Manager', approvers: { users: ['approver1'] }, quorum: 1 }] },
    lifecycle: { intervals: ['P1Y'], renewalWindow: 'P30D', endOfLife: 'disable', gracePeriod: 'PT12S' },
  });
  const body = { templateId, samAccountName: newName(), justification: 'A test', owners: ['owner'] };
  const { id } = await persistently<Account>(callerAs(stack, 'requester'), '/requests', body);
  return persistently(callerAs(stack, 'approver1'), `/accounts/${id}/decide`, { decision: 'approve' });
}

async function until({ id }: Account, state: Account['state']): Promise<Account> {
  const administrator = callerAs(stack, 'administrator');
  const limits = { timeoutMs: 60_000, intervalMs: 200 };
  return whenAccount(administrator, id, `is ${state}`, (now) => now.state === state, limits);
}

test.each(KINDS)('an account with its password in %s', async (kind) => {
  const vault = vaults[kind];
  const account = await approved(kind);
  const active = await until(account, 'active');
  const { vaultPath } = active.secret!;
  const directory = await observe(stateFolder, stack.domains[1]!);
  const passwordNow = async (): Promise<unknown> => (await vault.readFields(vaultPath))?.['password'];
  const logsOn = async (): Promise<boolean> => directory.logsOn(active.distinguishedName!, String(await passwordNow()));

  expect(vaultPath).toBe(`${folderOf(kind)}/${account.domain}/${account.samAccountName}`);
  const password = await passwordNow();
  expect(await logsOn()).toBe(true);
  expect(await vault.readablePasswords(vaultPath)).toEqual([password]);

  await callerAs(stack, 'owner').act(account.id, 'retire');
  await until(account, 'quarantined');
  expect(await vault.readablePasswords(vaultPath)).toEqual([]);

  await callerAs(stack, 'owner').act(account.id, 'restore');
  await until(account, 'active');
  expect(await passwordNow()).toBe(password);
  expect(await logsOn()).toBe(true);

  await callerAs(stack, 'owner').act(account.id, 'retire');
  await until(account, 'retired');
  expect(await vault.isGone(vaultPath)).toBe(true);
});
