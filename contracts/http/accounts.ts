/** Accounts over HTTP: asking for one, reading, and why it is still alive. What people do with one is account-actions.ts. */
import { z } from 'zod';
import { accountEventSchema, accountSchema, approvalSchema } from '../account.ts';
import { fqdnSchema, instantSchema, namePartSchema } from '../fields.ts';
import { ACCOUNT_STATES, ACTIONS } from '../lifecycle.ts';
import { accountRequestSchema } from '../request.ts';
import { outboxNoticeSchema } from './notices.ts';
import { pageQueryFields, pageQuerySchema, pageSchema } from './page.ts';
import { defineRoute } from './route.ts';

/** Stands for an approver whose name is hidden. No user has this name: it has a space. */
export const HIDDEN_APPROVER = 'an approver';

export const accountResourceSchema = accountSchema
  .extend({
    approval: approvalSchema.extend({
      approversHidden: z
        .boolean()
        .describe(
          `Whether names are kept from the caller: nobody is listed, and votes are those of "${HIDDEN_APPROVER}"`,
        ),
    }),
    lastDay: z.iso
      .date()
      .nullable()
      .describe('The last day (UTC) on which the account is good: the one before `endsAt`'),
    allowedActions: z.array(z.enum(ACTIONS)).describe('What the caller may do with the account now'),
  })
  .describe('A service account, from its request to its retirement');

export const whySchema = z
  .object({
    sentence: z.string().describe('Why the account is still alive, or why not'),
    reasons: z.array(
      z.object({
        kind: z.string().describe('What kind of reason it is: programs decide by it'),
        text: z.string(),
        at: instantSchema.optional().describe('When, where that is known'),
        who: z.array(z.string()).optional().describe('Who must act'),
      }),
    ),
  })
  .describe('What keeps an account alive, who must act, and what would end it');

const accountFilterSchema = z.strictObject({
  ...pageQueryFields,
  state: z.enum(ACCOUNT_STATES).optional(),
  domain: fqdnSchema.optional(),
  template: z.uuid().toLowerCase().optional().describe('The id of the template'),
  name: namePartSchema.optional(),
  blocked: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .optional()
    .describe('Whether a step cannot go on'),
});

export const accountParams = z.strictObject({ id: z.uuid().toLowerCase() });
export const accountAnswer = {
  status: 200,
  description: 'The account',
  schema: accountResourceSchema,
  etag: true,
} as const;
/** The answer of whatever makes an account. */
export const newAccountAnswer = { ...accountAnswer, status: 201, location: true } as const;

export const submitRequest = defineRoute({
  operationId: 'submitRequest',
  method: 'post',
  path: '/requests',
  tag: 'Accounts',
  summary: 'Ask for an account',
  description: 'The account exists from here on, in the state `submitted`, and takes its name in the domain.',
  access: { action: 'create', kind: 'request' },
  body: accountRequestSchema,
  answer: newAccountAnswer,
  errors: ['NameTaken', 'PolicyViolation', 'NotPublished'],
});

export const listAccounts = defineRoute({
  operationId: 'listAccounts',
  method: 'get',
  path: '/accounts',
  tag: 'Accounts',
  summary: 'Accounts that the caller may see, newest first',
  access: 'by-account',
  query: accountFilterSchema,
  answer: { status: 200, description: 'A page of accounts', schema: pageSchema(accountResourceSchema) },
});

export const readAccount = defineRoute({
  operationId: 'readAccount',
  method: 'get',
  path: '/accounts/{id}',
  tag: 'Accounts',
  summary: 'One account',
  access: 'by-account',
  params: accountParams,
  answer: accountAnswer,
});

export const listAccountEvents = defineRoute({
  operationId: 'listAccountEvents',
  method: 'get',
  path: '/accounts/{id}/events',
  tag: 'Accounts',
  summary: 'What happened to an account, oldest first',
  access: 'by-account',
  params: accountParams,
  query: pageQuerySchema,
  answer: { status: 200, description: 'A page of events', schema: pageSchema(accountEventSchema) },
});

export const explainAccount = defineRoute({
  operationId: 'explainAccount',
  method: 'get',
  path: '/accounts/{id}/why',
  tag: 'Accounts',
  summary: 'Why an account is still alive',
  description: 'From the workflow itself: its deadline, who must act, what waits, and what would end it.',
  access: 'by-account',
  params: accountParams,
  answer: { status: 200, description: 'A sentence and the reasons', schema: whySchema },
});

export const listAccountNotices = defineRoute({
  operationId: 'listAccountNotices',
  method: 'get',
  path: '/accounts/{id}/notices',
  tag: 'Accounts',
  summary: 'Who was told what of an account, newest first',
  access: { action: 'read', kind: 'notice' },
  params: accountParams,
  query: pageQuerySchema,
  answer: { status: 200, description: 'A page of notices', schema: pageSchema(outboxNoticeSchema) },
});
