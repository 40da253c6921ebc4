/** Callers of the API and the hashes of their tokens. */
import { and, asc, eq, gt, inArray, sql } from 'drizzle-orm';
import type { Role, User } from '../../contracts/permissions.ts';
import type { Database, Drizzle } from '../client.ts';
import { isDatabaseFailure } from '../errors.ts';
import { delegations } from '../schema/delegations.ts';
import { groupMembers } from '../schema/group-members.ts';
import { groups } from '../schema/groups.ts';
import { users } from '../schema/users.ts';
import { pageOf, type Page } from './page.ts';
import { countsAt } from './people.ts';
import { createStatementCache } from './statement-cache.ts';

/** A user's own account in an AD domain. */
export interface DirectoryAccount {
  readonly domain: string;
  readonly samAccountName: string;
}

/** A user as others may see them: without the token's hash. */
export interface UserRow {
  readonly name: string;
  readonly role: Role;
  readonly disabled: boolean;
  readonly emails: string[];
  readonly directoryAccount: DirectoryAccount | null;
  readonly createdAt: string;
}

export interface NewUser {
  readonly name: string;
  readonly role: Role;
  readonly tokenHash: string;
  readonly createdAt: string;
  readonly emails?: readonly string[];
  readonly directoryAccount?: DirectoryAccount | null;
}

/** What is absent stays as it is. */
export interface UserChanges {
  readonly role?: Role | undefined;
  readonly emails?: readonly string[] | undefined;
  readonly directoryAccount?: DirectoryAccount | null | undefined;
}

/** A caller as the rules know them, and whether they may call at all. */
export interface CallerRow extends User {
  readonly disabled: boolean;
}

const directoryAccount = sql<DirectoryAccount | null>`case when ${users.directoryDomain} is not null then
  jsonb_build_object('domain', ${users.directoryDomain}, 'samAccountName', ${users.directorySamAccountName}) end`;

const VISIBLE_COLUMNS = {
  name: users.name,
  role: users.role,
  disabled: users.disabled,
  emails: users.emails,
  directoryAccount,
  createdAt: users.createdAt,
};

/** The enabled groups of a user, as an array in the order of names. */
const groupsOf = (user: ReturnType<typeof sql.raw>) => sql<string[]>`array(
  select g.name from ${groupMembers} m join ${groups} g on g.name = m.group_name
  where m.user_name = ${user} and not g.disabled order by 1)`;

/** Written out: in a select of one table drizzle leaves the table's name away, and in a subquery that is another column. */
const CALLER = sql.raw('"users"."name"');

const statementOf = createStatementCache<ReturnType<typeof buildByTokenHash>>();

function buildByTokenHash(drizzle: Drizzle) {
  const now = sql.placeholder('now');
  const standsFor = sql<User['standsFor']>`coalesce((
    select jsonb_agg(jsonb_build_object('name', s.name, 'groups', ${groupsOf(sql.raw('s.name'))}) order by s.name)
    from ${users} s where not s.disabled and s.name in (
      select d.delegator from ${delegations} d where d.delegate = ${CALLER} and ${countsAt(sql.raw('d'), now)})),
    '[]')`;
  return drizzle
    .select({
      name: users.name,
      role: users.role,
      disabled: users.disabled,
      groups: groupsOf(CALLER),
      standsFor,
    })
    .from(users)
    .where(eq(users.tokenHash, sql.placeholder('tokenHash')))
    .prepare('');
}

/**
 * The user whose token has this SHA-256, with what they may decide for at `now`: their enabled groups, and the active
 * users they stand in for. In one statement, for it comes before every request. Disabled callers too: the caller of this
 * function decides what that means.
 */
export async function findUserByTokenHash(
  db: Database,
  tokenHash: string,
  now: string,
): Promise<CallerRow | undefined> {
  const rows = await db.query((drizzle) =>
    statementOf(drizzle, 'by-token-hash', () => buildByTokenHash(drizzle)).execute({ tokenHash, now }),
  );
  return rows[0];
}

/** `directory-account-taken`: another user has that account in the directory. */
export async function createUser(
  db: Database,
  { directoryAccount: account = null, emails = [], ...user }: NewUser,
): Promise<'created' | 'name-taken' | 'directory-account-taken'> {
  const row = { ...user, emails: [...emails], ...directoryColumns(account) };
  return unlessDirectoryAccountTaken(async () => {
    const created = await db.query((drizzle) =>
      drizzle.insert(users).values(row).onConflictDoNothing({ target: users.name }).returning({ name: users.name }),
    );
    return created.length > 0 ? 'created' : 'name-taken';
  });
}

