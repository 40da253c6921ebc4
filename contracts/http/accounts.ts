/** Accounts over HTTP: asking for one, reading, deciding and acting. */
import { z } from 'zod';
import { accountEventSchema, accountSchema } from '../account.ts';
import { fqdnSchema, textSchema } from '../fields.ts';
import { ACCOUNT_STATES, ACTIONS, type AccountAction } from '../lifecycle.ts';
import { accountRequestSchema } from '../request.ts';
import { pageQueryFields, pageQuerySchema, pageSchema } from './page.ts';
import { defineRoute } from './route.ts';

export const accountResourceSchema = accountSchema
  .extend({ allowedActions: z.array(z.enum(ACTIONS)).describe('What the caller may do with the account now') })
  .describe('A service account, from its request to its retirement');

const accountFilterSchema = z.strictObject({
  ...pageQueryFields,
  state: z.enum(ACCOUNT_STATES).optional(),
  domain: fqdnSchema.optional(),
  name: z
    .string()
    .trim()
    .min(1)
    .max(64)
    .regex(/^[\x20-\x7e]+$/, 'must be printable ASCII')
    .optional()
    .describe('A part of the name, in any case'),
  blocked: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .optional()
    .describe('Whether a step cannot go on'),
});

export const decisionSchema = z
  .strictObject({
    decision: z.enum(['approve', 'deny']),
    reason: textSchema(1000).optional().describe('Needed for a denial; the requester reads it'),
  })
  .superRefine(({ decision, reason }, context) => {
    if (decision === 'deny' && reason === undefined) {
      context.addIssue({ code: 'custom', path: ['reason'], message: 'is needed for a denial' });
    }
  });

const accountParams = z.strictObject({ id: z.uuid().toLowerCase() });
const accountAnswer = { status: 200, description: 'The account', schema: accountResourceSchema, etag: true } as const;

export const submitRequest = defineRoute({
  operationId: 'submitRequest',
  method: 'post',
  path: '/requests',
  tag: 'Accounts',
  summary: 'Ask for an account',
  description: 'The account exists from here on, in the state `submitted`, and takes its name in the domain.',
  access: { action: 'create', kind: 'request' },
  body: accountRequestSchema,
  answer: { ...accountAnswer, status: 201, location: true },
  errors: ['NameTaken', 'PolicyViolation'],
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

export const decideOnAccount = defineRoute({
  operationId: 'decideOnAccount',
  method: 'post',
  path: '/accounts/{id}/decide',
  tag: 'Accounts',
  summary: 'Approve or deny the open step',
  access: 'by-account',
  params: accountParams,
  body: decisionSchema,
  answer: accountAnswer,
  errors: ['Forbidden', 'StateConflict', 'SelfApproval', 'AlreadyDecided', 'NotAnApprover'],
});

type PlainAction = Exclude<AccountAction, 'decide'>;

const PLAIN_ACTIONS: Readonly<Record<PlainAction, { readonly summary: string; readonly description: string }>> = {
  withdraw: {
    summary: 'Take the request back',
    description: 'What was made of the account already is removed again.',
  },
  renew: {
    summary: 'Begin another period',
    description: 'Possible from `renewalOpensAt` on, and after the end date too.',
  },
  disable: { summary: 'Disable the account in the directory', description: 'Deadlines go on.' },
  enable: { summary: 'Enable the account in the directory again', description: 'After `disable`.' },
  retire: { summary: 'End the account', description: 'It is deleted in the directory, and its secret in the vault.' },
  resume: {
    summary: 'Try a blocked step again',
    description: 'For when the cause is gone. Answers before the step is done.',
  },
};

/** The routes of the actions that need nothing but their name. */
export const accountActions = (Object.keys(PLAIN_ACTIONS) as PlainAction[]).map((action) => ({
  action,
  route: defineRoute({
    operationId: `${action}Account`,
    method: 'post',
    path: `/accounts/{id}/${action}`,
    tag: 'Accounts',
    ...PLAIN_ACTIONS[action],
    access: 'by-account',
    params: accountParams,
    answer: accountAnswer,
    errors: ['Forbidden', 'StateConflict', ...(action === 'renew' ? (['RenewalNotOpen'] as const) : [])],
  }),
}));
