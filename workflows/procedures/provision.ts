/**
 * From approved to active: a password is staged in the vault, the account is made with it and proved by a log-on, the
 * password becomes current. Whatever ends it early is undone: afterwards there is neither object nor secret.
 */
import { uuid4 } from '@temporalio/workflow';
import type { CredentialRef, DirectoryObject, EstablishAccountInput } from '../../contracts/activities.ts';
import { deadlinesFrom, type Deadlines } from '../../contracts/deadlines.ts';
import type { ErrorCode } from '../../contracts/errors.ts';
import {
  accountOf,
  instantsOf,
  record,
  refOf,
  snapshotOf,
  SYSTEM,
  vaultPathOf,
  type AccountRun,
} from '../account-lifecycle/account.ts';
import { isWaiting, settleAfter, take } from '../account-lifecycle/intents.ts';
import { compensate, type Compensation } from '../support/compensations.ts';
import { blockUntilResumed, patientStep, type Step, type StepResult } from '../support/patient-step.ts';
import { deleteObject, revokeSecret } from './retire.ts';

/** How many generated passwords the domain may refuse before a person must look at its policy. */
const PASSWORD_ATTEMPTS = 3;
const INTERRUPTED_BY = ['withdraw'] as const;

interface Made {
  readonly object: DirectoryObject;
  readonly credential: CredentialRef;
  readonly deadlines: Deadlines;
}

/** Provisions an approved account, however long it takes. Returns when the account is active, or withdrawn. */
export async function provision(run: AccountRun): Promise<'provisioned' | 'given-up'> {
  // The first credential is known by the account's own id.
  let operationId = run.accountId;
  for (;;) {
    const compensations: Compensation[] = [];
    const attempt = await provisionOnce(run, operationId, compensations);
    if (attempt.outcome === 'done') return 'provisioned';
    if (attempt.outcome === 'failed') {
      await compensate(compensations);
      await blockUntilResumed(run, { name: 'establish-account', interruptedBy: INTERRUPTED_BY }, attempt.failure);
    }
    if (isWaiting(run, 'withdraw')) {
      await withdraw(run, compensations);
      return 'given-up';
    }
    operationId = uuid4();
  }
}

/** Puts the withdrawal on record, undoes what was begun, and ends the account. */
async function withdraw(run: AccountRun, compensations: Compensation[]): Promise<void> {
  const intent = take(run, 'withdraw');
  if (!intent) throw new Error('a withdrawal was announced and is not there');
  const { actor } = intent.message;
  settleAfter(run, intent, record(run, { type: 'withdrawal-requested', actor }));
  await compensate(compensations);
  await record(run, { type: 'withdrawn', actor });
}

/** Each step's compensation is on the list before the step begins: it may have an effect that we never hear of. */
async function provisionOnce(
  run: AccountRun,
  operationId: string,
  compensations: Compensation[],
): Promise<StepResult<unknown>> {
  compensations.push(() => revokeSecret(run, ['VaultPathConflict']));
  const made = await makeAccount(run, operationId, compensations);
  if (made.outcome !== 'done') return made;
  const { credential, object, deadlines } = made.value;
  const promoted = await interruptible(run, {
    name: 'promote-credential',
    run: (engine) => engine.promoteCredential({ ...refOf(run), credential }),
  });
  if (promoted.outcome !== 'done') return promoted;
  // The last moment at which a withdrawal counts.
  if (isWaiting(run, ...INTERRUPTED_BY)) return { outcome: 'interrupted' };
  const { objectGuid, objectSid, distinguishedName } = object;
  const { vaultPath, version } = promoted.value;
  await record(
    run,
    { type: 'provisioned', actor: SYSTEM, detail: { distinguishedName } },
    { objectGuid, objectSid, distinguishedName, ...instantsOf(deadlines), secret: { vaultPath, version } },
  );
  return promoted;
}

