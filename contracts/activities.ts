/**
 * What crosses from workflows to activities and back. The interfaces type the workflow's proxies, the implementations
 * and the tests' fakes alike. No field here can carry a password: credentials are a path and a version.
 * Schemas are loose on purpose: engines upgrade when their owners do, unknown fields are ignored, new ones are optional.
 */
import { z } from 'zod';
import { accountEventSchema, accountSchema, capturedObjectSchema, type CapturedObject } from './account.ts';
import { instantSchema, secretVersionSchema } from './fields.ts';
import { NOTICE_KINDS } from './notices.ts';
import { accountRequestSchema } from './request.ts';
import { passwordPolicySchema, templateSchema } from './template.ts';

const accountRefSchema = z.object({ accountId: z.uuid(), domain: z.string() });

// Vault -------------------------------------------------------------------------------------------------------------

/** Points at a secret. `operationId` names the change of password that staged it: its marker in the vault. */
export const credentialRefSchema = z.object({
  vaultPath: z.string(),
  version: secretVersionSchema,
  operationId: z.string(),
});

export const stageCredentialInputSchema = accountRefSchema.extend({
  vaultPath: z.string(),
  username: z.string(),
  operationId: z.string(),
  policy: passwordPolicySchema,
});

export const credentialInputSchema = accountRefSchema.extend({ credential: credentialRefSchema });
export const revokeCredentialInputSchema = accountRefSchema.extend({ vaultPath: z.string() });

/** A dry run before a template is published. */
export const inspectVaultInputSchema = z.object({
  domain: z.string(),
  folder: z.string(),
  /** Whether folders below are needed too; absent: no. */
  mayChooseFolder: z.boolean().optional(),
});
export const inspectVaultResultSchema = z.object({
  ready: z.boolean(),
  /** What is wrong, for people. */
  problem: z.string().nullable(),
  /** For how many days a suspended secret can be brought back for certain; null or absent: for ever. */
  longestSuspensionDays: z.number().int().nullable().optional(),
});

export type InspectVaultInput = z.infer<typeof inspectVaultInputSchema>;
export type InspectVaultResult = z.infer<typeof inspectVaultResultSchema>;
export type CredentialRef = z.infer<typeof credentialRefSchema>;
export type StageCredentialInput = z.input<typeof stageCredentialInputSchema>;
export type CredentialInput = z.infer<typeof credentialInputSchema>;
export type RevokeCredentialInput = z.infer<typeof revokeCredentialInputSchema>;

export interface VaultActivities {
  /** Generates a password and writes it as the pending one; found already staged by `operationId`, it is left as it is. */
  stageCredential(input: StageCredentialInput): Promise<CredentialRef>;
  /** Makes the pending password the current one. Promoted already: the same answer again. */
  promoteCredential(input: CredentialInput): Promise<CredentialRef>;
  /** Removes a pending password, and the whole secret when no current one is left. Nothing there: success. */
  discardCredential(input: CredentialInput): Promise<void>;
  /** Takes the secret out of reach without losing it. Out of reach already, or nothing there: success. */
  suspendCredential(input: RevokeCredentialInput): Promise<void>;
  /** Brings a suspended secret back as it was. In reach already: success. Lost in the meantime: VaultSecretMissing. */
  reinstateCredential(input: RevokeCredentialInput): Promise<void>;
  /** Removes the secret with all its versions. Nothing there: success. Somebody else's secret: VaultPathConflict. */
  revokeCredential(input: RevokeCredentialInput): Promise<void>;
  /** Whether the engine could store and read secrets in this folder. Reads only. A "no" is a result. */
  inspectVault(input: InspectVaultInput): Promise<InspectVaultResult>;
}

// Directory ---------------------------------------------------------------------------------------------------------

export const establishAccountInputSchema = accountRefSchema.extend({
  samAccountName: z.string(),
  organizationalUnit: z.string(),
  groups: z.array(z.string()),
  mayChangePassword: z.boolean(),
  description: z.string().nullable(),
  /** Offered attributes by their LDAP names. */
  attributes: z.record(z.string(), z.string()).default({}),
  /** The instant at which AD itself ends the account (`accountExpires`), or null for never. */
  expiresAt: instantSchema.nullable(),
  credential: credentialRefSchema,
});

