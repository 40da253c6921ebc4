/** Fills the projection with many accounts by SQL, quicker than recording their transitions one by one. */

/** An owner of as many accounts; every account has an owner of its own besides. */
export interface BusyOwner {
  readonly name: string;
  readonly accounts: number;
}

/**
 * One statement that adds `count` accounts in the way `projectTransition` would have left them: submitted a minute
 * apart, in turn over two domains and all states, each 500th blocked, accounts of `owners` spread evenly over time.
 */
export function insertManyAccounts(count: number, owners: readonly BusyOwner[]): string {
  const step = (accounts: number) => Math.floor(count / accounts);
  const busy = owners.map(
    ({ name, accounts }) =>
      `case when n % ${step(accounts)} = 0 and n / ${step(accounts)} < ${accounts} then '${name}' end`,
  );
  const ownerList = [`'owner-' || n`, ...busy].join(', ');
  return `
    with numbered as (
      select n, gen_random_uuid() as id,
        timestamptz '2024-01-01T00:00:00Z' + n * interval '1 minute' as submitted_at,
        array_remove(array[${ownerList}], null) as owners
      from generate_series(0, ${count} - 1) n
    ), added as (
      insert into accounts (id, domain, sam_account_name, state, sequence, blocked, requester, owners, justification,
        template_id, template_version, approval, end_of_life, submitted_at, state_since)
      select id, case n % 2 when 0 then 'corp.example.com' else 'lab.example.com' end, 'svc-' || n,
        (array['submitted', 'approved', 'active', 'active', 'active', 'active', 'disabled', 'expired', 'retired', 'retired'])[n % 10 + 1],
        3,
        case when n % 500 = 1 then jsonb_build_object('code', 'EngineOffline', 'since', '2026-01-01T00:00:00.000Z',
          'step', 'stage-credential', 'message', 'No engine of the domain is running.', 'retrying', true) end,
        owners[1], owners, 'Runs a nightly job.', gen_random_uuid(), 1,
        '{"openStep":1,"steps":[{"name":"Manager","approvers":["anna"],"quorum":1}],"votes":[]}', 'disable',
        submitted_at, submitted_at
      from numbered
    )
    insert into account_parties (user_name, account_id, submitted_at)
    select distinct name, id, submitted_at from numbered, unnest(owners || array['anna']) name`;
}
