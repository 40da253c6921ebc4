/** A make of vault as the conformance suite sees it: engines on one side, the people who read secrets on the other. */
import { randomUUID } from 'node:crypto';
import { ApplicationFailure } from '@temporalio/common';
import type { SecretVault, StageRequest } from '../../../activities/vault/port.ts';
import { sensitive } from '../../../infra/runtime/sensitive.ts';
import type { Faults } from '../faults.ts';

export interface VaultSubject {
  /** An engine with a session of its own, as another process has; its calls go by way of `faults`. */
  newVault(faults?: Faults): SecretVault;
  /** The folder in which engines of the suite may work, the domain's part included. */
  readonly folder: string;
  /** The fields that people get who ask for the secret as it is now; undefined: there is nothing that they may read. */
  readFields(vaultPath: string): Promise<Readonly<Record<string, unknown>> | undefined>;
  /** Every password that anybody can read there, in whichever version: the current one, the pending and earlier ones. */
  readablePasswords(vaultPath: string): Promise<string[]>;
  /** Nothing of the secret is left, but for what the vault itself keeps from everybody. */
  isGone(vaultPath: string): Promise<boolean>;
  /** What somebody else has put there: with another account's mark, or with none. */
  writeForeign(vaultPath: string, accountId?: string): Promise<void>;
  /** People add a field to the current secret. */
  addField(vaultPath: string, name: string, value: string): Promise<void>;
  close(): Promise<void>;
}

/** A stage request for an account of its own, with a password of its own. */
export function newRequest(folder: string, overrides: Partial<StageRequest> = {}): StageRequest {
  const accountId = randomUUID();
  const name = `svc-${accountId.slice(0, 8)}`;
  return {
    accountId,
    operationId: accountId,
    vaultPath: `${folder}/${name}`,
    username: name,
    domain: 'corp.example',
    password: sensitive(`Password-${randomUUID()}`),
    ...overrides,
  };
}

/** The code of the failure that the work ends in; `'none'` when it succeeds. */
export async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'none',
    (error: unknown) => (error instanceof ApplicationFailure ? String(error.type) : `not a failure: ${String(error)}`),
  );
}
