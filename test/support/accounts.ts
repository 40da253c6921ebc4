/** Accounts of the running stack, by the public API. */
import { randomBytes } from 'node:crypto';
import type { Account } from '../../contracts/account.ts';
import { createClient, type Client } from '../../infra/dev/demo/client.ts';
import { logOnWithVaultPassword, lookInDirectory, lookInVault } from '../../infra/dev/demo/evidence.ts';
import { readStack } from '../../infra/dev/state.ts';

export interface People {
  readonly client: Client;
  /** Asks for an account of the domain under a template of one approval step, and approves it. */
  request(fqdn: string, name?: string): Promise<Account>;
  /** The same, and waits until it is active. */
  provide(fqdn: string, name?: string): Promise<Account>;
}

export function newName(): string {
  return `svc-${randomBytes(5).toString('hex')}`;
}

/** A client with a yearly template in every domain of the stack. */
export async function openPeople(stateFolder: string): Promise<People> {
  const client = await createClient(stateFolder);
  const templates = new Map<string, string>();
  for (const { fqdn, accountsOu, baseDn } of (await readStack(stateFolder)).domains) {
    const template = {
      name: `Tests ${newName()}`,
      naming: { pattern: 'svc-[a-z0-9-]+' },
      directory: { domain: fqdn, organizationalUnit: accountsOu, groups: [`CN=payroll-readers,OU=Groups,${baseDn}`] },
      vault: { folder: 'service-accounts' },
      approval: { steps: [{ name: 'Manager', approvers: ['approver1'], quorum: 1 }] },
      lifecycle: { interval: 'P1Y', renewalWindow: 'P30D', reminder: 'P30D', endOfLife: 'disable' },
    };
    templates.set(fqdn, await client.createTemplate(template));
  }
  const request = async (fqdn: string, name = newName()): Promise<Account> => {
    const account = await client.submit(templates.get(fqdn)!, name);
    return client.act('approver1', account, 'decide', { decision: 'approve' });
  };
  return {
    client,
    request,
    provide: async (fqdn, name) =>
      client.until(await request(fqdn, name), 'is active', (now) => now.state === 'active', 120_000),
  };
}

/** What is true of an account that is active: one object, one live password, and it is the stored one. */
export async function truthOf(stateFolder: string, account: Account) {
  const { count, enabled, denials, groups } = await lookInDirectory(stateFolder, account);
  return {
    state: account.state,
    blocked: account.blocked,
    objects: count,
    enabled,
    denials,
    groups,
    secret: account.secret ? await lookInVault(stateFolder, account.secret.vaultPath) : 'none',
    logsOn: await logOnWithVaultPassword(stateFolder, account),
  };
}

export const USABLE = {
  state: 'active',
  blocked: null,
  objects: 1,
  enabled: true,
  denials: 2,
  groups: ['payroll-readers'],
  secret: 'current',
  logsOn: true,
};
export const GONE = {
  ...USABLE,
  state: 'retired',
  objects: 0,
  enabled: false,
  denials: 0,
  groups: [],
  secret: 'none',
  logsOn: false,
};
