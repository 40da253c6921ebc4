/**
 * What crosses from workflows to activities and back. The interfaces type the workflow's proxies, the implementations
 * and the tests' fakes alike. No field here can carry a password: credentials are a path and a version.
 * Schemas are loose on purpose: engines upgrade when their owners do, unknown fields are ignored, new ones are optional.
 */
import { z } from 'zod';
import { accountEventSchema, accountSchema } from './account.ts';
import { instantSchema } from './fields.ts';
import { accountRequestSchema } from './request.ts';
import { passwordPolicySchema, templateSchema } from './template.ts';

const accountRefSchema = z.object({ accountId: z.uuid(), domain: z.string() });

// Vault -------------------------------------------------------------------------------------------------------------

/** Points at a secret. `operationId` names the change of password that staged it: its marker in the vault. */
export const credentialRefSchema = z.object({
  vaultPath: z.string(),
  version: z.number().int(),
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
  /** Removes the secret with all its versions. Nothing there: success. Somebody else's secret: VaultPathConflict. */
  revokeCredential(input: RevokeCredentialInput): Promise<void>;
}

// Directory ---------------------------------------------------------------------------------------------------------

export const establishAccountInputSchema = accountRefSchema.extend({
  samAccountName: z.string(),
  organizationalUnit: z.string(),
  groups: z.array(z.string()),
  mayChangePassword: z.boolean(),
  description: z.string().nullable(),
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

export type EstablishAccountInput = z.infer<typeof establishAccountInputSchema>;
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
    code: z.enum(['NameTaken', 'PolicyViolation', 'NotFound']),
    message: z.string(),
  }),
]);

export const recordTransitionInputSchema = z.object({ account: accountSchema, event: accountEventSchema });

export type ReserveNameInput = z.input<typeof reserveNameInputSchema>;
export type ReserveNameResult = z.infer<typeof reserveNameResultSchema>;
export type RecordTransitionInput = z.infer<typeof recordTransitionInputSchema>;

export interface PlatformActivities {
  /**
   * Reads the template version, checks the name against its pattern and takes the name in the domain.
   * Reserved already by this account: the same answer again. A refusal is a result, not an error.
   */
  reserveName(input: ReserveNameInput): Promise<ReserveNameResult>;
  /** Appends the event and upserts the row in one transaction; a sequence number that is not newer changes nothing. */
  recordTransition(input: RecordTransitionInput): Promise<void>;
}