export const directoryObjectSchema = z.object({
  objectGuid: z.string(),
  objectSid: z.string(),
  distinguishedName: z.string(),
});

/** `objectGuid` is null when the object may exist without our knowing: it is then looked for by our marker. */
export const accountObjectInputSchema = accountRefSchema.extend({
  objectGuid: z.string().nullable(),
  samAccountName: z.string(),
  organizationalUnit: z.string(),
});

export const applyExpiryInputSchema = accountObjectInputSchema.extend({ expiresAt: instantSchema.nullable() });

/** Moves to this OU too, unless null. */
export const quarantineAccountInputSchema = accountObjectInputSchema.extend({
  retirementOrganizationalUnit: z.string().nullable(),
});
export const restoreAccountInputSchema = accountObjectInputSchema.extend({ captured: capturedObjectSchema });
export const applyDescriptionInputSchema = accountObjectInputSchema.extend({ description: z.string().nullable() });

export const findManagerInputSchema = z.object({ domain: z.string(), samAccountName: z.string() });
export const findManagerResultSchema = z.object({
  /** The logon name of the user's manager, when there is one and their account is enabled. */
  manager: z.string().nullable(),
});

/** A dry run before a template is published: which of these are there, and may the engine write there. */
export const inspectDirectoryInputSchema = z.object({
  domain: z.string(),
  organizationalUnits: z.array(z.string()),
  groups: z.array(z.string()),
  /** A name that may be in use in the directory already; null: none is asked about. */
  samAccountName: z.string().nullable(),
});
export const inspectDirectoryResultSchema = z.object({
  /** The distinguished names that do not exist or cannot be used, each with the reason for people. */
  problems: z.array(z.object({ distinguishedName: z.string(), problem: z.string() })),
  /** Whether an object has the name; null when none was asked about. */
  nameInUse: z.boolean().nullable(),
});

export type QuarantineAccountInput = z.infer<typeof quarantineAccountInputSchema>;
export type RestoreAccountInput = z.infer<typeof restoreAccountInputSchema>;
export type ApplyDescriptionInput = z.infer<typeof applyDescriptionInputSchema>;
export type FindManagerInput = z.infer<typeof findManagerInputSchema>;
export type FindManagerResult = z.infer<typeof findManagerResultSchema>;
export type InspectDirectoryInput = z.infer<typeof inspectDirectoryInputSchema>;
export type InspectDirectoryResult = z.infer<typeof inspectDirectoryResultSchema>;
export type EstablishAccountInput = z.input<typeof establishAccountInputSchema>;
export type DirectoryObject = z.infer<typeof directoryObjectSchema>;
export type AccountObjectInput = z.infer<typeof accountObjectInputSchema>;
export type ApplyExpiryInput = z.infer<typeof applyExpiryInputSchema>;

export interface DirectoryActivities {
  /** Makes the account in AD with the staged password, complete and enabled, and proves it by a log-on. Resumes anywhere. */
  establishAccount(input: EstablishAccountInput): Promise<DirectoryObject>;
  /** Sets ACCOUNTDISABLE. */
  disableAccount(input: AccountObjectInput): Promise<void>;
  /** Clears ACCOUNTDISABLE; refuses an account without a password. */
  enableAccount(input: AccountObjectInput): Promise<void>;
  /** Writes `accountExpires` and reads it back. */
  applyExpiry(input: ApplyExpiryInput): Promise<void>;
  /** Writes `description` and reads it back. */
  applyDescription(input: ApplyDescriptionInput): Promise<void>;
  /** What an undo of the retirement would put back. Reads only, and before anything is changed. */
  captureAccount(input: AccountObjectInput): Promise<CapturedObject>;
  /** Disables, strips memberships and moves to the retirement OU. Answers where the object is then. */
  quarantineAccount(input: QuarantineAccountInput): Promise<DirectoryObject>;
  /** Puts back OU, memberships, expiry and the enabled bit as they were captured. Groups that are gone are told in the result. */
  restoreAccount(input: RestoreAccountInput): Promise<DirectoryObject & { readonly missingGroups: readonly string[] }>;
  /** The manager of a user of this domain. No such user, or none: null. */
  findManager(input: FindManagerInput): Promise<FindManagerResult>;
  /** Reads only. */
  inspectDirectory(input: InspectDirectoryInput): Promise<InspectDirectoryResult>;
  /** Disables, strips memberships and deletes by GUID. Gone already (a tombstone says so): success. */
  deleteAccount(input: AccountObjectInput): Promise<void>;
}

