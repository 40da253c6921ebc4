/** A living account moves to another template, interval, end date or to other owners. */
import type { Account } from '../../contracts/account.ts';
import { isRenewalOpen } from '../../contracts/lifecycle.ts';
import { migrationOutcome } from '../../contracts/migration.ts';
import { ownersInWords } from '../account-lifecycle/desk.ts';
import { refuse, settle, type Intent } from '../account-lifecycle/intents.ts';
import { noticeOf } from '../account-lifecycle/notices.ts';
import { record, skipMissedNotices } from '../account-lifecycle/record.ts';
import { accountOf, expiryOf, now, snapshotOf, type AccountRun } from '../account-lifecycle/run.ts';
import { changeObject, giveWay } from './life-step.ts';

/** Writes another end to the directory first, where there is one; then the account is another one at once. */
export async function migrate(run: AccountRun, intent: Intent<'migrate'>): Promise<void> {
  const { actor, changes } = intent.message;
  const before = accountOf(run);
  const move = migrationOutcome(before, snapshotOf(run), changes, new Date());
  if (move.outcome === 'refused') return refuse(run, intent, move);
  if (move.outcome === 'unchanged') {
    intent.wasSo = true;
    return settle(run, intent, before);
  }
  const { snapshot, outcome: _moves, ...moved } = move;
  const { endOfLife } = snapshot.template.lifecycle;
  const expiresAt = expiryOf({ endOfLife }, move.endsAt);
  const isWritten =
    expiresAt === expiryOf(before, before.endsAt!) ||
    (await changeObject(run, 'apply-expiry', (engine, target) => engine.applyExpiry({ ...target, expiresAt })));
  if (!isWritten) return giveWay(run, intent);
  run.snapshot = snapshot;
  const { templateId, version: templateVersion } = snapshot;
  // Owners may have changed while the directory was away; those whom the migration names count all the same.
  const { owners, ownerGroups } = accountOf(run);
  const named = { owners: [...(changes.owners ?? owners)], ownerGroups: [...(changes.ownerGroups ?? ownerGroups)] };
  if (ownersInWords(named) !== ownersInWords(accountOf(run))) doubt(run, named);
  settle(run, intent, await recordMove(run, actor, { ...moved, ...named, templateId, templateVersion, endOfLife }));
}

/**
 * The owners were active when the migration was asked for, which may be weeks ago: the succession looks at them again, and
 * leaves whoever is active. Where groups alone own the account, it stands or falls with them, whoever is named as the leaver.
 */
function doubt(run: AccountRun, { owners }: Pick<Account, 'owners'>): void {
  const suspects = owners.length > 0 ? owners : [accountOf(run).requester];
  run.left = [...new Set([...run.left, ...suspects])];
}

type Moved = Pick<Account, 'templateId' | 'templateVersion' | 'endOfLife' | 'owners' | 'ownerGroups' | 'interval'> &
  Record<'startsAt' | 'renewalOpensAt' | 'endsAt', string>;

async function recordMove(run: AccountRun, actor: string, after: Moved): Promise<Account> {
  const before = accountOf(run);
  const at = now();
  const detail = {
    templateId: after.templateId,
    templateVersion: after.templateVersion,
    endsAt: after.endsAt,
    before: ownersInWords(before),
    after: ownersInWords(after),
  };
  const { whenRenewalOpens } = snapshotOf(run).template.lifecycle.notices;
  const opens = whenRenewalOpens && isRenewalOpen(after, new Date()) && !isRenewalOpen(before, new Date());
  const notices = [
    ...(detail.before === detail.after ? [] : [noticeOf('owners-changed', at, detail)]),
    ...(opens ? [noticeOf('renewal-opened', at, { endsAt: after.endsAt })] : []),
  ];
  skipMissedNotices(run);
  const named = detail.before === detail.after ? {} : { ownerMissingSince: null };
  return record(run, { type: 'migrated', actor, detail }, { ...after, ...named }, notices);
}
