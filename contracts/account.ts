/** What everybody sees of an account: the workflow's answer, the projection's row, the API's resource. */
import { z } from 'zod';
import { instantSchema } from './fields.ts';
import { ACCOUNT_STATES, EVENT_TYPES } from './lifecycle.ts';
import { ERRORS, type ErrorCode } from './errors.ts';

const errorCodeSchema = z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]);

export const STEP_NAMES = [
  'stage-credential',
  'establish-account',
  'promote-credential',
  'discard-credential',
  'disable-account',
  'enable-account',
  'apply-expiry',
  'delete-account',
  'revoke-credential',
] as const;

/** Why an account cannot go on, in words and as a code. */
export const blockedSchema = z.object({
  code: errorCodeSchema,
  since: instantSchema,
  step: z.enum(STEP_NAMES),
  /** What happened and what to do, for people. Never has a secret. */
  message: z.string().max(2000),
  /** `true` when it goes on by itself once the cause is gone; `false` when it waits for `resume` (or a withdrawal). */
  retrying: z.boolean(),
});

export const voteSchema = z.object({
  step: z.number().int(),
  approver: z.string(),
  decision: z.enum(['approve', 'deny']),
  reason: z.string().nullable(),
  at: instantSchema,
});

export const accountSchema = z
  .object({
    id: z.uuid(),
    domain: z.string(),
    samAccountName: z.string(),
    state: z.enum(ACCOUNT_STATES),
    /** Counts the account's transitions; also the ETag of the resource. */
    sequence: z.number().int(),
    blocked: blockedSchema.nullable(),
    requester: z.string(),
    owners: z.array(z.string()),
    justification: z.string(),
    description: z.string().nullable(),
    templateId: z.uuid(),
    templateVersion: z.number().int(),
    approval: z.object({
      /** Index of the open step; equals the number of steps when all are done. */
      openStep: z.number().int(),
      steps: z.array(z.object({ name: z.string(), approvers: z.array(z.string()), quorum: z.number().int() })),
      votes: z.array(voteSchema),
    }),
    endOfLife: z.enum(['disable', 'delete']),
    submittedAt: instantSchema,
    startsAt: instantSchema.nullable(),
    remindAt: instantSchema.nullable(),
    renewalOpensAt: instantSchema.nullable(),
    /** The first instant at which the account is no longer good. */
    endsAt: instantSchema.nullable(),
    objectGuid: z.string().nullable(),
    objectSid: z.string().nullable(),
    distinguishedName: z.string().nullable(),
    /** Where the password is: people read it there under their own identity. */
    secret: z.object({ vaultPath: z.string(), version: z.number().int() }).nullable(),
  })
  .describe('A service account, from its request to its retirement');

export const accountEventSchema = z
  .object({
    accountId: z.uuid(),
    sequence: z.number().int(),
    type: z.enum(EVENT_TYPES),
    at: instantSchema,
    /** The user who caused it, or `system`. */
    actor: z.string(),
    /** The state after it. */
    state: z.enum(ACCOUNT_STATES),
    /** Reason of a denial, code of a block, and the like. Never has a secret. */
    detail: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
  })
  .describe('One thing that happened to an account');

export type Account = z.infer<typeof accountSchema>;
export type AccountEvent = z.infer<typeof accountEventSchema>;
export type Blocked = z.infer<typeof blockedSchema>;
export type StepName = (typeof STEP_NAMES)[number];
