/** A new period for an account that is active, or was ended by its end date. */
import { renewedDeadlines } from '../../contracts/deadlines.ts';
import { accountOf, instantsOf, record, snapshotOf, type AccountRun } from '../account-lifecycle/account.ts';
import { settle, type ActionIntent } from '../account-lifecycle/intents.ts';
import { changeObject, refuseSuperseded } from './disable.ts';

/** Writes the new end date to the directory, then enables an account that had expired, and answers the intent. */
export async function renew(run: AccountRun, intent: ActionIntent): Promise<void> {
  const { endsAt, state } = accountOf(run);
  if (endsAt === null) throw new Error('an account that can be renewed has an end date');
  const deadlines = renewedDeadlines(snapshotOf(run).template.lifecycle, new Date(endsAt), new Date());
  const expiresAt = deadlines.endsAt.toISOString();
  const done =
    (await changeObject(run, 'apply-expiry', (engine, target) => engine.applyExpiry({ ...target, expiresAt }))) &&
    (state !== 'expired' ||
      (await changeObject(run, 'enable-account', (engine, target) => engine.enableAccount(target))));
  if (!done) return refuseSuperseded(run, intent);
  run.reminded = false;
  run.renewedInThisRun = true;
  const { actor } = intent.message;
  settle(
    run,
    intent,
    await record(run, { type: 'renewed', actor, detail: { endsAt: expiresAt } }, instantsOf(deadlines)),
  );
}
