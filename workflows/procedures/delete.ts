/** The end of an account: its object first, so that the vault never lacks the password of a live account; then its secret. */
import type { ErrorCode } from '../../contracts/errors.ts';
import { record } from '../account-lifecycle/record.ts';
import { accountOf, directoryTarget, refOf, SYSTEM, vaultPathOf, type AccountRun } from '../account-lifecycle/run.ts';
import { patientStep, type Step } from '../support/patient-step.ts';

/** Deletes object and secret, however long it takes, and ends the account; `deleteObject` is how the first step is done. */
export async function deleteAccount(
  run: AccountRun,
  deleteObject: (step: Step<void>) => Promise<unknown>,
): Promise<void> {
  await deleteObject(deletion(run, accountOf(run).objectGuid));
  await revokeSecret(run);
  await record(run, { type: 'retired', actor: SYSTEM });
}

/** The step that deletes the account's object; with `objectGuid` null it is looked for by our marker. One that is gone is no trouble. */
export function deletion(run: AccountRun, objectGuid: string | null): Step<void> {
  const target = { ...directoryTarget(run), objectGuid };
  return {
    name: 'delete-account',
    run: (engine) => engine.deleteAccount(target),
    returns: ['DirectoryObjectMissing'],
  };
}

/** Removes the account's secret. `tolerated` are codes that mean, for this caller, that nothing of ours is there. */
export async function revokeSecret(run: AccountRun, tolerated: readonly ErrorCode[] = []): Promise<void> {
  await patientStep(run, {
    name: 'revoke-credential',
    run: (engine) => engine.revokeCredential({ ...refOf(run), vaultPath: vaultPathOf(run) }),
    returns: tolerated,
  });
}
