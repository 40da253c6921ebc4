/** The vault's activities, on the engine. They give out paths and versions; a password never leaves this file upwards. */
import type { z } from 'zod';
import {
  credentialInputSchema,
  inspectVaultInputSchema,
  revokeCredentialInputSchema,
  stageCredentialInputSchema,
  type CredentialInput,
  type VaultActivities,
} from '../../contracts/activities.ts';
import { secretFolder, secretPath } from '../../contracts/ids.ts';
import type { Sensitive } from '../../infra/runtime/sensitive.ts';
import { atBoundary } from '../boundary.ts';
import { inStepAttempt } from '../step-attempt.ts';
import { generatePassword, type PasswordPolicy } from './password.ts';
import type { SecretVault, StagedSecret } from './port.ts';

/** Rights show on a path only, and are the same for every account of a folder; nothing is ever written here. */
const ANY_ACCOUNT = 'any-account';
const ANY_FOLDER = 'any-folder';

export interface VaultActivityDependencies {
  readonly vault: SecretVault;
  /** Where passwords come from; tests put known ones here to look for them everywhere afterwards. */
  readonly createPassword?: (policy: PasswordPolicy) => Sensitive<string>;
}

/** The implementation of {@link VaultActivities}; failures carry `Vault…` codes of the catalogue. */
export function createVaultActivities(dependencies: VaultActivityDependencies): VaultActivities {
  const { vault, createPassword = generatePassword } = dependencies;
  return {
    stageCredential: (input) =>
      step(stageCredentialInputSchema, input, async (request, signal) => {
        const { vaultPath, operationId } = request;
        const { version } = await vault.stage({ ...request, password: createPassword(request.policy) }, signal);
        return { vaultPath, version, operationId };
      }),
    promoteCredential: (input) =>
      step(credentialInputSchema, input, async (request, signal) => {
        const { version } = await vault.promote(stagedSecret(request), signal);
        return { ...request.credential, version };
      }),
    discardCredential: (input) =>
      step(credentialInputSchema, input, (request, signal) => vault.discard(stagedSecret(request), signal)),
    suspendCredential: (input) =>
      step(revokeCredentialInputSchema, input, ({ accountId, vaultPath }, signal) =>
        vault.suspend({ accountId, vaultPath }, signal),
      ),
    reinstateCredential: (input) =>
      step(revokeCredentialInputSchema, input, ({ accountId, vaultPath }, signal) =>
        vault.reinstate({ accountId, vaultPath }, signal),
      ),
    revokeCredential: (input) =>
      step(revokeCredentialInputSchema, input, ({ accountId, vaultPath }, signal) =>
        vault.revoke({ accountId, vaultPath }, signal),
      ),
    inspectVault: (input) =>
      step(inspectVaultInputSchema, input, async ({ domain, folder, mayChooseFolder }, signal) => {
        for (const chosen of mayChooseFolder ? [undefined, ANY_FOLDER] : [undefined]) {
          const probe = await vault.probe(secretPath(secretFolder(folder, domain, chosen), ANY_ACCOUNT), signal);
          if (!probe.ready) return { ready: false, problem: probe.message };
        }
        return { ready: true, problem: null, longestSuspensionDays: vault.longestSuspensionDays };
      }),
  };
}

function stagedSecret({ accountId, credential }: CredentialInput): StagedSecret {
  return { accountId, vaultPath: credential.vaultPath, operationId: credential.operationId };
}

function step<Schema extends z.ZodType, Result>(
  schema: Schema,
  input: unknown,
  work: (request: z.infer<Schema>, signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  return atBoundary('engine', schema, input, (request) => inStepAttempt(({ signal }) => work(request, signal)));
}