/** Everything an engine does, on the task queue of its domain. */
export type EngineActivities = VaultActivities & DirectoryActivities;

// Platform ----------------------------------------------------------------------------------------------------------

export const reserveNameInputSchema = accountRefSchema.extend({
  requester: z.string(),
  request: accountRequestSchema.extend({ templateVersion: z.number().int() }),
});

export const reserveNameResultSchema = z.discriminatedUnion('outcome', [
  z.object({
    outcome: z.literal('reserved'),
    snapshot: z.object({ templateId: z.uuid(), version: z.number().int(), template: templateSchema }),
  }),
  z.object({
    outcome: z.literal('refused'),
    code: z.enum(['NameTaken', 'PolicyViolation', 'NotPublished', 'NotFound']),
    message: z.string(),
  }),
]);

export const noticeSchema = z.object({
  kind: z.enum(NOTICE_KINDS),
  dueAt: instantSchema,
  audiences: z.array(z.enum(['requester', 'owners', 'open-step', 'escalation', 'administrators'])),
  detail: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
});

/** The first step after the open one that too few could decide as things are; absent: none. */
const deadStepSchema = z.number().int().optional();

/** The account after the last of the events, which are in order and without a gap. */
export const recordTransitionInputSchema = z.object({
  account: accountSchema,
  events: z.array(accountEventSchema).min(1),
  notices: z.array(noticeSchema).default([]),
});

export const recordTransitionResultSchema = z.object({
  /** Who can decide on the open step now: active users, present or stood in for. Null when no step is open. */
  ableToDecide: z.array(z.string()).nullable(),
  deadStep: deadStepSchema,
});

export const notifyInputSchema = z.object({ account: accountSchema, notices: z.array(noticeSchema).min(1) });

export const findDecidersInputSchema = accountRefSchema.extend({
  openStep: z.number().int(),
  /** Who is asked on the open step, and on each after it. */
  steps: z.array(z.object({ users: z.array(z.string()), groups: z.array(z.string()), quorum: z.number().int() })),
});

export const findDecidersResultSchema = z.object({ ableToDecide: z.array(z.string()), deadStep: deadStepSchema });

export const findSuccessorsInputSchema = accountRefSchema.extend({
  owners: z.array(z.string()),
  ownerGroups: z.array(z.string()),
  /** The owner who left. */
  left: z.string(),
  /** What the directory says of their manager: null when it knows none, absent when it was not asked yet. */
  managerSamAccountName: z.string().nullable().optional(),
  fallbackGroup: z.string().nullable(),
});

/** One rung of the succession ladder; `asks-directory` when the manager must be looked up first. */
export const findSuccessorsResultSchema = z.discriminatedUnion('outcome', [
  z.object({ outcome: z.literal('still-there') }),
  z.object({ outcome: z.literal('owners-left'), owners: z.array(z.string()) }),
  z.object({ outcome: z.literal('asks-directory'), samAccountName: z.string() }),
  z.object({ outcome: z.literal('manager'), owner: z.string() }),
  z.object({ outcome: z.literal('fallback-group'), group: z.string() }),
  z.object({ outcome: z.literal('nobody') }),
]);

/** A change that is made in a transaction, under the id of the operation that made it. */
export const awaitChangeInputSchema = z.object({ operationId: z.string() });

export const findMigrationInputSchema = z.object({ migrationId: z.uuid() });
export const findMigrationResultSchema = z.object({ isRecorded: z.boolean() });

