/** Users and their tokens. A token leaves the process once, in the answer to the request that made it. */
import { z } from 'zod';
import { userNameSchema } from '../../contracts/fields.ts';
import {
  createUser,
  disableUser,
  enableUser,
  listUsers,
  readMe,
  replaceUserToken,
  type UserWithToken,
} from '../../contracts/http/users.ts';
import type { Database } from '../../db/client.ts';
import * as queries from '../../db/queries/users.ts';
import { hashToken, newToken } from '../auth/tokens.ts';
import type { Dependencies } from '../dependencies.ts';
import { implement, type Implementation } from '../http/implementation.ts';
import { onceOnly } from '../http/idempotency.ts';
import { decodeCursor, pageAnswer } from '../http/pagination.ts';
import { notFound, refusal } from '../http/refusal.ts';

const cursorSchema = z.string().pipe(userNameSchema);

/** The last administrator would lock everybody out. */
const NOT_YOURSELF = 'Nobody disables themselves. Ask another administrator.';

export function userRoutes({ db, clock }: Dependencies): Implementation[] {
  return [
    implement(readMe, async ({ caller: { name, role } }) => ({ body: { name, role } })),
    implement(listUsers, async ({ query: { limit, after } }) => {
      const page = await queries.listUsers(db, { limit, after: decodeCursor(cursorSchema, after) });
      return { body: pageAnswer(page, (user) => user) };
    }),
    implement(createUser, async (call) => {
      const at = clock().toISOString();
      const body = await onceOnly<UserWithToken>(db, { route: createUser, call, at }, async (transaction) => {
        const { name, role } = call.body;
        const token = newToken().reveal();
        const user = { name, role, disabled: false, createdAt: at };
        const outcome = await queries.createUser(transaction, {
          name,
          role,
          tokenHash: hashToken(token),
          createdAt: at,
        });
        if (outcome === 'name-taken') throw refusal('NameTaken', `There is a user ${name} already.`);
        return { body: { ...user, token }, recorded: { ...user, token: null } };
      });
      return { body };
    }),
    implement(replaceUserToken, async (call) => {
      const body = await onceOnly<UserWithToken>(
        db,
        { route: replaceUserToken, call, at: clock().toISOString() },
        async (transaction) => {
          const { name } = call.params;
          const token = newToken().reveal();
          if (!(await queries.replaceToken(transaction, name, hashToken(token)))) throw notFound();
          const user = await mustFind(transaction, name);
          return { body: { ...user, token }, recorded: { ...user, token: null } };
        },
      );
      return { body };
    }),
    ...([disableUser, enableUser] as const).map((route) =>
      implement(route, async (call) => {
        if (route === disableUser && call.params.name === call.caller.name) throw refusal('Forbidden', NOT_YOURSELF);
        const body = await onceOnly(db, { route, call, at: clock().toISOString() }, async (transaction) => {
          const { name } = call.params;
          if (!(await queries.setUserDisabled(transaction, name, route === disableUser))) throw notFound();
          return { body: await mustFind(transaction, name) };
        });
        return { body };
      }),
    ),
  ];
}

async function mustFind(db: Database, name: string): Promise<queries.UserRow> {
  const [user] = await queries.findUsersByNames(db, [name]);
  if (!user) throw new Error('a user vanished while it was being changed');
  return user;
}
