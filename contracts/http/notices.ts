/** The outbox: what people were or will be told, by whom nothing is sent twice. */
import { z } from 'zod';
import { fqdnSchema, instantSchema } from '../fields.ts';
import { OUTBOX_KINDS } from '../notices.ts';
import { pageQueryFields, pageSchema } from './page.ts';
import { defineRoute } from './route.ts';

export const outboxNoticeSchema = z
  .object({
    id: z.string(),
    accountId: z.uuid().nullable().describe('The account that it is about, if it is about one'),
    templateId: z.uuid().nullable().describe('The template that it is about, if it is about one'),
    domain: z.string().nullable().describe('The domain that it is about, if it is about one'),
    kind: z.enum(OUTBOX_KINDS),
    dueAt: instantSchema,
    recipient: z.string().describe('The user it is for'),
    address: z.string().describe('An e-mail address, or `user:<name>` for somebody who has none'),
    detail: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
    createdAt: instantSchema.describe('When it was put into the outbox'),
    sentAt: instantSchema.nullable(),
  })
  .describe('One notice to one address: once per account, template or domain, kind, due time and address');

export const listNotices = defineRoute({
  operationId: 'listNotices',
  method: 'get',
  path: '/notices',
  tag: 'Notices',
  summary: 'Notices in the outbox, newest first',
  access: { action: 'read', kind: 'notice' },
  query: z.strictObject({
    ...pageQueryFields,
    kind: z.enum(OUTBOX_KINDS).optional(),
    account: z.uuid().toLowerCase().optional().describe('The id of an account'),
    template: z.uuid().toLowerCase().optional().describe('The id of a template'),
    domain: fqdnSchema.optional(),
  }),
  answer: { status: 200, description: 'A page of notices', schema: pageSchema(outboxNoticeSchema) },
});

export const noticeRouteTable = [listNotices];