/** A page of the accounts that a change of users, groups or delegations concerns. */
export const findAffectedInputSchema = z.object({
  /** Accounts on whose open step, or on one after it, one of them is asked. */
  approvers: z.object({ users: z.array(z.string()), groups: z.array(z.string()) }),
  /** Users who left or came back: accounts that they own, by themselves or through a group, or will own once they are made. */
  left: z.array(z.string()),
  /** `next` of the page before; null for the first one. */
  after: z.string().nullable(),
});

export const findAffectedResultSchema = z.object({
  accounts: z.array(
    accountRefSchema.extend({
      approversChanged: z.boolean(),
      /** Those of `left` who own it. */
      left: z.array(z.string()),
    }),
  ),
  next: z.string().nullable(),
});

export const admitDestructiveStepInputSchema = accountRefSchema.extend({
  templateId: z.uuid(),
  /** What is about to happen. Account, step and occasion together are counted once, however often asked. */
  step: z.enum(['end-of-life', 'retirement', 'deletion']),
  /** What does not change while the step waits: the end of the period, or when the retirement was asked for. */
  occasion: instantSchema,
});

export type RecordTransitionInput = z.input<typeof recordTransitionInputSchema>;
export type RecordTransitionResult = z.infer<typeof recordTransitionResultSchema>;
export type NotifyInput = z.infer<typeof notifyInputSchema>;
export type FindDecidersInput = z.infer<typeof findDecidersInputSchema>;
export type FindDecidersResult = z.infer<typeof findDecidersResultSchema>;
export type FindSuccessorsInput = z.infer<typeof findSuccessorsInputSchema>;
export type FindSuccessorsResult = z.infer<typeof findSuccessorsResultSchema>;
export type AwaitChangeInput = z.infer<typeof awaitChangeInputSchema>;
export type FindMigrationInput = z.infer<typeof findMigrationInputSchema>;
export type FindMigrationResult = z.infer<typeof findMigrationResultSchema>;
export type FindAffectedInput = z.infer<typeof findAffectedInputSchema>;
export type FindAffectedResult = z.infer<typeof findAffectedResultSchema>;
export type AdmitDestructiveStepInput = z.infer<typeof admitDestructiveStepInputSchema>;
export type ReserveNameInput = z.input<typeof reserveNameInputSchema>;
export type ReserveNameResult = z.infer<typeof reserveNameResultSchema>;

export interface PlatformActivities {
  /**
   * Reads the template version, checks the name against its rules and takes the name in the domain.
   * Reserved already by this account: the same answer again. A refusal is a result, not an error.
   */
  reserveName(input: ReserveNameInput): Promise<ReserveNameResult>;
  /**
   * Appends the events, upserts the row and fills the outbox in one transaction; a sequence number that is not newer
   * changes nothing, and a notice that is in the outbox stays as it is.
   */
  recordTransition(input: RecordTransitionInput): Promise<RecordTransitionResult>;
  /** Fills the outbox, once per account, kind, due time and address. */
  notify(input: NotifyInput): Promise<void>;
  /** Who of these people can decide now on the open step: active, and present or stood in for. And what is dead ahead. */
  findDeciders(input: FindDecidersInput): Promise<FindDecidersResult>;
  /** Who answers for the account after an owner left. */
  findSuccessors(input: FindSuccessorsInput): Promise<FindSuccessorsResult>;
  /** Resolves when the transaction of the change has ended: what it changed is there then, or never will be. */
  awaitChange(input: AwaitChangeInput): Promise<void>;
  /** Whether the migration is on record, once the transaction that puts it there has ended. */
  findMigration(input: FindMigrationInput): Promise<FindMigrationResult>;
  /** A page of the accounts that must be told of a change of users, groups or delegations; some pages are short. */
  findAffected(input: FindAffectedInput): Promise<FindAffectedResult>;
  /**
   * Lets a destructive step begin, at once or not at all. Rejects with Frozen while an administrator has frozen the domain
   * or the template, and with BrakeEngaged after too many within an hour. Asked again, it looks again, and counts the step once.
   */
  admitDestructiveStep(input: AdmitDestructiveStepInput): Promise<void>;
}
