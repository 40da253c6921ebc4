/** Fills the projection with many accounts by SQL, quicker than recording their transitions one by one. */
import type { Account } from '../../contracts/account.ts';

/** An owner of as many accounts, a user or a group; every account has an owner of its own besides. */
export interface BusyOwner {
  readonly name: string;
  readonly kind?: 'user' | 'group';
  readonly accounts: number;
}

/**
 * One statement that adds `count` accounts in the way `projectTransition` would have left them: submitted a minute
 * apart, in turn over two domains and all states, each 500th blocked, accounts of `owners` spread evenly over time.
 */
export function insertManyAccounts(count: number, owners: readonly BusyOwner[]): string {
  const step = (accounts: number) => Math.floor(count / accounts);
  const spread = (of: BusyOwner['kind']) =>
    owners
      .filter(({ kind = 'user' }) => kind === of)
      .map(
        ({ name, accounts }) =>
          `case when n % ${step(accounts)} = 0 and n / ${step(accounts)} < ${accounts} then '${name}' end`,
      );
  const userList = [`'owner-' || n`, ...spread('user')].join(', ');
  const groupList = ['null::text', ...spread('group')].join(', ');
  return `
    with numbered as (
      select n, gen_random_uuid() as id,
        timestamptz '2024-01-01T00:00:00Z' + n * interval '1 minute' as submitted_at,
        array_remove(array[${userList}], null) as owners, array_remove(array[${groupList}], null) as owner_groups
      from generate_series(0, ${count} - 1) n
    ), added as (
      insert into accounts (id, domain, sam_account_name, state, sequence, blocked, requester, owners, owner_groups,
        justification, attributes, template_id, template_version, approval, end_of_life, interval, submitted_at, ended,
        organizational_unit, vault_folder)
      select id, case n % 2 when 0 then 'corp.example.com' else 'lab.example.com' end, 'svc-' || n,
        (array['submitted', 'approved', 'active', 'active', 'active', 'active', 'disabled', 'expired', 'retired', 'retired'])[n % 10 + 1],
        3,
        case when n % 500 = 1 then jsonb_build_object('code', 'EngineOffline', 'since', '2026-01-01T00:00:00.000Z',
          'step', 'stage-credential', 'message', 'No engine of the domain is running.', 'retrying', true) end,
        owners[1], owners, owner_groups, 'Runs a nightly job.', '{}', '${TEMPLATE_OF_MANY}', 1,
        '${APPROVED}', 'disable', 'P1Y', submitted_at, false, 'OU=Managed,DC=corp,DC=example,DC=com', 'service-accounts'
      from numbered
    )
    insert into account_parties (party, account_id, submitted_at)
    select distinct 'user:' || name, id, submitted_at from numbered, unnest(owners) name
    union all select 'group:' || name, id, submitted_at from numbered, unnest(owner_groups) name
    union all select 'approver:anna', id, submitted_at from numbered`;
}

/** The template of all of them. */
export const TEMPLATE_OF_MANY = '7d444840-9dc0-11d1-b245-5ffdce74fad2';

/** A round in which anna has approved. */
const APPROVED = JSON.stringify({
  purpose: 'request',
  openStep: 1,
  openedAt: '2024-01-01T00:00:00.000Z',
  escalated: false,
  quorumLostAt: null,
  hideApprovers: false,
  steps: [{ name: 'Manager', approvers: { users: ['anna'], groups: [] }, quorum: 1, deadline: null, escalation: null }],
  votes: [],
} satisfies Account['approval']);
