/** Who is active, in which group and present, as of a moment: the live part of approvals, ownership and notices. */
import { sql, type SQL } from 'drizzle-orm';
import type { People } from '../../contracts/approval.ts';
import type { Decider } from '../../contracts/standing.ts';
import type { Database } from '../client.ts';
import { delegations } from '../schema/delegations.ts';
import { groupMembers } from '../schema/group-members.ts';
import { groups } from '../schema/groups.ts';
import { users } from '../schema/users.ts';

/** Somebody to be told, and where. */
export interface Recipient {
  readonly name: string;
  readonly emails: readonly string[];
}

/** Whom a notice is for. */
export interface Addressees {
  readonly people: People;
  /** The same, and who stands in for those of them who are away. */
  readonly approvers: People;
  /** Who is not told as an approver, and not as somebody's stand-in. */
  readonly exceptApprover: string;
  readonly administrators: boolean;
}

/** Whether the delegation `table` counts at `now`. */
export function countsAt(table: SQL, now: unknown): SQL {
  return sql`${table}.starts_at <= ${now}::timestamptz and ${table}.ends_at > ${now}::timestamptz and ${table}.ended_at is null`;
}

/** An array of texts as one parameter: drizzle would make a list of parameters of it. */
export const textArray = (texts: readonly string[]): SQL => sql`${sql.param([...texts])}::text[]`;

/** The names of `people`: the users, and the members of enabled groups; disabled users too. */
function namesOf(people: People): SQL {
  return sql`(
    select unnest(${textArray(people.users)}) as name
    union
    select m.user_name from ${groupMembers} m join ${groups} g on g.name = m.group_name
    where g.name = any(${textArray(people.groups)}) and not g.disabled)`;
}

/** The active ones of the users named and of the members of the enabled groups, in the order of their names. */
export async function findActiveUsers(db: Database, people: People): Promise<string[]> {
  if (isNobody(people)) return [];
  const { rows } = await db.query((drizzle) =>
    drizzle.execute<{ name: string }>(sql`
      select u.name from ${namesOf(people)} n join ${users} u using (name) where not u.disabled order by u.name`),
  );
  return rows.map(({ name }) => name);
}

/** The active members of those of the groups that exist and are enabled. */
export async function activeMembersOf(
  db: Database,
  names: readonly string[],
): Promise<{ readonly group: string; readonly members: string[] }[]> {
  if (names.length === 0) return [];
  const { rows } = await db.query((drizzle) =>
    drizzle.execute<{ group: string; members: string[] }>(sql`
      select g.name as "group", array(
        select u.name from ${groupMembers} m join ${users} u on u.name = m.user_name
        where m.group_name = g.name and not u.disabled order by 1) as members
      from ${groups} g where g.name = any(${textArray(names)}) and not g.disabled order by g.name`),
  );
  return rows;
}

/** Those of `people` who are active, each with whether they are present at `now`, and who stands in for them if not. */
export async function findDeciders(db: Database, people: People, now: string): Promise<Decider[]> {
  if (isNobody(people)) return [];
  const d = sql.raw('d');
  const e = sql.raw('e');
  const { rows } = await db.query((drizzle) =>
    drizzle.execute<{ name: string; away: boolean; delegates: string[] }>(sql`
      select u.name,
        exists (select from ${delegations} d where d.delegator = u.name and ${countsAt(d, now)}) as away,
        array(
          select distinct d.delegate from ${delegations} d join ${users} s on s.name = d.delegate
          where d.delegator = u.name and ${countsAt(d, now)} and not s.disabled
            and not exists (select from ${delegations} e where e.delegator = d.delegate and ${countsAt(e, now)})
          order by 1) as delegates
      from ${namesOf(people)} n join ${users} u using (name) where not u.disabled order by u.name`),
  );
  return rows.map(({ name, away, delegates }) => ({ name, present: !away, delegates }));
}

/** Everybody who is to be told at `now`, once each, in the order of their names. Disabled users are told nothing. */
export async function findRecipients(db: Database, to: Addressees, now: string): Promise<Recipient[]> {
  const { rows } = await db.query((drizzle) =>
    drizzle.execute<{ name: string; emails: string[] }>(sql`
      with approvers as (
        select s.name from ${namesOf(to.approvers)} n join ${users} s using (name)
        where not s.disabled and s.name <> ${to.exceptApprover}
      ), told as (
        select name from ${namesOf(to.people)} n
        union select name from approvers
        union select d.delegate from ${delegations} d join approvers a on a.name = d.delegator
          where ${countsAt(sql.raw('d'), now)} and d.delegate <> ${to.exceptApprover}
        union select u.name from ${users} u where ${to.administrators}::boolean and u.role = 'administrator'
      )
      select u.name, u.emails from told join ${users} u using (name) where not u.disabled order by u.name`),
  );
  return rows;
}

function isNobody({ users: named, groups: of }: People): boolean {
  return named.length + of.length === 0;
}
