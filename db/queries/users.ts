/** Callers of the API and the hashes of their tokens. */
import { and, asc, eq, gt, inArray, sql } from 'drizzle-orm';
import type { Role } from '../../contracts/permissions.ts';
import type { Database, Drizzle } from '../client.ts';
import { pageOf, type Page } from './page.ts';
import { createStatementCache } from './statement-cache.ts';
import { users } from '../schema/users.ts';

/** A user as others may see them: without the token's hash. */
export interface UserRow {
  readonly name: string;
  readonly role: Role;
  readonly disabled: boolean;
  readonly createdAt: string;
}

const VISIBLE_COLUMNS = {
  name: users.name,
  role: users.role,
  disabled: users.disabled,
  createdAt: users.createdAt,
};

const statementOf = createStatementCache<ReturnType<typeof buildByTokenHash>>();

function buildByTokenHash(drizzle: Drizzle) {
  const byHash = eq(users.tokenHash, sql.placeholder('tokenHash'));
  return drizzle.select(VISIBLE_COLUMNS).from(users).where(byHash).prepare('');
}

/** The user whose token has this SHA-256, disabled ones too: the caller decides what that means. */
export async function findUserByTokenHash(db: Database, tokenHash: string): Promise<UserRow | undefined> {
  const rows = await db.query((drizzle) =>
    statementOf(drizzle, 'by-token-hash', () => buildByTokenHash(drizzle)).execute({ tokenHash }),
  );
  return rows[0];
}

export async function createUser(
  db: Database,
  user: { readonly name: string; readonly role: Role; readonly tokenHash: string; readonly createdAt: string },
): Promise<'created' | 'name-taken'> {
  const created = await db.query((drizzle) =>
    drizzle.insert(users).values(user).onConflictDoNothing({ target: users.name }).returning({ name: users.name }),
  );
  return created.length > 0 ? 'created' : 'name-taken';
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

/** Those of `names` that exist, in no order. */
export async function findUsersByNames(db: Database, names: readonly string[]): Promise<UserRow[]> {
  if (names.length === 0) return [];
  return db.query((drizzle) =>
    drizzle
      .select(VISIBLE_COLUMNS)
      .from(users)
      .where(inArray(users.name, [...names])),
  );
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
