/** Switching a living account off and on in the directory. A retirement supersedes each of these steps while it waits. */
import type { StepName } from '../../contracts/account.ts';
import type { AccountObjectInput, EngineActivities } from '../../contracts/activities.ts';
import { accountOf, directoryTarget, record, SYSTEM, type AccountRun } from '../account-lifecycle/account.ts';
import { refuse, settle, type ActionIntent } from '../account-lifecycle/intents.ts';
import { patientStep } from '../support/patient-step.ts';

/** An owner switches the account off. */
export async function disable(run: AccountRun, intent: ActionIntent): Promise<void> {
  const done = await changeObject(run, 'disable-account', (engine, target) => engine.disableAccount(target));
  if (!done) return refuseSuperseded(run, intent);
  settle(run, intent, await record(run, { type: 'disabled', actor: intent.message.actor }));
}

/** An owner switches the account on again. */
export async function enable(run: AccountRun, intent: ActionIntent): Promise<void> {
  const done = await changeObject(run, 'enable-account', (engine, target) => engine.enableAccount(target));
  if (!done) return refuseSuperseded(run, intent);
  settle(run, intent, await record(run, { type: 'enabled', actor: intent.message.actor }));
}

/** The end date has come. An account that its owner switched off is off in the directory already. */
export async function expire(run: AccountRun): Promise<void> {
  if (accountOf(run).state === 'active') {
    const done = await changeObject(run, 'disable-account', (engine, target) => engine.disableAccount(target));
    if (!done) return;
  }
  await record(run, { type: 'expired', actor: SYSTEM });
}

/** Runs one step on the account's object. Answers false when a retirement superseded it. */
export async function changeObject(
  run: AccountRun,
  name: StepName,
  change: (engine: EngineActivities, target: AccountObjectInput) => Promise<void>,
): Promise<boolean> {
  const target = directoryTarget(run);
  const step = await patientStep(run, { name, run: (engine) => change(engine, target), interruptedBy: ['retire'] });
  return step.outcome === 'done';
}

/** Rejects an intent whose step a retirement superseded. */
export function refuseSuperseded(run: AccountRun, intent: ActionIntent): void {
  const { samAccountName } = accountOf(run);
  refuse(run, intent, 'StateConflict', `${samAccountName} is being retired: ${intent.action} was given up.`);
}
