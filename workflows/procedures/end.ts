/** The end of a period, met as the template's end-of-life action says. */
import { isFreshWaiting } from '../account-lifecycle/intents.ts';
import { noticeOf } from '../account-lifecycle/notices.ts';
import { record } from '../account-lifecycle/record.ts';
import { accountOf, directoryTarget, SYSTEM, type AccountRun } from '../account-lifecycle/run.ts';
import { admitted, type Admission } from './admit.ts';
import { LIFE_ACTIONS } from './life-step.ts';
import { beginRetirement } from './retire.ts';

/** Meets the end date. While that is blocked, what people ask comes first; the end is then met again. */
export async function meetEnd(run: AccountRun): Promise<void> {
  const { endOfLife, renewal } = accountOf(run);
  switch (endOfLife) {
    case 'review':
      await record(run, { type: 'review-due', actor: SYSTEM }, { ended: true }, told(run));
      return;
    case 'expire': {
      const changes = { ended: true, renewal: renewal && { ...renewal, returnTo: 'expired' as const } };
      await record(run, { type: 'expired', actor: SYSTEM }, changes, told(run));
      return;
    }
    case 'disable':
      if (await switchOff(run)) await record(run, { type: 'expired', actor: SYSTEM }, { ended: true }, told(run));
      return;
    case 'delete':
      await beginRetirement(run, SYSTEM, { isEnd: true });
  }
}

/** An account that its owner switched off is off in the directory already. */
async function switchOff(run: AccountRun): Promise<boolean> {
  if (accountOf(run).state !== 'active') return true;
  const ending: Admission = { step: 'end-of-life', occasion: accountOf(run).endsAt! };
  const target = directoryTarget(run);
  const switched = await admitted(run, ending, {
    name: 'disable-account',
    run: (engine) => engine.disableAccount(target),
    interruptedBy: ['retire'],
    // What had to give way to the end must not make the end give way.
    yieldsTo: () => isFreshWaiting(run, LIFE_ACTIONS),
  });
  return switched.outcome === 'done';
}

function told(run: AccountRun) {
  return [noticeOf('ended', accountOf(run).endsAt!)];
}
