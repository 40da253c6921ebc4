/**
 * From approved to active: a password is staged in the vault, the account is made with it and proved by a log-on, the
 * password becomes current. Whatever ends it early is undone: afterwards there is neither object nor secret. What a new
 * run needs to find its place again is in `run.provisioning`; steps find their own earlier work by its operation id.
 */
import { uuid4 } from '@temporalio/workflow';
import type { CredentialRef, DirectoryObject, EstablishAccountInput } from '../../contracts/activities.ts';
import { periodFrom, type Period } from '../../contracts/deadlines.ts';
import type { ErrorCode } from '../../contracts/errors.ts';
import type { Provisioning } from '../../contracts/workflows.ts';
import { isWaiting, settleAfter, take } from '../account-lifecycle/intents.ts';
import { noticeOf } from '../account-lifecycle/notices.ts';
import { record } from '../account-lifecycle/record.ts';
import {
  accountOf,
  expiryOf,
  instantsOf,
  now,
  periodTermsOf,
  refOf,
  snapshotOf,
  SYSTEM,
  vaultPathOf,
  type AccountRun,
} from '../account-lifecycle/run.ts';
import { blockUntilResumed, patientStep, type Step, type StepResult } from '../support/patient-step.ts';
import { deletion, revokeSecret } from './delete.ts';

/** How many generated passwords the domain may refuse before a person must look at its policy. */
const PASSWORD_ATTEMPTS = 3;
const INTERRUPTED_BY = ['withdraw'] as const;

interface Made {
  readonly object: DirectoryObject;
  readonly period: Period;
}

/** Provisions an approved account, however long it takes. Returns when the account is active, or withdrawing. */
export async function provision(run: AccountRun): Promise<void> {
  for (;;) {
    // The first credential is known by the account's own id.
    run.provisioning ??= begin(run.accountId);
    const refused = run.provisioning.refused ?? (await attempt(run));
    if (refused === 'provisioned') return;
    if (refused !== 'interrupted') {
      note(run, { refused });
      await undo(run);
      await blockUntilResumed(run, { name: 'establish-account', interruptedBy: INTERRUPTED_BY }, refused);
    }
    const intent = take(run, INTERRUPTED_BY);
    if (intent) {
      settleAfter(run, intent, record(run, { type: 'withdrawal-requested', actor: intent.message.actor }));
      return;
    }
    run.provisioning = begin(uuid4());
  }
}

/** Undoes what was begun of a withdrawn request, and ends the account. */
export async function giveUp(run: AccountRun): Promise<void> {
  await undo(run);
  run.provisioning = null;
  await record(run, { type: 'withdrawn', actor: SYSTEM });
}

function begin(operationId: string): Provisioning {
  return {
    operationId,
    passwordsRefused: 0,
    isStaging: false,
    isEstablishing: false,
    objectGuid: null,
    refused: null,
  };
}

function begun({ provisioning }: AccountRun): Provisioning {
  if (provisioning === null) throw new Error('a step of provisioning runs outside of it');
  return provisioning;
}

function note(run: AccountRun, changes: Partial<Provisioning>): void {
  run.provisioning = { ...begun(run), ...changes };
}

/** The newest first. Each was on the list before it began: it may have had an effect that we never heard of. */
async function undo(run: AccountRun): Promise<void> {
  if (begun(run).isEstablishing) await patientStep(run, deletion(run, begun(run).objectGuid));
  note(run, { isEstablishing: false, objectGuid: null });
  if (begun(run).isStaging) await revokeSecret(run, ['VaultPathConflict']);
  note(run, { isStaging: false });
}

/** One way through all steps: it ends well, is interrupted, or fails in a way that a person must look at. */
async function attempt(run: AccountRun): Promise<'provisioned' | 'interrupted' | NonNullable<Provisioning['refused']>> {
  for (;;) {
    note(run, { isStaging: true });
    const staged = await stage(run);
    if (staged.outcome === 'failed') return staged.failure;
    if (staged.outcome === 'interrupted' || isWaiting(run, INTERRUPTED_BY)) return 'interrupted';
    const credential = staged.value;
    note(run, { isEstablishing: true });
    const made = await establish(run, credential);
    const ended = made.outcome === 'done' ? await promote(run, credential, made.value) : made;
    if (ended.outcome === 'done') return 'provisioned';
    if (ended.outcome === 'interrupted') return 'interrupted';
    if (ended.failure.code !== 'DirectoryPasswordRejected') return ended.failure;
    if (begun(run).passwordsRefused + 1 === PASSWORD_ATTEMPTS) return ended.failure;
    const discarded = await discard(run, credential);
    if (discarded.outcome !== 'done') return 'interrupted';
    note(run, { operationId: uuid4(), passwordsRefused: begun(run).passwordsRefused + 1 });
  }
}

