/** What requesters choose, on real servers and with the rights that engines really have: a folder, and an OU. */
import { beforeAll, expect, it } from 'vitest';
import type { Account } from '../../contracts/account.ts';
import { callerAs, persistently, whenAccount } from '../../infra/dev/demo/api.ts';
import { readStack, type Stack } from '../../infra/dev/state.ts';
import { newName, truthOf, USABLE } from '../support/accounts.ts';
import { stateFolder } from '../support/our-stack.ts';

let stack: Stack;
let templateId: string;

beforeAll(async () => {
  stack = await readStack(stateFolder);
  const { fqdn, accountsOu, baseDn } = stack.domains[0]!;
  templateId = await callerAs(stack, 'administrator').makeTemplate({
    name: `Chosen places ${newName()}`,
    naming: { pattern: 'svc-[a-z0-9-]+' },
    directory: {
      domain: fqdn,
      organizationalUnit: accountsOu,
      mayChooseOrganizationalUnit: true,
      groups: [`CN=payroll-readers,OU=Groups,${baseDn}`],
    },
    vault: { folder: 'service-accounts', mayChooseFolder: true },
    approval: { steps: [{ name: 'Manager', approvers: { users: ['approver1'] }, quorum: 1 }] },
    lifecycle: { intervals: ['P1Y'], renewalWindow: 'P30D', endOfLife: 'disable' },
  });
});

async function approved(places: { readonly folder?: string; readonly organizationalUnit?: string }): Promise<Account> {
  const body = { templateId, samAccountName: newName(), justification: 'A test', owners: ['owner'], ...places };
  const { id } = await persistently<Account>(callerAs(stack, 'requester'), '/requests', body);
  return persistently(callerAs(stack, 'approver1'), `/accounts/${id}/decide`, { decision: 'approve' });
}

function until({ id }: Account, what: string, test: (now: Account) => boolean): Promise<Account> {
  return whenAccount(callerAs(stack, 'administrator'), id, what, test, { timeoutMs: 60_000, intervalMs: 200 });
}

it(
  'a secret goes into the folder that was chosen, and all that is done with it works there',
  { timeout: 180_000 },
  async () => {
    const account = await approved({ folder: 'payroll/night' });
    const active = await until(account, 'is active', ({ state }) => state === 'active');
    expect(active.secret?.vaultPath).toBe(`service-accounts/${account.domain}/payroll/night/${account.samAccountName}`);
    expect(await truthOf(stateFolder, active)).toEqual(USABLE);

    await callerAs(stack, 'owner').act(account.id, 'retire');
    const retired = await until(account, 'is retired', ({ state }) => state === 'retired');
    expect(await truthOf(stateFolder, retired)).toMatchObject({ objects: 0, secret: 'none' });
  },
);

it('an OU that is not there blocks the account, and the request can be withdrawn', { timeout: 180_000 }, async () => {
  const organizationalUnit = `OU=Not there,${stack.domains[0]!.accountsOu}`;
  const account = await approved({ organizationalUnit });
  const blocked = await until(account, 'is blocked', (now) => now.blocked !== null);
  expect(blocked.blocked).toMatchObject({ code: 'DirectoryRejected', step: 'establish-account' });
  expect(blocked.blocked?.message).toContain('The OU for');
  expect(await truthOf(stateFolder, blocked)).toMatchObject({ objects: 0, secret: 'pending' });

  await callerAs(stack, 'requester').act(account.id, 'withdraw');
  const withdrawn = await until(account, 'is withdrawn', ({ state }) => state === 'withdrawn');
  expect(await truthOf(stateFolder, withdrawn)).toMatchObject({ objects: 0, secret: 'none' });
});
