/** The accounts of several parties at once, in order: one range of an index for each party, merged. */
import { sql, type SQL } from 'drizzle-orm';
import type { User } from '../../contracts/permissions.ts';
import { accountParties, partyOf } from '../schema/account-parties.ts';

/**
 * What `user` sees accounts as: for themselves and their enabled groups everything, for those they stand in for what these
 * are asked about.
 */
export function partiesOf({ name, groups, standsFor }: User): string[] {
  const own = [partyOf('user', name), ...groups.map((group) => partyOf('group', group))];
  const seats = [{ name, groups }, ...standsFor].flatMap((seat) => [
    partyOf('approver', seat.name),
    ...seat.groups.map((group) => partyOf('approver-group', group)),
  ]);
  return [...new Set([...own, ...seats])];
}

/** A key that no account has. */
const NOBODY = '';

/**
 * As many keys as a statement has places for: a power of two, so that few texts of statements serve every number of
 * parties. The places that are left over find nothing.
 */
export function paddedParties(parties: readonly string[]): string[] {
  const places = 2 ** Math.ceil(Math.log2(Math.max(1, parties.length)));
  return [...parties, ...new Array<string>(places - parties.length).fill(NOBODY)];
}

/** The values of the placeholders of {@link mergedKeys}. */
export function partyValues(parties: readonly string[]): Record<string, string> {
  return Object.fromEntries(parties.map((party, index) => [`party${index}`, party]));
}

/**
 * A subquery of `submitted_at` and `account_id`, the newest first and each once, of the accounts of the parties in the
 * placeholders `party0` … Each branch is in order by itself, so Postgres merges them and stops when it has enough: a page
 * costs what is on it, however many accounts the parties have, and a deep page what the first one costs.
 */
export function mergedKeys(
  parties: number,
  { behind, limit }: { behind?: SQL | undefined; limit?: unknown } = {},
): SQL {
  const keys = (party: unknown): SQL => sql`
    (select p.submitted_at, p.account_id from ${accountParties} p where p.party = ${party}
      ${behind ? sql`and (p.submitted_at, p.account_id) < ${behind}` : sql``}
      order by p.submitted_at desc, p.account_id desc)`;
  const branches = Array.from({ length: parties }, (_, index) => keys(sql.placeholder(`party${index}`)));
  return sql`(
    select distinct submitted_at, account_id from (${sql.join(branches, sql` union all `)}) branches
    order by submitted_at desc, account_id desc ${limit === undefined ? sql`` : sql`limit ${limit}`}) mine`;
}
