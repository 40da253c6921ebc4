/** The end of a period, met as the template's end-of-life action says. */
import { isFreshWaiting } from '../account-lifecycle/intents.ts';
import { noticeOf } from '../account-lifecycle/notices.ts';
import { record } from '../account-lifecycle/record.ts';
import { accountOf, SYSTEM, type AccountRun } from '../account-lifecycle/run.ts';
import { admit } from './admit.ts';
import { changeObject, LIFE_ACTIONS } from './life-step.ts';
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
  // What had to give way to the end must not make the end give way.
  const yieldsTo = () => isFreshWaiting(run, LIFE_ACTIONS);
  const ending = { step: 'end-of-life', occasion: accountOf(run).endsAt! } as const;
  if (!(await admit(run, ending, { interruptedBy: ['retire'], yieldsTo }))) return false;
  return changeObject(run, 'disable-account', (engine, target) => engine.disableAccount(target), yieldsTo);
}

function told(run: AccountRun) {
  return [noticeOf('ended', accountOf(run).endsAt!)];
}
