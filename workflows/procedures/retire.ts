/**
 * Retirement: at once and for good, or first into quarantine, where everything can be put back exactly as it was until
 * the template's grace period is over.
 */
import type { Account, Retirement } from '../../contracts/account.ts';
import { mustParse, shift } from '../../contracts/deadlines.ts';
import { isWaiting, settle, settleAfter, take, type Intent } from '../account-lifecycle/intents.ts';
import { noticeOf } from '../account-lifecycle/notices.ts';
import { record, remember, skipMissedNotices } from '../account-lifecycle/record.ts';
import { rest } from '../account-lifecycle/rest.ts';
import {
  accountOf,
  directoryTarget,
  now,
  refOf,
  snapshotOf,
  SYSTEM,
  vaultPathOf,
  type AccountRun,
} from '../account-lifecycle/run.ts';
import { unblock } from '../support/block.ts';
import { patientStep, untilEnded, type StepResult } from '../support/patient-step.ts';
import { admit, admitted, isFresh, whileAdmitted } from './admit.ts';
import { deleteAccount } from './delete.ts';

/** Somebody retires the account; answered as soon as that is on record. */
export function retireOnRequest(run: AccountRun, intent: Intent<'retire'>): void {
  settleAfter(run, intent, beginRetirement(run, intent.message.actor));
}

/** Puts the retirement on record: `isEnd` when it is the template's end of life, which cannot be undone. */
export function beginRetirement(run: AccountRun, actor: string, { isEnd = false } = {}) {
  const { endsAt, ended } = accountOf(run);
  const at = now();
  const notices = [...(isEnd ? [noticeOf('ended', endsAt!)] : []), noticeOf('retirement-begun', at)];
  const retirement: Retirement = {
    requestedBy: actor,
    requestedAt: at,
    returnTo: returnOf(run),
    final: isEnd || snapshotOf(run).template.lifecycle.gracePeriod === null,
    undoUntil: null,
    captured: null,
  };
  const changes = { retirement, renewal: null, ended: ended || isEnd };
  return record(run, { type: 'retirement-requested', actor }, changes, notices);
}

/** Takes a retiring account out of use, however long it takes: into quarantine, or away. */
export async function retire(run: AccountRun): Promise<void> {
  const { final, captured } = retirementOf(run);
  if (final) return destroy(run, admitted);
  if (captured !== null) return quarantine(run, admitted);
  switch (await capture(run)) {
    case 'captured':
      return quarantine(run, whileAdmitted);
    case 'missing':
      return destroy(run, admitted);
    case 'taken-back':
      return;
  }
}

/** Waits in quarantine for an undo, or for the end of the grace period, which deletes the account. */
export async function waitForUndo(run: AccountRun): Promise<void> {
  const { undoUntil, final } = retirementOf(run);
  if (undoUntil === null) throw new Error('a quarantined account can be restored until an instant');
  if (final) return destroy(run, admitted);
  await rest(run, () => isWaiting(run, ['restore']), Date.parse(undoUntil));
  const intent = take(run, ['restore']);
  if (intent) return restore(run, intent);
  const admission = admissionOf(run, 'deletion');
  if (!(await admit(run, admission, { interruptedBy: ['restore'] })) || isWaiting(run, ['restore'])) return;
  // From here on nothing can be promised any more.
  remember(run, { retirement: { ...retirementOf(run), final: true } });
  await destroy(run, whileAdmitted);
}

/**
 * Reads what an undo would put back, before anything is changed. `missing`: the object is gone, nothing can be undone. Until
 * then the retirement can be taken back while it waits, for its admission or for the engine; after each wait the admission
 * is asked for again.
 */
async function capture(run: AccountRun): Promise<'captured' | 'missing' | 'taken-back'> {
  for (;;) {
    const cuts = { interruptedBy: ['restore'] } as const;
    const isAdmitted = !isWaiting(run, ['restore']) && (await admit(run, admissionOf(run, 'retirement'), cuts));
    const intent = take(run, ['restore']);
    if (intent) {
      await takeBack(run, intent);
      return 'taken-back';
    }
    if (!isAdmitted) continue;
    unblock(run);
    const admittedAtMs = Date.now();
    const captured = await untilEnded(run, {
      name: 'capture-account',
      run: (engine) => engine.captureAccount(directoryTarget(run)),
      ...cuts,
      returns: ['DirectoryObjectMissing'],
    });
    // The object may have been read all the same. The account is still blocked then, so that it may be taken back.
    if (captured.outcome === 'interrupted' || isWaiting(run, ['restore'])) continue;
    unblock(run);
    if (captured.outcome === 'failed') {
      remember(run, { retirement: { ...retirementOf(run), final: true } });
      return 'missing';
    }
    if (captured.wasBlocked || !isFresh(admittedAtMs)) continue;
    remember(run, { retirement: { ...retirementOf(run), captured: captured.value } });
    return 'captured';
  }
}

