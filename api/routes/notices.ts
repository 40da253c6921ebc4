/** The outbox, for administrators. It is filled where what people are told of happens. */
import { z } from 'zod';
import { listNotices } from '../../contracts/http/notices.ts';
import * as queries from '../../db/queries/notices.ts';
import type { Dependencies } from '../dependencies.ts';
import { implement, type Implementation } from '../http/implementation.ts';
import { decodeCursor, pageAnswer } from '../http/pagination.ts';

/** The id of a row: a whole number that JavaScript can hold. */
const cursorSchema = z.string().regex(/^\d{1,15}$/);

export function noticeRoutes({ db }: Dependencies): Implementation[] {
  return [
    implement(listNotices, async ({ query: { limit, after, kind, account, template } }) => {
      const filter = {
        limit,
        kind,
        accountId: account,
        templateId: template,
        after: decodeCursor(cursorSchema, after),
      };
      return { body: pageAnswer(await queries.listNotices(db, filter), (notice) => notice) };
    }),
  ];
}
