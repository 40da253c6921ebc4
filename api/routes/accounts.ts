/** Accounts: what is read of them. */
import { z } from 'zod';
import { instantSchema } from '../../contracts/fields.ts';
import {
  explainAccount,
  listAccountEvents,
  listAccountNotices,
  listAccounts,
  readAccount,
} from '../../contracts/http/accounts.ts';
import { explainLife } from '../../contracts/why.ts';
import * as queries from '../../db/queries/accounts.ts';
import { listNotices } from '../../db/queries/notices.ts';
import { eventFor, knownTo, seesAllAccounts, viewFor } from '../account-view.ts';
import type { Dependencies } from '../dependencies.ts';
import { implement, type Implementation } from '../http/implementation.ts';
import { decodeCursor, pageAnswer, rowNumberSchema } from '../http/pagination.ts';
import { isRefusal } from '../http/refusal.ts';
import { findVisibleAccount } from '../visible-account.ts';

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
  return [
    implement(listAccounts, async ({ query: { after, name, template, ...filter }, caller }) => {
      const page = await queries.listAccounts(db, {
        ...filter,
        templateId: template,
        nameContains: name,
        visibleTo: seesAllAccounts(caller) ? undefined : caller,
        after: decodeCursor(cursorSchema, after),
      });
      const now = clock();
      return { body: pageAnswer(page, (account) => viewFor(caller, account, now)) };
    }),
    implement(readAccount, async (call) => {
      const { params, caller } = call;
      const account = await findVisibleAccount(db, call, params.id);
      return { body: viewFor(caller, account, clock()), version: account.sequence };
    }),
    implement(listAccountEvents, async (call) => {
      const { params, query, caller } = call;
      const { limit, after } = query;
      const cursor = decodeCursor(eventCursorSchema, after);
      const account = await findVisibleAccount(db, call, params.id);
      const page = await queries.listAccountEvents(db, { accountId: account.id, limit, after: cursor });
      return { body: pageAnswer(page, (event) => eventFor(caller, event)) };
    }),
    implement(explainAccount, async (call) => {
      const { params, caller } = call;
      const projected = await findVisibleAccount(db, call, params.id);
      const { domain, id } = projected;
      // The workflow of an account that has ended is forgotten some time later: the projection has its last state.
      const present = await gateway.snapshot(domain, id).catch((error: unknown) => {
        if (isRefusal(error) && error.code === 'NotFound') return null;
        throw error;
      });
      return { body: explainLife(knownTo(caller, present ?? projected), clock()) };
    }),
    implement(listAccountNotices, async (call) => {
      const { limit, after } = call.query;
      const cursor = decodeCursor(rowNumberSchema, after);
      const { id: accountId } = await findVisibleAccount(db, call, call.params.id);
      return { body: pageAnswer(await listNotices(db, { accountId, limit, after: cursor }), (notice) => notice) };
    }),
  ];
}