/** `missing`: there is no such user. A directory account of null takes the present one away. */
export async function updateUser(
  db: Database,
  name: string,
  { role, emails, directoryAccount: account }: UserChanges,
): Promise<'changed' | 'missing' | 'directory-account-taken'> {
  const changes = {
    ...(role !== undefined && { role }),
    ...(emails !== undefined && { emails: [...emails] }),
    ...(account !== undefined && directoryColumns(account)),
  };
  if (Object.keys(changes).length === 0) return (await findUser(db, name)) ? 'changed' : 'missing';
  return unlessDirectoryAccountTaken(async () => {
    const changed = await db.query((drizzle) =>
      drizzle.update(users).set(changes).where(eq(users.name, name)).returning({ name: users.name }),
    );
    return changed.length > 0 ? 'changed' : 'missing';
  });
}

function directoryColumns(account: DirectoryAccount | null) {
  return { directoryDomain: account?.domain ?? null, directorySamAccountName: account?.samAccountName ?? null };
}

/** In a transaction this leaves it unusable: the answer to the request must be the refusal. */
async function unlessDirectoryAccountTaken<T>(work: () => Promise<T>): Promise<T | 'directory-account-taken'> {
  try {
    return await work();
  } catch (error) {
    if (isDatabaseFailure(error) && error.constraint === 'users_directory_account') return 'directory-account-taken';
    throw error;
  }
}

/** The old token stops working at once. `false` when there is no such user. */
export async function replaceToken(db: Database, name: string, tokenHash: string): Promise<boolean> {
  const changed = await db.query((drizzle) =>
    drizzle.update(users).set({ tokenHash }).where(eq(users.name, name)).returning({ name: users.name }),
  );
  return changed.length > 0;
}

/** `false` when there is no such user. */
export async function setUserDisabled(db: Database, name: string, disabled: boolean): Promise<boolean> {
  const changed = await db.query((drizzle) =>
    drizzle.update(users).set({ disabled }).where(eq(users.name, name)).returning({ name: users.name }),
  );
  return changed.length > 0;
}

/**
 * Whether no active administrator would be left without `name`. Call it in the transaction that disables them: it locks the
 * active administrators, so that of two who disable each other the second one waits here and finds the first one gone.
 */
export async function isLastAdministrator(transaction: Database, name: string): Promise<boolean> {
  const active = await transaction.query((drizzle) =>
    drizzle
      .select({ name: users.name })
      .from(users)
      .where(and(eq(users.role, 'administrator'), eq(users.disabled, false)))
      .orderBy(users.name)
      .for('update'),
  );
  return active.length === 1 && active[0]!.name === name;
}

/** A page in the order of names. `next` is the `after` of the following page, absent on the last one. */
export async function listUsers(
  db: Database,
  { after, limit }: { readonly after?: string | undefined; readonly limit: number },
): Promise<Page<UserRow, string>> {
  const rows = await db.query((drizzle) =>
    drizzle
      .select(VISIBLE_COLUMNS)
      .from(users)
      .where(after === undefined ? undefined : gt(users.name, after))
      .orderBy(asc(users.name))
      .limit(limit + 1),
  );
  return pageOf(rows, limit, (user) => user.name);
}

export async function findUser(db: Database, name: string): Promise<UserRow | undefined> {
  return (await findUsersByNames(db, [name]))[0];
}

/** Those of `names` that exist, disabled ones too, in no order. */
export async function findUsersByNames(db: Database, names: readonly string[]): Promise<UserRow[]> {
  if (names.length === 0) return [];
  return db.query((drizzle) =>
    drizzle
      .select(VISIBLE_COLUMNS)
      .from(users)
      .where(inArray(users.name, [...names])),
  );
}

/** The active user whose account in the directory this is. */
export async function findUserByDirectoryAccount(
  db: Database,
  { domain, samAccountName }: DirectoryAccount,
): Promise<UserRow | undefined> {
  const isTheirs = and(
    eq(users.directoryDomain, domain),
    eq(sql`lower(${users.directorySamAccountName})`, samAccountName.toLowerCase()),
    eq(users.disabled, false),
  );
  const rows = await db.query((drizzle) => drizzle.select(VISIBLE_COLUMNS).from(users).where(isTheirs));
  return rows[0];
}

/** The enabled groups that the user is in. */
export async function groupsOfUser(db: Database, name: string): Promise<string[]> {
  const rows = await db.query((drizzle) =>
    drizzle
      .select({ name: groups.name })
      .from(groupMembers)
      .innerJoin(groups, eq(groups.name, groupMembers.groupName))
      .where(and(eq(groupMembers.userName, name), eq(groups.disabled, false)))
      .orderBy(groups.name),
  );
  return rows.map((group) => group.name);
}

/** Whether somebody can administer: a disabled administrator does not count. */
export async function hasAdministrator(db: Database): Promise<boolean> {
  const rows = await db.query((drizzle) =>
    drizzle
      .select({ name: users.name })
      .from(users)
      .where(and(eq(users.role, 'administrator'), eq(users.disabled, false)))
      .limit(1),
  );
  return rows.length > 0;
}
