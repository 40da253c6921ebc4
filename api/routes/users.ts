/** Users and their tokens. A token leaves the process once, in the answer to the request that made it. */
import { userNameSchema } from '../../contracts/fields.ts';
import {
  changeUserContact,
  createUser,
  disableUser,
  enableUser,
  listUsers,
  readMe,
  readUser,
  replaceUserToken,
  type UserWithToken,
} from '../../contracts/http/users.ts';
import type { User } from '../../contracts/permissions.ts';
import type { Database } from '../../db/client.ts';
import { delegatorsOf } from '../../db/queries/delegations.ts';
import { findDomain } from '../../db/queries/domains.ts';
import * as queries from '../../db/queries/users.ts';
import { hashToken, newToken } from '../auth/tokens.ts';
import type { Dependencies } from '../dependencies.ts';
import { implement, type Implementation } from '../http/implementation.ts';
import { onceOnly, operationIdFor } from '../http/idempotency.ts';
import { decodeCursor, pageAnswer } from '../http/pagination.ts';
import { invalid, notFound, refusal } from '../http/refusal.ts';
import { reassessAfter } from '../reassessment.ts';

const cursorSchema = userNameSchema;

/** The last administrator would lock everybody out: by disabling themselves, or when two disable each other. */
const NOT_YOURSELF = 'Nobody disables themselves. Ask another administrator.';
const LAST_OF_ALL = 'Nobody else is an active administrator: at least one remains.';
const LINKED_ALREADY = 'Another user is linked to this account of the directory already.';

export function userRoutes(dependencies: Dependencies): Implementation[] {
  const { db, clock } = dependencies;
  return [
    implement(readMe, async ({ caller: { name, role } }) => ({ body: { name, role } })),
    implement(listUsers, async ({ query: { limit, after }, caller }) => {
      const page = await queries.listUsers(db, { limit, after: decodeCursor(cursorSchema, after) });
      return { body: pageAnswer(page, (user) => shownTo(caller, user)) };
    }),
    implement(readUser, async ({ params: { name }, caller }) => {
      const user = await queries.findUser(db, name);
      if (!user) throw notFound();
      return { body: shownTo(caller, user) };
    }),
    implement(createUser, async (call) => {
      const at = clock().toISOString();
      const body = await onceOnly<UserWithToken>(db, { route: createUser, call, at }, async (transaction) => {
        const { name, role, emails, directoryAccount } = call.body;
        await refuseUnknownDomain(transaction, directoryAccount);
        const token = newToken().reveal();
        const user = { name, role, emails, directoryAccount, createdAt: at };
        const outcome = await queries.createUser(transaction, { ...user, tokenHash: hashToken(token) });
        if (outcome === 'name-taken') throw refusal('NameTaken', `There is a user ${name} already.`);
        if (outcome === 'directory-account-taken') throw refusal('NameTaken', LINKED_ALREADY);
        return { body: { ...user, disabled: false, token }, recorded: { ...user, disabled: false, token: null } };
      });
      return { body };
    }),
    implement(changeUserContact, async (call) => {
      const at = clock().toISOString();
      const body = await onceOnly(db, { route: changeUserContact, call, at }, async (transaction) => {
        const { name } = call.params;
        await refuseUnknownDomain(transaction, call.body.directoryAccount);
        const outcome = await queries.updateUser(transaction, name, call.body);
        if (outcome === 'missing') throw notFound();
        if (outcome === 'directory-account-taken') throw refusal('NameTaken', LINKED_ALREADY);
        return { body: await mustFind(transaction, name) };
      });
      return { body };
    }),
    implement(replaceUserToken, async (call) => {
      const at = clock().toISOString();
      const body = await onceOnly<UserWithToken>(db, { route: replaceUserToken, call, at }, async (transaction) => {
        const { name } = call.params;
        const token = newToken().reveal();
        if (!(await queries.replaceToken(transaction, name, hashToken(token)))) throw notFound();
        const user = await mustFind(transaction, name);
        return { body: { ...user, token }, recorded: { ...user, token: null } };
      });
      return { body };
    }),
    switchOf(dependencies, disableUser),
    switchOf(dependencies, enableUser),
  ];
}

/** What disables or enables a user. The accounts that it concerns are told before the commit: a crash loses nothing. */
function switchOf(dependencies: Dependencies, route: typeof disableUser): Implementation {
  const { db, clock } = dependencies;
  const disabled = route === disableUser;
  return implement(route, async (call) => {
    const { name } = call.params;
    if (disabled && name === call.caller.name) throw refusal('Forbidden', NOT_YOURSELF);
    const at = clock().toISOString();
    const body = await onceOnly(db, { route, call, at }, async (transaction) => {
      if (disabled && (await queries.isLastAdministrator(transaction, name))) throw refusal('Forbidden', LAST_OF_ALL);
      const before = await queries.findUser(transaction, name);
      if (!before || !(await queries.setUserDisabled(transaction, name, disabled))) throw notFound();
      const user = await mustFind(transaction, name);
      const operationId = operationIdFor(call.caller.name, `${route.operationId} ${name}`, call.idempotencyKey);
      if (before.disabled !== disabled) {
        const approvers = await seatsOf(transaction, name, at);
        await reassessAfter(transaction, dependencies, operationId, { approvers, left: [name] });
      }
      return { body: user };
    });
    return { body };
  });
}

/** Wherever a user may decide: as themselves, through their groups, and for those who are away. */
async function seatsOf(db: Database, name: string, now: string) {
  const users = [name, ...(await delegatorsOf(db, name, now))];
  const groups: string[] = [];
  for (const user of users) groups.push(...(await queries.groupsOfUser(db, user)));
  return { users, groups: [...new Set(groups)] };
}

/** How somebody is reached is between them and the administrators. */
function shownTo(caller: User, user: queries.UserRow) {
  if (caller.role === 'administrator' || caller.name === user.name) return user;
  const { emails: _emails, directoryAccount: _account, ...rest } = user;
  return rest;
}

async function refuseUnknownDomain(db: Database, account: queries.DirectoryAccount | null | undefined): Promise<void> {
  if (!account || (await findDomain(db, account.domain))) return;
  const message = 'is not a registered domain';
  throw invalid([{ location: 'body', field: '/directoryAccount/domain', message }]);
}

async function mustFind(db: Database, name: string): Promise<queries.UserRow> {
  const user = await queries.findUser(db, name);
  if (!user) throw new Error('a user vanished while it was being changed');
  return user;
}
