/** The vault's activities, on the engine. They give out paths and versions; a password never leaves this file upwards. */
import { ApplicationFailure } from '@temporalio/common';
import { Context } from '@temporalio/activity';
import type { z } from 'zod';
import {
  credentialInputSchema,
  revokeCredentialInputSchema,
  stageCredentialInputSchema,
  type CredentialInput,
  type VaultActivities,
} from '../../contracts/activities.ts';
import type { Sensitive } from '../../infra/runtime/sensitive.ts';
import { failure } from '../failure.ts';
import { generatePassword, type PasswordPolicy } from './password.ts';
import type { SecretVault, StagedSecret } from './port.ts';

export interface VaultActivityDependencies {
  readonly vault: SecretVault;
  /** Where passwords come from; tests put known ones here to look for them everywhere afterwards. */
  readonly createPassword?: (policy: PasswordPolicy) => Sensitive<string>;
}

/** An attempt ends this long before the server gives up on it, so that no write of an abandoned attempt comes late. */
const END_EARLY_MS = 1_000;

/** The implementation of {@link VaultActivities}; failures carry `Vault…` codes of the catalogue. */
export function createVaultActivities(dependencies: VaultActivityDependencies): VaultActivities {
  const { vault, createPassword = generatePassword } = dependencies;
  return {
    stageCredential: (input) =>
      guarded(stageCredentialInputSchema, input, async (request, signal) => {
        const { vaultPath, operationId } = request;
        const { version } = await vault.stage({ ...request, password: createPassword(request.policy) }, signal);
        return { vaultPath, version, operationId };
      }),
    promoteCredential: (input) =>
      guarded(credentialInputSchema, input, async (request, signal) => {
        const { version } = await vault.promote(stagedSecret(request), signal);
        return { ...request.credential, version };
      }),
    discardCredential: (input) =>
      guarded(credentialInputSchema, input, (request, signal) => vault.discard(stagedSecret(request), signal)),
    revokeCredential: (input) =>
      guarded(revokeCredentialInputSchema, input, ({ accountId, vaultPath }, signal) =>
        vault.revoke({ accountId, vaultPath }, signal),
      ),
  };
}

function stagedSecret({ accountId, credential }: CredentialInput): StagedSecret {
  return { accountId, vaultPath: credential.vaultPath, operationId: credential.operationId };
}

/** Parses the input, bounds the work by the attempt's own time, and lets nothing out that the catalogue does not know. */
async function guarded<Schema extends z.ZodType, Result>(
  schema: Schema,
  input: unknown,
  work: (request: z.infer<Schema>, signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const parsed = schema.safeParse(input);
  if (!parsed.success) {
    const fields = parsed.error.issues.map((issue) => issue.path.join('.')).join(', ');
    throw failure('InvalidRequest', 'The engine does not understand this input: it may be too old for it.', { fields });
  }
  try {
    return await work(parsed.data, attemptSignal());
  } catch (error) {
    if (error instanceof ApplicationFailure) throw error;
    throw failure('UnexpectedError', 'The engine met an error it does not know while it used the vault.', {
      error: error instanceof Error ? error.name : typeof error,
      at: placeOf(error),
    });
  }
}

function attemptSignal(): AbortSignal {
  const { info, cancellationSignal } = Context.current();
  const timeoutMs = Math.max(info.startToCloseTimeoutMs - END_EARLY_MS, END_EARLY_MS);
  return AbortSignal.any([cancellationSignal, AbortSignal.timeout(timeoutMs)]);
}

/** Where an unknown error came from. Its message is left out: it may quote what it failed on. */
function placeOf(error: unknown): string | null {
  const frame = error instanceof Error ? /^\s+at .*$/m.exec(error.stack ?? '')?.[0] : undefined;
  return frame?.trim() ?? null;
}
