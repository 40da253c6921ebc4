/**
 * Desk work: what an account can do without an engine. It is done as soon as it comes, also while a step of the account
 * waits for its engine; each piece is one synchronous change, so that nothing comes between.
 */
import { getExternalWorkflowHandle } from '@temporalio/workflow';
import { isAllowed } from '../../contracts/lifecycle.ts';
import { ACCOUNT_MIGRATED_SIGNAL } from '../../contracts/workflows.ts';
import { lookAtApprovers, meetStepDeadline, replaceApprovers, vote, withdraw } from './approval.ts';
import { isWaiting, settleAfter, take, type Intent } from './intents.ts';
import { dueNotices, noticeFactsOf, noticeOf } from './notices.ts';
import { notify, record } from './record.ts';
import { accountOf, now, snapshotOf, type AccountRun } from './run.ts';
import { deadlinesOf, type Deadline } from './schedule.ts';

/** Deadlines that are met at the desk. */
const DESK_DEADLINES: readonly Deadline['kind'][] = ['notice', 'step'];

/** Does all desk work that there is. */
export function attend(run: AccountRun): void {
  for (let work = nextWork(run); work; work = nextWork(run)) work();
}

/** Whether there is desk work, apart from deadlines. */
export function hasDeskWork(run: AccountRun): boolean {
  if (run.replies.length > 0) return true;
  return run.account !== null && (run.approversChanged || isWaiting(run, deskActions(run)));
}

/**
 * When the account must be looked at next, in milliseconds since the epoch; infinity when nothing lies ahead. Deadlines
 * that are no desk work count too, until they have come: whoever waits may have to give way to them.
 */
export function nextLook(run: AccountRun): number {
  const nowMs = Date.now();
  const ahead = deadlines(run).filter(({ kind, at }) => at > nowMs || DESK_DEADLINES.includes(kind));
  return Math.min(...ahead.map(({ at }) => at));
}

/** Deadlines come before what is asked: they were there first. */
function nextWork(run: AccountRun): (() => void) | undefined {
  if (run.replies.length > 0) return () => sendReplies(run);
  if (run.account === null) return undefined;
  const deadline = deskDeadline(run);
  if (deadline && deadline.at <= Date.now()) return () => meet(run, deadline);
  if (isWaiting(run, deskActions(run))) return () => answer(run);
  return run.approversChanged ? () => lookAtApprovers(run) : undefined;
}

function deskDeadline(run: AccountRun): Deadline | undefined {
  return deadlines(run).find(({ kind }) => DESK_DEADLINES.includes(kind));
}

function deadlines(run: AccountRun): Deadline[] {
  if (run.account === null) return [];
  return deadlinesOf({ account: run.account, snapshot: snapshotOf(run), noticedUntil: run.noticedUntil });
}

function meet(run: AccountRun, { kind }: Deadline): void {
  if (kind === 'step') return meetStepDeadline(run);
  const facts = noticeFactsOf(accountOf(run), snapshotOf(run));
  if (!facts) throw new Error('a notice is due and the account has no period');
  const due = dueNotices(facts, run.noticedUntil, Date.now());
  notify(run, due);
  run.noticedUntil = due.at(-1)!.dueAt;
}

const ROUND_ACTIONS = ['decide', 'withdraw', 'replace-approvers'] as const;

/** An approved request's withdrawal has something to undo: it is the provisioning's business. */
function deskActions({ account }: AccountRun): readonly ((typeof ROUND_ACTIONS)[number] | 'change-owners')[] {
  if (account === null) return [];
  return [
    ...(isAllowed(account.state, 'voted') ? ROUND_ACTIONS : []),
    ...(isAllowed(account.state, 'owners-changed') ? (['change-owners'] as const) : []),
  ];
}

function answer(run: AccountRun): void {
  const intent = take(run, deskActions(run));
  switch (intent?.action) {
    case 'decide':
      return vote(run, intent);
    case 'withdraw':
      return withdraw(run, intent);
    case 'replace-approvers':
      return replaceApprovers(run, intent);
    case 'change-owners':
      return changeOwners(run, intent);
    default:
      throw new Error('desk work was announced and is not there');
  }
}

function changeOwners(run: AccountRun, intent: Intent<'change-owners'>): void {
  const { actor, owners, ownerGroups } = intent.message;
  const before = accountOf(run);
  const after = { owners: [...new Set(owners)], ownerGroups: [...new Set(ownerGroups)], ownerMissingSince: null };
  const detail = { before: ownersInWords(before), after: ownersInWords(after) };
  const notice = noticeOf('owners-changed', now(), detail);
  settleAfter(run, intent, record(run, { type: 'owners-changed', actor, detail }, after, [notice]));
}

/** Owners as an event and a notice tell them. */
export function ownersInWords({
  owners,
  ownerGroups,
}: {
  owners: readonly string[];
  ownerGroups: readonly string[];
}): string {
  return [...owners, ...ownerGroups.map((group) => `group ${group}`)].join(', ');
}

/** Tells the workflows that asked what became of it. Whoever asked may be gone: nobody is left to be told then. */
export function sendReplies(run: AccountRun): void {
  for (const { workflowId, outcome } of run.replies.splice(0)) {
    run.sending += 1;
    void getExternalWorkflowHandle(workflowId)
      .signal(ACCOUNT_MIGRATED_SIGNAL, outcome)
      .catch(() => undefined)
      .then(() => (run.sending -= 1));
  }
}
