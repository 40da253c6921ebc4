/** What an owner changes of a living account's object: on, off, and its description. */
import { settle, type Intent } from '../account-lifecycle/intents.ts';
import { record } from '../account-lifecycle/record.ts';
import { accountOf, type AccountRun } from '../account-lifecycle/run.ts';
import { changeObject, giveWay } from './life-step.ts';

/** An owner switches the account off. */
export async function disable(run: AccountRun, intent: Intent<'disable'>): Promise<void> {
  const isDone = await changeObject(run, 'disable-account', (engine, target) => engine.disableAccount(target));
  if (!isDone) return giveWay(run, intent);
  settle(run, intent, await record(run, { type: 'disabled', actor: intent.message.actor }));
}

/** An owner switches the account on again. After its end the expiry in AD is in the past: it goes first. */
export async function enable(run: AccountRun, intent: Intent<'enable'>): Promise<void> {
  const isExpiryGone =
    accountOf(run).state !== 'expired' ||
    (await changeObject(run, 'apply-expiry', (engine, target) => engine.applyExpiry({ ...target, expiresAt: null })));
  const isDone =
    isExpiryGone && (await changeObject(run, 'enable-account', (engine, target) => engine.enableAccount(target)));
  if (!isDone) return giveWay(run, intent);
  settle(run, intent, await record(run, { type: 'enabled', actor: intent.message.actor }));
}

/** An owner describes the account anew. */
export async function edit(run: AccountRun, intent: Intent<'edit'>): Promise<void> {
  const { actor, description } = intent.message;
  const isDone = await changeObject(run, 'apply-description', (engine, target) =>
    engine.applyDescription({ ...target, description }),
  );
  if (!isDone) return giveWay(run, intent);
  const detail = { before: accountOf(run).description, after: description };
  settle(run, intent, await record(run, { type: 'edited', actor, detail }, { description }));
}
