/** The outbox, for administrators. It is filled where what people are told of happens. */
import { listNotices } from '../../contracts/http/notices.ts';
import * as queries from '../../db/queries/notices.ts';
import type { Dependencies } from '../dependencies.ts';
import { implement, type Implementation } from '../http/implementation.ts';
import { decodeCursor, pageAnswer, rowNumberSchema } from '../http/pagination.ts';

export function noticeRoutes({ db }: Dependencies): Implementation[] {
  return [
    implement(listNotices, async ({ query: { limit, after, kind, account, template, domain } }) => {
      const filter = {
        limit,
        kind,
        accountId: account,
        templateId: template,
        domain,
        after: decodeCursor(rowNumberSchema, after),
      };
      return { body: pageAnswer(await queries.listNotices(db, filter), (notice) => notice) };
    }),
  ];
}
