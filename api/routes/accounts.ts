/** Accounts: reading the projection, and passing on what people ask of the workflow. */
import { z } from 'zod';
import type { Account } from '../../contracts/account.ts';
import { instantSchema } from '../../contracts/fields.ts';
import {
  accountActions,
  decideOnAccount,
  listAccountEvents,
  listAccounts,
  readAccount,
} from '../../contracts/http/accounts.ts';
import type { Route } from '../../contracts/http/route.ts';
import type { AccountAction } from '../../contracts/lifecycle.ts';
import type { User } from '../../contracts/permissions.ts';
import * as queries from '../../db/queries/accounts.ts';
import { mayAct, seesAllAccounts, viewFor, type AccountResource } from '../account-view.ts';
import type { Dependencies } from '../dependencies.ts';
import { implement, type Call, type HandlerAnswer, type Implementation } from '../http/implementation.ts';
import { keyReused, operationIdFor } from '../http/idempotency.ts';
import { decodeCursor, pageAnswer } from '../http/pagination.ts';
import { notFound, refusal } from '../http/refusal.ts';

/** Postgres has no year 0; nothing of ours is older than this product. */
const cursorSchema = z.strictObject({
  submittedAt: instantSchema.refine((text) => Date.parse(text) > 0),
  id: z.uuid(),
});
const eventCursorSchema = z
  .number()
  .int()
  .min(0)
  .max(2 ** 31 - 1);

export function accountRoutes({ db, gateway, clock }: Dependencies): Implementation[] {
  const show = (caller: User, account: Account): HandlerAnswer<AccountResource> => ({
    body: viewFor(caller, account, clock()),
    version: account.sequence,
  });

  /** The account, if the caller may know of it. */
  const findVisible = async (caller: User, id: string): Promise<Account> => {
    const account = await queries.findAccount(db, id);
    if (!account || !mayAct(caller, 'read', account)) throw notFound();
    return account;
  };

  /** The account's domain and the message's head, if the caller may ask for the action. */
  const prepare = async (action: AccountAction, route: Route, call: Call<{ id: string }>) => {
    const { caller, params, idempotencyKey } = call;
    const { domain, id } = await findVisible(caller, params.id).then((account) => {
      if (!mayAct(caller, action, account)) throw refusal('Forbidden', `You may not ${action} this account.`);
      return account;
    });
    const operationId = operationIdFor(caller.name, `${route.operationId} ${id}`, idempotencyKey);
    return { domain, id, message: { actor: caller.name, operationId } };
  };

  return [
    implement(listAccounts, async ({ query: { after, name, ...filter }, caller }) => {
      const page = await queries.listAccounts(db, {
        ...filter,
        nameContains: name,
        visibleTo: seesAllAccounts(caller) ? undefined : caller.name,
        after: decodeCursor(cursorSchema, after),
      });
      const now = clock();
      return { body: pageAnswer(page, (account) => viewFor(caller, account, now)) };
    }),
    implement(readAccount, async ({ params, caller }) => show(caller, await findVisible(caller, params.id))),
    implement(listAccountEvents, async ({ params, query: { limit, after }, caller }) => {
      const cursor = decodeCursor(eventCursorSchema, after);
      const { id: accountId } = await findVisible(caller, params.id);
      const page = await queries.listAccountEvents(db, { accountId, limit, after: cursor });
      return { body: pageAnswer(page, (event) => event) };
    }),
    implement(decideOnAccount, async (call) => {
      const { domain, id, message } = await prepare('decide', decideOnAccount, call);
      const { decision, reason = null } = call.body;
      const account = await gateway.act(domain, id, 'decide', { ...message, decision, reason });
      // A repetition gets the first answer, which must not be taken for an answer to another decision.
      const vote = account.approval.votes.findLast(({ approver }) => approver === call.caller.name);
      if (vote && (vote.decision !== decision || vote.reason !== reason)) throw keyReused();
      return show(call.caller, account);
    }),
    ...accountActions.map(({ action, route }) =>
      implement(route, async (call) => {
        const { domain, id, message } = await prepare(action, route, call);
        return show(call.caller, await gateway.act(domain, id, action, message));
      }),
    ),
  ];
}
