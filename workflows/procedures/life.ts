/** The years of a living account: what people ask of it, its end dates, and owners who leave. */
import { log } from '@temporalio/workflow';
import { LIVING_STATES } from '../../contracts/lifecycle.ts';
import { requestRenewal } from '../account-lifecycle/approval.ts';
import { isFreshWaiting, isWaiting, settle, take } from '../account-lifecycle/intents.ts';
import { rest } from '../account-lifecycle/rest.ts';
import { accountOf, type AccountRun } from '../account-lifecycle/run.ts';
import { unblock } from '../support/block.ts';
import { disable, edit, enable } from './change.ts';
import { meetEnd } from './end.ts';
import { isEndDue, LIFE_ACTIONS } from './life-step.ts';
import { migrate } from './migrate.ts';
import { carryOutRenewal, isRenewalAgreed, renew } from './renew.ts';
import { retireOnRequest } from './retire.ts';
import { succeed } from './succession.ts';

/** Lives until the account is to be retired. */
export async function life(run: AccountRun): Promise<void> {
  while (isLiving(run)) {
    const work = nextWork(run);
    if (work) {
      await work();
      continue;
    }
    // What was blocked has given way to something that did away with it.
    unblock(run);
    await rest(run, () => !isLiving(run) || nextWork(run) !== undefined, endMs(run));
  }
}

/**
 * What comes first. A retirement ends all else. The end date was there before what is asked now; only when it cannot be
 * met (frozen, no engine) do people's wishes come before it.
 */
function nextWork(run: AccountRun): (() => void | Promise<void>) | undefined {
  const mayWait = accountOf(run).blocked !== null && isFreshWaiting(run, LIFE_ACTIONS);
  if (isWaiting(run, ['retire'])) return () => act(run);
  if (isEndDue(run) && !mayWait) return () => meetEnd(run);
  if (isRenewalAgreed(run)) return () => carryOutRenewal(run);
  if (isWaiting(run, LIFE_ACTIONS)) return () => act(run);
  if (run.left.length > 0) return () => succeed(run);
  return isWaiting(run, ['resume']) ? () => act(run) : undefined;
}

/** Does what somebody asked. */
function act(run: AccountRun): void | Promise<void> {
  const retirement = take(run, ['retire']);
  if (retirement) return retireOnRequest(run, retirement);
  const intent = take(run, [...LIFE_ACTIONS, 'resume']);
  switch (intent?.action) {
    case 'renew':
      return renew(run, intent);
    case 'request-renewal':
      return requestRenewal(run, intent);
    case 'disable':
      return disable(run, intent);
    case 'enable':
      return enable(run, intent);
    case 'edit':
      return edit(run, intent);
    case 'migrate':
      return migrate(run, intent);
    case 'resume':
      // Nothing waits at this moment: what was blocked is tried again anyway.
      return settle(run, intent, accountOf(run));
    default:
      log.warn('an account was told of work that is not there');
  }
}

function isLiving(run: AccountRun): boolean {
  return LIVING_STATES.includes(accountOf(run).state);
}

function endMs(run: AccountRun): number {
  const { ended, endsAt } = accountOf(run);
  return ended || endsAt === null ? Infinity : Date.parse(endsAt);
}
