/** The outbox: what people were or will be told, by whom nothing is sent twice. */
import { z } from 'zod';
import { instantSchema } from '../fields.ts';
import { NOTICE_KINDS } from '../notices.ts';
import { pageQueryFields, pageSchema } from './page.ts';
import { defineRoute } from './route.ts';

export const outboxNoticeSchema = z
  .object({
    id: z.string(),
    accountId: z.uuid(),
    kind: z.enum(NOTICE_KINDS),
    dueAt: instantSchema,
    recipient: z.string().describe('The user it is for'),
    address: z.string().describe('An e-mail address, or `user:<name>` for somebody who has none'),
    detail: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
    createdAt: instantSchema.describe('When it was put into the outbox'),
    sentAt: instantSchema.nullable(),
  })
  .describe('One notice to one address: once per account, kind, due time and address');

export const listNotices = defineRoute({
  operationId: 'listNotices',
  method: 'get',
  path: '/notices',
  tag: 'Notices',
  summary: 'Notices in the outbox, newest first',
  access: { action: 'read', kind: 'notice' },
  query: z.strictObject({
    ...pageQueryFields,
    kind: z.enum(NOTICE_KINDS).optional(),
    account: z.uuid().toLowerCase().optional().describe('The id of an account'),
  }),
  answer: { status: 200, description: 'A page of notices', schema: pageSchema(outboxNoticeSchema) },
});

export const noticeRouteTable = [listNotices];
