/** Accounts of a running stack by the public HTTP API, as the benchmarks ask for them. */
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { AccountState } from '../contracts/lifecycle.ts';
import { templateSchema, type Template } from '../contracts/template.ts';
import { callerAs, persistently, type Account } from '../infra/dev/demo/api.ts';
import { secretFolder, secretPath } from '../contracts/ids.ts';
import { eventually } from '../infra/dev/eventually.ts';
import type { Stack } from '../infra/dev/state.ts';

/** Looking often enough to be exact, seldom enough not to be the load: at one account, or at a crowd. */
const LOOK_AT_ONE_MS = 3;
const LOOK_AT_ALL_MS = 100;
const PATIENCE_MS = 300_000;

export interface Product {
  /** Under which all accounts are asked for: one approval, one group. */
  readonly template: Template;
  submit(): Promise<Account>;
  approve(account: Account): Promise<void>;
  /** Waits until all accounts that were asked for here are active, as the projection has it: cheap to ask for many. */
  allActive(): Promise<void>;
  /** Moves the end of all accounts that were asked for here, by a migration. */
  moveEnds(endsAt: Date): Promise<void>;
  /** Waits until all of them have ended, as the projection has it. */
  allExpired(): Promise<void>;
  /**
   * Waits until the vault serves a password as the account's current one, as a reader sees it, and answers it. It works
   * by then: the engine has logged on with it before.
   */
  password(account: Account): Promise<string>;
  /** Waits until the API says that this account is active. */
  active(account: Account): Promise<void>;
  close(): Promise<void>;
}

/** A template of its own in the stack's first domain, and its requester and approver. */
export async function openProduct(stack: Stack): Promise<Product> {
  const template = benchTemplate(stack);
  const administrator = callerAs(stack, 'administrator');
  const templateId = await administrator.makeTemplate(template);
  const [requester, approver] = [callerAs(stack, 'requester'), callerAs(stack, 'approver1')];
  const database = new pg.Client({ connectionString: stack.postgres!.url });
  await database.connect();
  let asked = 0;
  const allAre = (state: AccountState): Promise<void> => {
    const query = 'select count(*)::int as accounts from accounts where template_id = $1 and state = $2';
    const count = async (): Promise<number> => (await database.query(query, [templateId, state])).rows[0].accounts;
    return until(`all ${asked} accounts are ${state}`, LOOK_AT_ALL_MS, async () => (await count()) === asked);
  };
  return {
    template,
    async submit() {
      asked += 1;
      const samAccountName = `svc-${randomUUID().slice(0, 13)}`;
      const request = { templateId, samAccountName, justification: 'A benchmark', owners: ['owner'] };
      return persistently<Account>(requester, '/requests', request);
    },
    async approve({ id }) {
      await persistently(approver, `/accounts/${id}/decide`, { decision: 'approve' });
    },
    allActive: () => allAre('active'),
    async moveEnds(endsAt) {
      const changes = { endsAt: endsAt.toISOString() };
      await administrator.ask('POST', '/migrations', { filter: { templateId }, changes, perMinute: 600 });
    },
    allExpired: () => allAre('expired'),
    password: ({ samAccountName }) => {
      const path = secretPath(secretFolder(template.vault.folder, template.directory.domain), samAccountName);
      const patience = { timeoutMs: PATIENCE_MS, intervalMs: LOOK_AT_ONE_MS };
      return eventually('the account is usable', () => currentPassword(stack.vaults[0]!, path), patience);
    },
    active: ({ id }) =>
      until('the account is active', LOOK_AT_ONE_MS, async () => (await requester.account(id)).state === 'active'),
    close: () => database.end(),
  };
}

/** One look at a secret, with nothing known of it but its path. */
async function currentPassword(vault: Stack['vaults'][number], path: string): Promise<string | undefined> {
  const url = `${vault.address}/v1/${vault.mount}/data/${path}`;
  const response = await fetch(url, { headers: { 'x-vault-token': vault.token } });
  const { data } = (await response.json()) as { data?: { data: { password?: string } } };
  return data?.data.password;
}

async function until(what: string, intervalMs: number, probe: () => Promise<boolean>): Promise<void> {
  await eventually(what, probe, { timeoutMs: PATIENCE_MS, intervalMs });
}

function benchTemplate({ domains }: Stack): Template {
  const { fqdn, accountsOu, baseDn } = domains[0]!;
  return templateSchema.parse({
    name: `Benchmark ${randomUUID()}`,
    naming: { pattern: 'svc-[a-z0-9-]+' },
    directory: {
      domain: fqdn,
      organizationalUnit: accountsOu,
      groups: [`CN=payroll-readers,OU=Groups,${baseDn}`],
    },
    vault: { folder: 'service-accounts' },
    approval: { steps: [{ name: 'Manager', approvers: { users: ['approver1'] }, quorum: 1 }] },
    lifecycle: { intervals: ['P1Y'], renewalWindow: 'P30D', endOfLife: 'disable' },
  });
}
