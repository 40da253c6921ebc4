/** What people do with an account over HTTP: one route for each action. */
import { z } from 'zod';
import type { ErrorCode } from '../errors.ts';
import { textSchema, userNameSchema } from '../fields.ts';
import type { AccountAction } from '../lifecycle.ts';
import { approversSchema, groupNameSchema, MAX_STEPS, quorumSchema } from '../template.ts';
import {
  accountAnswer,
  accountParams,
  explainAccount,
  listAccountEvents,
  listAccountNotices,
  listAccounts,
  readAccount,
  submitRequest,
} from './accounts.ts';
import { defineRoute, type Route } from './route.ts';

const stepSchema = z
  .number()
  .int()
  .min(0)
  .max(MAX_STEPS - 1);
const distinct = (names: readonly string[]): boolean => new Set(names).size === names.length;

export const decisionSchema = z
  .strictObject({
    decision: z.enum(['approve', 'deny']),
    reason: textSchema(1000).optional().describe('Needed for a denial; the requester reads it'),
    step: stepSchema
      .optional()
      .describe('The step that was looked at, counted from 0: refused if another one is open by now'),
  })
  .superRefine(({ decision, reason }, context) => {
    if (decision === 'deny' && reason === undefined) {
      context.addIssue({ code: 'custom', path: ['reason'], message: 'is needed for a denial' });
    }
  });

export const newApproversSchema = z.strictObject({
  step: stepSchema.describe('The open step, counted from 0: refused if another one is open by now'),
  approvers: approversSchema,
  quorum: quorumSchema.describe('How many must approve on this step: more than have, and no more than have and can'),
});

export const newOwnersSchema = z
  .strictObject({
    owners: z
      .array(userNameSchema)
      .max(20)
      .refine(distinct, 'must not name a user twice')
      .describe('All of them; the first one answers for the account first'),
    ownerGroups: z.array(groupNameSchema).max(10).refine(distinct, 'must not name a group twice').default([]),
  })
  .describe('Who owns the account from now on');

export const accountEditSchema = z.strictObject({
  description: textSchema(1000).nullable().describe("The account's description in the directory; null removes it"),
});

/** Of every action. */
const ACTION_ERRORS: readonly ErrorCode[] = ['Forbidden', 'StateConflict'];

export const decideOnAccount = defineRoute({
  operationId: 'decideOnAccount',
  method: 'post',
  path: '/accounts/{id}/decide',
  tag: 'Accounts',
  summary: 'Approve or deny the open step',
  description: 'Of the request, or of a renewal. Whoever stands in for somebody who is away decides from their seat.',
  access: 'by-account',
  params: accountParams,
  body: decisionSchema,
  answer: accountAnswer,
  errors: [...ACTION_ERRORS, 'SelfApproval', 'AlreadyDecided', 'NotAnApprover', 'StepNotOpen'],
});

export const replaceApprovers = defineRoute({
  operationId: 'replaceApprovers',
  method: 'post',
  path: '/accounts/{id}/replace-approvers',
  tag: 'Accounts',
  summary: 'Replace the approvers of the open step',
  description: 'Recorded with those before and after. Votes that were cast stay, and count towards the quorum.',
  access: 'by-account',
  ifMatch: true,
  params: accountParams,
  body: newApproversSchema,
  answer: accountAnswer,
  errors: [...ACTION_ERRORS, 'StepNotOpen'],
});

export const changeOwners = defineRoute({
  operationId: 'changeOwners',
  method: 'post',
  path: '/accounts/{id}/change-owners',
  tag: 'Accounts',
  summary: 'Say who owns the account',
  description: 'At least one active user must be among them, or in one of the groups.',
  access: 'by-account',
  ifMatch: true,
  params: accountParams,
  body: newOwnersSchema,
  answer: accountAnswer,
  errors: [...ACTION_ERRORS, 'OwnershipViolation'],
});

export const editAccount = defineRoute({
  operationId: 'editAccount',
  method: 'post',
  path: '/accounts/{id}/edit',
  tag: 'Accounts',
  summary: 'Change the description',
  access: 'by-account',
  ifMatch: true,
  params: accountParams,
  body: accountEditSchema,
  answer: accountAnswer,
  errors: ACTION_ERRORS,
});

/** The actions that need nothing but their name. `migrate` is asked for many accounts at once (migrations.ts). */
export type PlainAction = Exclude<AccountAction, 'decide' | 'replace-approvers' | 'change-owners' | 'edit' | 'migrate'>;

interface PlainRoute {
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  readonly errors?: readonly ErrorCode[];
}

const PLAIN_ACTIONS: Readonly<Record<PlainAction, PlainRoute>> = {
  withdraw: {
    operationId: 'withdrawAccount',
    summary: 'Take the request back, or the request for a renewal',
    description:
      'What was made of the account already is removed again. An account that is being renewed stays as it was.',
  },
  renew: {
    operationId: 'renewAccount',
    summary: 'Begin another period',
    description: 'Possible from `renewalOpensAt` on, and after the end date too, where nobody needs to be asked.',
    errors: ['RenewalNotOpen'],
  },
  'request-renewal': {
    operationId: 'requestAccountRenewal',
    summary: 'Ask the approvers for another period',
    description: 'Runs the approval steps again, where the end of life is `expire`.',
  },
  disable: {
    operationId: 'disableAccount',
    summary: 'Disable the account in the directory',
    description: 'Deadlines go on.',
  },
  enable: {
    operationId: 'enableAccount',
    summary: 'Enable the account in the directory again',
    description: 'After `disable`, and after its end date where the end of life is `disable`.',
  },
  retire: {
    operationId: 'retireAccount',
    summary: 'End the account',
    description:
      'It is deleted in the directory, and its secret in the vault: at once, or after the grace period of its template, in which it can be restored.',
  },
  restore: {
    operationId: 'restoreAccount',
    summary: 'Undo a retirement',
    description:
      'Within the grace period: the account is put back as it was. Also while a freeze or the brake holds up the retirement before anything was done.',
    errors: ['RetirementFinal'],
  },
  resume: {
    operationId: 'resumeAccount',
    summary: 'Try a blocked step again',
    description: 'For when the cause is gone. Answers before the step is done.',
  },
};

/** The routes of the actions that need nothing but their name. */
export const plainActions = (Object.keys(PLAIN_ACTIONS) as PlainAction[]).map((action) => {
  const { errors = [], ...texts } = PLAIN_ACTIONS[action];
  return {
    action,
    route: defineRoute({
      ...texts,
      method: 'post',
      path: `/accounts/{id}/${action}`,
      tag: 'Accounts',
      access: 'by-account',
      params: accountParams,
      answer: accountAnswer,
      errors: [...ACTION_ERRORS, ...errors],
    }),
  };
});

export const accountRouteTable: readonly Route[] = [
  submitRequest,
  listAccounts,
  readAccount,
  listAccountEvents,
  explainAccount,
  listAccountNotices,
  decideOnAccount,
  ...plainActions.map(({ route }) => route),
  replaceApprovers,
  changeOwners,
  editAccount,
];
