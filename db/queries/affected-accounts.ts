/** Which accounts a change of users, groups or delegations concerns: their workflows must look again. */
import { and, eq, inArray, sql } from 'drizzle-orm';
import type { Account } from '../../contracts/account.ts';
import { askedFrom, type People } from '../../contracts/approval.ts';
import { ACCOUNT_STATES, FINAL_STATES, isAllowed } from '../../contracts/lifecycle.ts';
import type { Database } from '../client.ts';
import { partyOf } from '../schema/account-parties.ts';
import { accounts } from '../schema/accounts.ts';
import { delegations } from '../schema/delegations.ts';
import { groupMembers } from '../schema/group-members.ts';
import { groups } from '../schema/groups.ts';
import type { AccountCursor } from './accounts.ts';
import { pageOf, type Page } from './page.ts';
import { mergedKeys, paddedParties, partyValues } from './party-keys.ts';

export interface AffectedAccount {
  readonly accountId: string;
  readonly domain: string;
  /** Whether one of the approvers is asked on its open step, or on one after it. */
  readonly approversChanged: boolean;
  /** Those of the users who left who own it, or owned it through a group. */
  readonly left: string[];
}

interface Change {
  /** Users whose seats may have changed: their own, their groups' and those of the people they stand in for; and groups. */
  readonly approvers: People;
  /** Users who were disabled, or are not in one of the groups of `approvers` any more. */
  readonly left: readonly string[];
  readonly after?: AccountCursor | undefined;
  /** How many accounts are looked at: a page has as many items or fewer. */
  readonly limit: number;
}

/** An account that is not alive yet, or put aside, keeps in mind which owners left: it looks for others when it lives. */
const CONCERNED_STATES = ACCOUNT_STATES.filter((state) => !FINAL_STATES.includes(state));

const COLUMNS = {
  id: accounts.id,
  domain: accounts.domain,
  state: accounts.state,
  owners: accounts.owners,
  ownerGroups: accounts.ownerGroups,
  approval: accounts.approval,
  submittedAt: accounts.submittedAt,
};
type Row = Pick<Account, keyof typeof COLUMNS>;

/** A page of the affected accounts, the newest first. What groups they are in is looked up anew for each page. */
export async function findAffected(
  db: Database,
  { approvers, left, after, limit }: Change,
): Promise<Page<AffectedAccount, AccountCursor>> {
  const seats = await seatsOf(db, approvers);
  const owners = await ownersAmong(db, left, approvers.groups);
  const parties = partiesOfChange(seats, owners);
  if (parties.length === 0) return { items: [] };
  const padded = paddedParties(parties);
  const behind = after && sql`(${after.submittedAt}::timestamptz, ${after.id}::uuid)`;
  const rows = await db.query((drizzle) =>
    drizzle
      .select(COLUMNS)
      .from(accounts)
      .innerJoin(mergedKeys(padded.length, { behind }), sql`mine.account_id = ${accounts.id}`)
      .where(inArray(accounts.state, CONCERNED_STATES))
      .orderBy(sql`mine.submitted_at desc, mine.account_id desc`)
      .limit(limit + 1)
      .prepare('')
      .execute(partyValues(padded)),
  );
  const { items, ...rest } = pageOf(rows, limit, ({ submittedAt, id }) => ({ submittedAt, id }));
  const affected = items.map((row) => affectedBy(row, seats, owners));
  return { items: affected.filter((item) => item.approversChanged || item.left.length > 0), ...rest };
}

/** Whoever stands in for another at any time counts: to tell an account too much costs little. */
async function seatsOf(db: Database, { users, groups: named }: People): Promise<People> {
  if (users.length === 0) return { users, groups: named };
  const absent = await db.query((drizzle) =>
    drizzle
      .select({ name: delegations.delegator })
      .from(delegations)
      .where(inArray(delegations.delegate, [...users])),
  );
  const everybody = [...new Set([...users, ...absent.map(({ name }) => name)])];
  const memberships = await membershipsOf(db, everybody);
  return { users: everybody, groups: [...new Set([...named, ...memberships.map(({ group }) => group)])] };
}

/** Each leaver with the groups that they own accounts through, or owned them until now. */
type Owners = ReadonlyMap<string, string[]>;

async function ownersAmong(db: Database, left: readonly string[], changed: readonly string[]): Promise<Owners> {
  const owners = new Map<string, string[]>(left.map((user) => [user, [...changed]]));
  for (const { user, group } of await membershipsOf(db, left)) owners.get(user)?.push(group);
  return owners;
}

async function membershipsOf(db: Database, users: readonly string[]): Promise<{ user: string; group: string }[]> {
  if (users.length === 0) return [];
  return db.query((drizzle) =>
    drizzle
      .select({ user: groupMembers.userName, group: groupMembers.groupName })
      .from(groupMembers)
      .innerJoin(groups, eq(groups.name, groupMembers.groupName))
      .where(and(inArray(groupMembers.userName, [...users]), eq(groups.disabled, false))),
  );
}

function partiesOfChange(seats: People, owners: Owners): string[] {
  const all = [
    ...seats.users.map((name) => partyOf('approver', name)),
    ...seats.groups.map((name) => partyOf('approver-group', name)),
    ...[...owners.keys()].map((name) => partyOf('user', name)),
    ...[...owners.values()].flat().map((name) => partyOf('group', name)),
  ];
  return [...new Set(all)];
}

function affectedBy(row: Row, seats: People, owners: Owners): AffectedAccount {
  const asked = isAllowed(row.state, 'voted') ? askedFrom(row.approval) : [];
  const approversChanged = asked.some(
    ({ users, groups: named }) =>
      seats.users.some((name) => users.includes(name)) || seats.groups.some((name) => named.includes(name)),
  );
  const owns = ([user, of]: [string, string[]]): boolean =>
    row.owners.includes(user) || of.some((group) => row.ownerGroups.includes(group));
  const left = [...owners].filter(owns).map(([user]) => user);
  return { accountId: row.id, domain: row.domain, approversChanged, left };
}