function stage(run: AccountRun): Promise<StepResult<CredentialRef>> {
  const { samAccountName: username } = accountOf(run);
  const policy = snapshotOf(run).template.vault.password;
  const { operationId } = begun(run);
  return interruptible(run, {
    name: 'stage-credential',
    run: (engine) =>
      engine.stageCredential({ ...refOf(run), vaultPath: vaultPathOf(run), username, operationId, policy }),
  });
}

function discard(run: AccountRun, credential: CredentialRef): Promise<StepResult<void>> {
  return interruptible(run, {
    name: 'discard-credential',
    run: (engine) => engine.discardCredential({ ...refOf(run), credential }),
  });
}

/** Makes the object. The period begins now; had the step to wait, it begins when it is done, and AD is told so. */
async function establish(run: AccountRun, credential: CredentialRef): Promise<StepResult<Made>> {
  let period = periodFromNow(run);
  const established = await interruptible(
    run,
    {
      name: 'establish-account',
      run: (engine) => {
        period = periodFromNow(run);
        return engine.establishAccount(establishInput(run, credential, period));
      },
    },
    ['DirectoryNameConflict', 'DirectoryPasswordRejected'],
  );
  if (established.outcome !== 'done') return established;
  const object = established.value;
  note(run, { objectGuid: object.objectGuid });
  const later = periodFromNow(run);
  if (!established.wasBlocked || later.endsAt.getTime() === period.endsAt.getTime()) {
    return { ...established, value: { object, period } };
  }
  const expiresAt = expiryAt(run, later);
  if (expiresAt !== null) {
    const { samAccountName, organizationalUnit } = accountOf(run);
    const target = { ...refOf(run), samAccountName, organizationalUnit, objectGuid: object.objectGuid };
    const applied = await interruptible(run, {
      name: 'apply-expiry',
      run: (engine) => engine.applyExpiry({ ...target, expiresAt }),
    });
    if (applied.outcome !== 'done') return applied;
  }
  return { ...established, value: { object, period: later } };
}

/** Makes the password the current one: then the account is complete. */
async function promote(
  run: AccountRun,
  credential: CredentialRef,
  { object, period }: Made,
): Promise<StepResult<unknown>> {
  const promoted = await interruptible(run, {
    name: 'promote-credential',
    run: (engine) => engine.promoteCredential({ ...refOf(run), credential }),
  });
  if (promoted.outcome !== 'done') return promoted;
  // The last moment at which a withdrawal counts.
  if (isWaiting(run, INTERRUPTED_BY)) return { outcome: 'interrupted' };
  const { objectGuid, objectSid, distinguishedName } = object;
  const { vaultPath, version } = promoted.value;
  run.provisioning = null;
  await record(
    run,
    { type: 'provisioned', actor: SYSTEM, detail: { distinguishedName } },
    { objectGuid, objectSid, distinguishedName, ...instantsOf(period), secret: { vaultPath, version } },
    [noticeOf('provisioned', now())],
  );
  return promoted;
}

function establishInput(run: AccountRun, credential: CredentialRef, period: Period): EstablishAccountInput {
  const { samAccountName, description, attributes, organizationalUnit } = accountOf(run);
  const { groups, mayChangePassword } = snapshotOf(run).template.directory;
  return {
    ...refOf(run),
    samAccountName,
    description,
    attributes,
    organizationalUnit,
    groups,
    mayChangePassword,
    expiresAt: expiryAt(run, period),
    credential,
  };
}

function expiryAt(run: AccountRun, { endsAt }: Period): string | null {
  return expiryOf(accountOf(run), endsAt.toISOString());
}

function periodFromNow(run: AccountRun): Period {
  return periodFrom(periodTermsOf(run), new Date());
}

function interruptible<T>(
  run: AccountRun,
  step: Pick<Step<T>, 'name' | 'run'>,
  returns: readonly ErrorCode[] = [],
): Promise<StepResult<T>> {
  return patientStep(run, { ...step, interruptedBy: INTERRUPTED_BY, returns });
}