/** Stages a password and makes the account with it; a password that the domain's policy refuses is thrown away for another. */
async function makeAccount(
  run: AccountRun,
  firstOperationId: string,
  compensations: Compensation[],
): Promise<StepResult<Made>> {
  let known: DirectoryObject | undefined;
  const undoObject: Compensation = () => deleteObject(run, known?.objectGuid ?? null);
  let operationId = firstOperationId;
  for (let attempt = 1; ; attempt += 1) {
    const staged = await stage(run, operationId);
    if (staged.outcome !== 'done') return staged;
    const credential = staged.value;
    if (isWaiting(run, ...INTERRUPTED_BY)) return { outcome: 'interrupted' };
    if (!compensations.includes(undoObject)) compensations.push(undoObject);
    const made = await establish(run, credential, (object) => (known = object));
    const isRefused = made.outcome === 'failed' && made.failure.code === 'DirectoryPasswordRejected';
    if (!isRefused || attempt === PASSWORD_ATTEMPTS) return made;
    const discarded = await interruptible(run, {
      name: 'discard-credential',
      run: (engine) => engine.discardCredential({ ...refOf(run), credential }),
    });
    if (discarded.outcome !== 'done') return discarded;
    operationId = uuid4();
  }
}

function stage(run: AccountRun, operationId: string): Promise<StepResult<CredentialRef>> {
  const { samAccountName: username } = accountOf(run);
  const policy = snapshotOf(run).template.vault.password;
  return interruptible(run, {
    name: 'stage-credential',
    run: (engine) =>
      engine.stageCredential({ ...refOf(run), vaultPath: vaultPathOf(run), username, operationId, policy }),
  });
}

/** Makes the object. The period begins now; had the step to wait, it begins when it is done, and AD is told so. */
async function establish(
  run: AccountRun,
  credential: CredentialRef,
  found: (object: DirectoryObject) => void,
): Promise<StepResult<Made>> {
  let deadlines = periodFromNow(run);
  const established = await interruptible(
    run,
    {
      name: 'establish-account',
      run: (engine) => {
        deadlines = periodFromNow(run);
        return engine.establishAccount(establishInput(run, credential, deadlines));
      },
    },
    ['DirectoryNameConflict', 'DirectoryPasswordRejected'],
  );
  if (established.outcome !== 'done') return established;
  const object = established.value;
  found(object);
  const begun = periodFromNow(run);
  if (established.wasBlocked && begun.endsAt.getTime() !== deadlines.endsAt.getTime()) {
    const { organizationalUnit } = snapshotOf(run).template.directory;
    const { samAccountName } = accountOf(run);
    const target = { ...refOf(run), samAccountName, organizationalUnit, objectGuid: object.objectGuid };
    const applied = await interruptible(run, {
      name: 'apply-expiry',
      run: (engine) => engine.applyExpiry({ ...target, expiresAt: begun.endsAt.toISOString() }),
    });
    if (applied.outcome !== 'done') return applied;
    deadlines = begun;
  }
  return { ...established, value: { object, credential, deadlines } };
}

function establishInput(run: AccountRun, credential: CredentialRef, deadlines: Deadlines): EstablishAccountInput {
  const { samAccountName, description } = accountOf(run);
  const { organizationalUnit, groups, mayChangePassword } = snapshotOf(run).template.directory;
  const expiresAt = deadlines.endsAt.toISOString();
  return {
    ...refOf(run),
    samAccountName,
    description,
    organizationalUnit,
    groups,
    mayChangePassword,
    expiresAt,
    credential,
  };
}

function periodFromNow(run: AccountRun): Deadlines {
  return deadlinesFrom(snapshotOf(run).template.lifecycle, new Date());
}

function interruptible<T>(
  run: AccountRun,
  step: Pick<Step<T>, 'name' | 'run'>,
  returns: readonly ErrorCode[] = [],
): Promise<StepResult<T>> {
  return patientStep(run, { ...step, interruptedBy: INTERRUPTED_BY, returns });
}
