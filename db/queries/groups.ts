/** Groups of users of the product, and who is in them. */
import { and, asc, eq, gt, inArray, notInArray, sql } from 'drizzle-orm';
import type { Database, Drizzle } from '../client.ts';
import { groupMembers } from '../schema/group-members.ts';
import { groups } from '../schema/groups.ts';
import { users } from '../schema/users.ts';
import { pageOf, type Page } from './page.ts';

export interface GroupRow {
  readonly name: string;
  readonly disabled: boolean;
  /** In the order of their names, disabled users too. */
  readonly members: string[];
  /** Counts the changes. */
  readonly version: number;
  readonly createdAt: string;
}

export interface UnknownUsers {
  readonly outcome: 'unknown-users';
  readonly names: string[];
}

export type CreatedGroup = { readonly outcome: 'created' } | { readonly outcome: 'name-taken' } | UnknownUsers;

export type ChangedMembers =
  | { readonly outcome: 'changed'; readonly version: number; readonly joined: string[]; readonly left: string[] }
  | { readonly outcome: 'conflict'; readonly version: number }
  | { readonly outcome: 'missing' }
  | UnknownUsers;

/** Written out: in a select of one table drizzle leaves the table's name away, and in a subquery that is another column. */
const members = sql<string[]>`array(
  select m.user_name from ${groupMembers} m where m.group_name = ${sql.raw('"groups"."name"')} order by 1)`;

const COLUMNS = {
  name: groups.name,
  disabled: groups.disabled,
  members,
  version: groups.version,
  createdAt: groups.createdAt,
};

/** Nothing is made unless every member is a user. */
export async function createGroup(
  db: Database,
  { name, members: names, createdAt }: Pick<GroupRow, 'name' | 'createdAt'> & { readonly members: readonly string[] },
): Promise<CreatedGroup> {
  return db.transaction((transaction) =>
    transaction.query(async (drizzle): Promise<CreatedGroup> => {
      const unknown = await unknownAmong(drizzle, names);
      if (unknown.length > 0) return { outcome: 'unknown-users', names: unknown };
      const created = await drizzle
        .insert(groups)
        .values({ name, createdAt })
        .onConflictDoNothing()
        .returning({ name: groups.name });
      if (created.length === 0) return { outcome: 'name-taken' };
      await addMembers(drizzle, name, names);
      return { outcome: 'created' };
    }),
  );
}

/**
 * Makes `names` the members, if nobody else changed the group since `expectedVersion`: `conflict` tells the present
 * version. Tells who joined and who left.
 */
export async function setGroupMembers(
  db: Database,
  {
    name,
    members: names,
    expectedVersion,
  }: { readonly name: string; readonly members: readonly string[]; readonly expectedVersion: number },
): Promise<ChangedMembers> {
  return db.transaction((transaction) =>
    transaction.query(async (drizzle): Promise<ChangedMembers> => {
      const [group] = await drizzle
        .select({ version: groups.version })
        .from(groups)
        .where(eq(groups.name, name))
        .for('update');
      if (!group) return { outcome: 'missing' };
      if (group.version !== expectedVersion) return { outcome: 'conflict', version: group.version };
      const unknown = await unknownAmong(drizzle, names);
      if (unknown.length > 0) return { outcome: 'unknown-users', names: unknown };
      const left = await drizzle
        .delete(groupMembers)
        .where(
          and(
            eq(groupMembers.groupName, name),
            names.length > 0 ? notInArray(groupMembers.userName, [...names]) : undefined,
          ),
        )
        .returning({ user: groupMembers.userName });
      const joined = await addMembers(drizzle, name, names);
      const version = expectedVersion + 1;
      await drizzle.update(groups).set({ version }).where(eq(groups.name, name));
      return { outcome: 'changed', version, joined, left: left.map(({ user }) => user).sort() };
    }),
  );
}

/** Those who were not in the group before. */
async function addMembers(drizzle: Drizzle, groupName: string, names: readonly string[]): Promise<string[]> {
  if (names.length === 0) return [];
  const added = await drizzle
    .insert(groupMembers)
    .values(names.map((userName) => ({ groupName, userName })))
    .onConflictDoNothing()
    .returning({ user: groupMembers.userName });
  return added.map(({ user }) => user).sort();
}

async function unknownAmong(drizzle: Drizzle, names: readonly string[]): Promise<string[]> {
  if (names.length === 0) return [];
  const known = await drizzle
    .select({ name: users.name })
    .from(users)
    .where(inArray(users.name, [...names]));
  const isKnown = new Set(known.map(({ name }) => name));
  return names.filter((name) => !isKnown.has(name));
}

/** `false` when there is no such group. A group that is so already keeps its version. */
export async function setGroupDisabled(db: Database, name: string, disabled: boolean): Promise<boolean> {
  const version = sql`case when ${groups.disabled} = ${disabled} then ${groups.version} else ${groups.version} + 1 end`;
  const changed = await db.query((drizzle) =>
    drizzle.update(groups).set({ disabled, version }).where(eq(groups.name, name)).returning({ name: groups.name }),
  );
  return changed.length > 0;
}

export async function findGroup(db: Database, name: string): Promise<GroupRow | undefined> {
  return (await findGroupsByNames(db, [name]))[0];
}

/** Those of `names` that exist, disabled ones too, in no order. */
export async function findGroupsByNames(db: Database, names: readonly string[]): Promise<GroupRow[]> {
  if (names.length === 0) return [];
  return db.query((drizzle) =>
    drizzle
      .select(COLUMNS)
      .from(groups)
      .where(inArray(groups.name, [...names])),
  );
}

/** A page in the order of names. */
export async function listGroups(
  db: Database,
  { after, limit }: { readonly after?: string | undefined; readonly limit: number },
): Promise<Page<GroupRow, string>> {
  const rows = await db.query((drizzle) =>
    drizzle
      .select(COLUMNS)
      .from(groups)
      .where(after === undefined ? undefined : gt(groups.name, after))
      .orderBy(asc(groups.name))
      .limit(limit + 1),
  );
  return pageOf(rows, limit, (group) => group.name);
}
