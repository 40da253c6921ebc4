/** Accounts of the running stack, by the public API. */
import { randomBytes } from 'node:crypto';
import type { Account, AccountEvent } from '../../contracts/account.ts';
import { secretPath } from '../../contracts/ids.ts';
import type { AccountAction } from '../../contracts/lifecycle.ts';
import { callerAs, persistently, whenAccount } from '../../infra/dev/demo/api.ts';
import { isEnabled, observe, type Entry, type Observer } from '../../infra/dev/demo/directory.ts';
import { observeVault } from '../../infra/dev/demo/vault.ts';
import { readStack, type Stack, type TokenName } from '../../infra/dev/state.ts';

/** The API, by user. Every function throws when the API refuses. */
export interface Client {
  submit(templateId: string, samAccountName: string): Promise<Account>;
  act(as: TokenName, account: Account, action: AccountAction, body?: unknown): Promise<Account>;
  read(account: Account): Promise<Account>;
  events(account: Account): Promise<readonly AccountEvent[]>;
  /** Reads the account until `test` holds. */
  until(account: Account, what: string, test: (now: Account) => boolean, timeoutMs: number): Promise<Account>;
}

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

/** What a test wants of its templates beyond the usual. */
export interface Terms {
  readonly gracePeriod?: string;
  /** The name of an OU that is made below the one of the accounts. */
  readonly retirementOu?: string;
}

/** A client, and a yearly template in every domain of the stack. Every call to the API goes by `send`. */
export async function openPeople(
  stateFolder: string,
  send?: typeof fetch,
  { gracePeriod, retirementOu }: Terms = {},
): Promise<People> {
  const stack = await readStack(stateFolder);
  const client = createClient(stack, send);
  const templates = new Map<string, string>();
  for (const domain of stack.domains) {
    const { fqdn, accountsOu, baseDn } = domain;
    if (retirementOu) await (await observe(stateFolder, domain)).makeOrganizationalUnit(retirementOu);
    const template = {
      name: `Tests ${newName()}`,
      naming: { pattern: 'svc-[a-z0-9-]+' },
      directory: {
        domain: fqdn,
        organizationalUnit: accountsOu,
        groups: [`CN=payroll-readers,OU=Groups,${baseDn}`],
        ...(retirementOu ? { retirementOrganizationalUnit: `OU=${retirementOu},${accountsOu}` } : {}),
      },
      vault: { folder: 'service-accounts' },
      approval: { steps: [{ name: 'Manager', approvers: { users: ['approver1'] }, quorum: 1 }] },
      lifecycle: {
        intervals: ['P1Y'],
        renewalWindow: 'P30D',
        endOfLife: 'disable' as const,
        ...(gracePeriod ? { gracePeriod } : {}),
      },
    };
    templates.set(fqdn, await callerAs(stack, 'administrator', send).makeTemplate(template));
  }
  const request = async (fqdn: string, name = newName()): Promise<Account> => {
    const account = await client.submit(templates.get(fqdn)!, name);
    const decision = { decision: 'approve' };
    return persistently(callerAs(stack, 'approver1', send), `/accounts/${account.id}/decide`, decision);
  };
  return {
    client,
    request,
    provide: async (fqdn, name) =>
      client.until(await request(fqdn, name), 'is active', (now) => now.state === 'active', 120_000),
  };
}

function createClient(stack: Stack, send?: typeof fetch): Client {
  const administrator = callerAs(stack, 'administrator', send);
  return {
    submit: async (templateId, samAccountName) =>
      persistently(callerAs(stack, 'requester', send), '/requests', {
        templateId,
        samAccountName,
        justification: `A test needs ${samAccountName}`,
        owners: ['owner'],
      }),
    act: async (as, { id }, action, body) => callerAs(stack, as, send).act(id, action, body),
    read: async ({ id }) => administrator.account(id),
    events: async ({ id }) => administrator.events(id),
    until: async ({ id, samAccountName }, what, test, timeoutMs) =>
      whenAccount(administrator, id, `${samAccountName} ${what}`, test, { timeoutMs, intervalMs: 200 }),
  };
}

/**
 * What is true of an account, whatever it says of itself: its objects, whether they are usable, and its secret, looked for
 * where one would be. A secret out of reach is `suspended`, one that nobody can bring back `none`.
 */
export async function truthOf(stateFolder: string, account: Account) {
  const { samAccountName, state, blocked, vaultFolder, domain: fqdn } = account;
  const stack = await readStack(stateFolder);
  const directory = await observe(
    stateFolder,
    stack.domains.find((domain) => domain.fqdn === fqdn)!,
  );
  const objects = await directory.find(samAccountName);
  const vault = observeVault(stack);
  const path = secretPath(vaultFolder, samAccountName);
  const stored = await vault.read(path);
  const outOfReach = (await vault.knows(path)) ? 'suspended' : 'none';
  return {
    state,
    blocked,
    objects: objects.length,
    ...(objects[0] ? await truthOfObject(directory, objects[0], stored?.password) : NO_OBJECT),
    secret: stored ? (stored.password ? 'current' : 'pending') : outOfReach,
  };
}

const NO_OBJECT = { enabled: false, denials: 0, groups: [], logsOn: false };

async function truthOfObject(directory: Observer, entry: Entry, password: string | undefined) {
  const dn = entry['dn']?.[0] ?? '';
  const connection = await directory.connect();
  const denied = await connection.deniedToChangePassword(dn).finally(() => connection.close());
  return {
    enabled: isEnabled(entry),
    denials: denied.length,
    groups: (entry['memberof'] ?? []).map((group) => /^CN=([^,]*)/.exec(group)?.[1]),
    logsOn: password !== undefined && (await directory.logsOn(dn, password)),
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
/** While its retirement can be undone. */
export const PUT_AWAY = {
  ...USABLE,
  state: 'quarantined',
  enabled: false,
  groups: [],
  secret: 'suspended',
  logsOn: false,
};
export const GONE = { ...USABLE, ...NO_OBJECT, state: 'retired', objects: 0, secret: 'none' };
