/** A new period for a living account: at once where the template lets owners renew, after its approval where it does not. */
import { renewedPeriod, type Period } from '../../contracts/deadlines.ts';
import { isRoundOpen } from '../../contracts/lifecycle.ts';
import { settle, type Intent } from '../account-lifecycle/intents.ts';
import { record, type Happening } from '../account-lifecycle/record.ts';
import { accountOf, expiryOf, instantsOf, periodTermsOf, SYSTEM, type AccountRun } from '../account-lifecycle/run.ts';
import { changeObject, giveWay } from './life-step.ts';

/** An owner renews. Answers the intent when the new end date is in the directory. */
export async function renew(run: AccountRun, intent: Intent<'renew'>): Promise<void> {
  const period = renewedFrom(run, new Date());
  if (!(await applyPeriod(run, period))) return giveWay(run, intent);
  settle(run, intent, await recordRenewal(run, period, intent.message.actor));
}

/** Whether a renewal was agreed that the directory does not have yet. */
export function isRenewalAgreed(run: AccountRun): boolean {
  const account = accountOf(run);
  return account.state === 'renewing' && !isRoundOpen(account);
}

/** Carries out a renewal that was agreed: the new period follows from the moment of the last vote. */
export async function carryOutRenewal(run: AccountRun): Promise<void> {
  const { approval } = accountOf(run);
  const last = approval.votes.at(-1);
  if (!last) throw new Error('a renewal was agreed without a vote');
  const period = renewedFrom(run, new Date(last.at));
  if (await applyPeriod(run, period)) await recordRenewal(run, period, SYSTEM);
}

function renewedFrom(run: AccountRun, at: Date): Period {
  const { endsAt } = accountOf(run);
  if (endsAt === null) throw new Error('an account that can be renewed has an end date');
  return renewedPeriod(periodTermsOf(run), new Date(endsAt), at);
}

/** Writes the new end to the directory where it has one, and enables what the old end had ended. */
async function applyPeriod(run: AccountRun, period: Period): Promise<boolean> {
  const account = accountOf(run);
  const expiresAt = expiryOf(account, period.endsAt.toISOString());
  if (expiresAt === null) return true;
  const isWritten = await changeObject(run, 'apply-expiry', (engine, target) =>
    engine.applyExpiry({ ...target, expiresAt }),
  );
  if (!isWritten || !wasEnded(run)) return isWritten;
  return changeObject(run, 'enable-account', (engine, target) => engine.enableAccount(target));
}

/** Also when the end was to be met and its step was blocked: the object may be disabled. */
function wasEnded(run: AccountRun): boolean {
  const { state, renewal, endsAt } = accountOf(run);
  if (state === 'expired' || renewal?.returnTo === 'expired' || isDisabledSinceItsEnd(run)) return true;
  return state === 'active' && endsAt !== null && Date.parse(endsAt) <= Date.now();
}

/** Enabled by hand after its end, and disabled again: whatever disabled it since then, a new period enables it. */
function isDisabledSinceItsEnd(run: AccountRun): boolean {
  const { state, ended, endOfLife } = accountOf(run);
  return endOfLife === 'disable' && state === 'disabled' && ended;
}

function recordRenewal(run: AccountRun, period: Period, actor: string) {
  run.noticedUntil = null;
  run.renewedInThisRun = true;
  const instants = instantsOf(period);
  const renewed: Happening = { type: 'renewed', actor, detail: { endsAt: instants.endsAt } };
  const events = isDisabledSinceItsEnd(run) ? [renewed, { type: 'enabled', actor } as const] : [renewed];
  return record(run, events, { ...instants, ended: false, renewal: null });
}
