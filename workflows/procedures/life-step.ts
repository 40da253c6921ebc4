/**
 * Steps on the object of a living account. A retirement supersedes each of them; the end date is met before one that is
 * blocked, which is then tried again.
 */
import type { StepName } from '../../contracts/account.ts';
import type { AccountObjectInput, EngineActivities } from '../../contracts/activities.ts';
import { isWaiting, putBack, refuse, type Intent } from '../account-lifecycle/intents.ts';
import { accountOf, directoryTarget, snapshotOf, type AccountRun } from '../account-lifecycle/run.ts';
import { isDue } from '../account-lifecycle/schedule.ts';
import { patientStep } from '../support/patient-step.ts';

/** What people ask of a living account that the main loop does, one after the other. */
export const LIFE_ACTIONS = ['retire', 'renew', 'request-renewal', 'disable', 'enable', 'edit', 'migrate'] as const;

/** Whether the present period has ended and that was not met yet. */
export function isEndDue(run: AccountRun): boolean {
  const scheduled = { account: accountOf(run), snapshot: snapshotOf(run), noticedUntil: run.noticedUntil };
  return isDue(scheduled, 'end', Date.now());
}

/** Runs one step on the account's object. False when something else comes first; whether it had an effect is not known then. */
export async function changeObject(
  run: AccountRun,
  name: StepName,
  change: (engine: EngineActivities, target: AccountObjectInput) => Promise<void>,
): Promise<boolean> {
  const target = directoryTarget(run);
  const step = await patientStep(run, {
    name,
    run: (engine) => change(engine, target),
    interruptedBy: ['retire'],
    yieldsTo: () => isEndDue(run),
  });
  return step.outcome === 'done';
}

/** An intent whose step had to give way: superseded by a retirement, or put back until the end date is met. */
export function giveWay(run: AccountRun, intent: Intent): void {
  if (!isWaiting(run, ['retire'])) return putBack(intent);
  const message = `${accountOf(run).samAccountName} is being retired: ${intent.action} was given up.`;
  refuse(run, intent, { code: 'StateConflict', message });
}
