/** What everybody sees of an account: the workflow's answer, the projection's row, the API's resource. */
import { z } from 'zod';
import { instantSchema, secretVersionSchema } from './fields.ts';
import { ACCOUNT_STATES, END_OF_LIFE_ACTIONS, EVENT_TYPES } from './lifecycle.ts';
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
  'apply-description',
  'capture-account',
  'quarantine-account',
  'restore-account',
  'suspend-credential',
  'reinstate-credential',
  'delete-account',
  'revoke-credential',
  'find-manager',
  'admit-destructive-step',
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
  /** Whose seat it was cast from: the approver's own, or that of somebody who is away. */
  seat: z.string(),
  decision: z.enum(['approve', 'deny']),
  reason: z.string().nullable(),
  at: instantSchema,
});

const peopleSchema = z.object({ users: z.array(z.string()), groups: z.array(z.string()) });

/** One round of approval: of the request, or of a renewal. The votes of earlier rounds are in the events. */
export const approvalSchema = z.object({
  purpose: z.enum(['request', 'renewal']),
  /** Index of the open step; equals the number of steps when all are done. */
  openStep: z.number().int(),
  openedAt: instantSchema,
  /** Whether the open step's deadline has passed and others were asked. */
  escalated: z.boolean(),
  /** Since when too few people can decide on the open step, or on a later one. */
  quorumLostAt: instantSchema.nullable(),
  hideApprovers: z.boolean(),
  steps: z.array(
    z.object({
      name: z.string(),
      approvers: peopleSchema,
      quorum: z.number().int(),
      deadline: z.string().nullable(),
      escalation: peopleSchema.nullable(),
    }),
  ),
  votes: z.array(voteSchema),
});

/** What the account's object was like before its retirement: what is put back by an undo, exactly. */
export const capturedObjectSchema = z.object({
  enabled: z.boolean(),
  /** Where the object was, so that it goes back there. */
  organizationalUnit: z.string(),
  /** By their GUIDs: groups are renamed and moved. */
  groups: z.array(z.object({ objectGuid: z.string(), distinguishedName: z.string() })),
  accountExpires: instantSchema.nullable(),
});

export const retirementSchema = z.object({
  requestedBy: z.string(),
  requestedAt: instantSchema,
  /** Where the account returns to when its retirement is undone. */
  returnTo: z.enum(['active', 'disabled', 'expired']),
  /** `true`: its template's end of life, or a template without a grace period: there is no undo. */
  final: z.boolean(),
  /** Until when it can be undone; null before it is quarantined and when it is final. */
  undoUntil: instantSchema.nullable(),
  captured: capturedObjectSchema.nullable(),
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
    ownerGroups: z.array(z.string()),
    /** Since when none of the owners is active, and nobody was found who could be one. */
    ownerMissingSince: instantSchema.nullable(),
    justification: z.string(),
    description: z.string().nullable(),
    attributes: z.record(z.string(), z.string()),
    templateId: z.uuid(),
    templateVersion: z.number().int(),
    approval: approvalSchema,
    endOfLife: z.enum(END_OF_LIFE_ACTIONS),
    /** How long a period lasts, an ISO 8601 duration. */
    interval: z.string(),
    submittedAt: instantSchema,
    startsAt: instantSchema.nullable(),
    renewalOpensAt: instantSchema.nullable(),
    /** The first instant at which the account is no longer good. */
    endsAt: instantSchema.nullable(),
    /** Whether the end of the present period has been met: what the template says for it is done. */
    ended: z.boolean(),
    /** Set while the account is `renewing`: the state it returns to, and who asked. */
    renewal: z
      .object({
        returnTo: z.enum(['active', 'disabled', 'expired']),
        requestedBy: z.string(),
        requestedAt: instantSchema,
      })
      .nullable(),
    /** Set from the moment a retirement is asked for. */
    retirement: retirementSchema.nullable(),
    /** The OU it is made in. */
    organizationalUnit: z.string(),
    /** The folder of its secret below the vault's mount. */
    vaultFolder: z.string(),
    objectGuid: z.string().nullable(),
    objectSid: z.string().nullable(),
    distinguishedName: z.string().nullable(),
    /** Where the password is: people read it there under their own identity. */
    secret: z.object({ vaultPath: z.string(), version: secretVersionSchema }).nullable(),
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
export type Retirement = z.infer<typeof retirementSchema>;
export type CapturedObject = z.infer<typeof capturedObjectSchema>;
export type StepName = (typeof STEP_NAMES)[number];