/** Nothing was done yet that would have to be undone. */
async function takeBack(run: AccountRun, intent: Intent<'restore'>): Promise<void> {
  const { distinguishedName } = accountOf(run);
  settle(run, intent, await recordRestoration(run, intent.message.actor, { distinguishedName, missingGroups: 0 }));
}

function destroy(run: AccountRun, done: typeof admitted): Promise<void> {
  return deleteAccount(run, (step) => done(run, admissionOf(run, 'deletion'), step));
}

async function quarantine(run: AccountRun, done: typeof admitted): Promise<void> {
  const { retirementOrganizationalUnit } = snapshotOf(run).template.directory;
  const moved = valueOf(
    await done(run, admissionOf(run, 'retirement'), {
      name: 'quarantine-account',
      run: (engine) => engine.quarantineAccount({ ...directoryTarget(run), retirementOrganizationalUnit }),
    }),
  );
  await patientStep(run, {
    name: 'suspend-credential',
    run: (engine) => engine.suspendCredential({ ...refOf(run), vaultPath: vaultPathOf(run) }),
  });
  const { gracePeriod } = snapshotOf(run).template.lifecycle;
  const undoUntil = shift(new Date(), mustParse(gracePeriod!)).toISOString();
  const { distinguishedName } = moved;
  await record(
    run,
    { type: 'quarantined', actor: SYSTEM, detail: { undoUntil, distinguishedName } },
    { distinguishedName, retirement: { ...retirementOf(run), undoUntil } },
  );
}

/** Another one after an undo: what is asked for again is let through again. */
function admissionOf<S extends 'retirement' | 'deletion'>(run: AccountRun, step: S) {
  return { step, occasion: retirementOf(run).requestedAt };
}

/** The secret first, so that the vault has the password of whatever works again. */
async function restore(run: AccountRun, intent: Intent<'restore'>): Promise<void> {
  const { captured } = retirementOf(run);
  if (captured === null) throw new Error('an account was quarantined without a picture of what it was');
  await patientStep(run, {
    name: 'reinstate-credential',
    run: (engine) => engine.reinstateCredential({ ...refOf(run), vaultPath: vaultPathOf(run) }),
  });
  const { distinguishedName, missingGroups } = valueOf(
    await patientStep(run, {
      name: 'restore-account',
      run: (engine) => engine.restoreAccount({ ...directoryTarget(run), captured }),
    }),
  );
  const detail = { distinguishedName, missingGroups: missingGroups.length, ...named(missingGroups) };
  settle(run, intent, await recordRestoration(run, intent.message.actor, detail));
}

type RestorationDetail = Pick<Account, 'distinguishedName'> & { missingGroups: number; groups?: string };

/** A window that opened meanwhile is told of; what else was not told then has no use any more. */
function recordRestoration(run: AccountRun, actor: string, detail: RestorationDetail): Promise<Account> {
  const { distinguishedName } = detail;
  const { renewalOpensAt, endsAt } = accountOf(run);
  const opened = renewalOpensAt !== null && renewalOpensAt > retirementOf(run).requestedAt && renewalOpensAt <= now();
  const isTold = opened && snapshotOf(run).template.lifecycle.notices.whenRenewalOpens;
  const notices = isTold ? [noticeOf('renewal-opened', now(), { endsAt })] : [];
  skipMissedNotices(run);
  return record(run, { type: 'restored', actor, detail }, { distinguishedName, retirement: null }, notices);
}

/** Groups that are gone by now, as far as an event has room for them. */
function named(groups: readonly string[]): { groups?: string } {
  return groups.length === 0 ? {} : { groups: groups.slice(0, 10).join('; ') };
}

/** A step that nothing interrupts and that returns no failure ends only when it is done. */
function valueOf<T>(step: StepResult<T>): T {
  if (step.outcome !== 'done') throw new Error(`a step that nothing ends early was ${step.outcome}`);
  return step.value;
}

function retirementOf(run: AccountRun): Retirement {
  const { retirement } = accountOf(run);
  if (retirement === null) throw new Error('an account is being retired without a retirement');
  return retirement;
}

function returnOf(run: AccountRun): Retirement['returnTo'] {
  const { state, renewal } = accountOf(run);
  if (renewal !== null) return renewal.returnTo;
  if (state !== 'active' && state !== 'disabled' && state !== 'expired') throw new Error(`${state} cannot be retired`);
  return state;
}
