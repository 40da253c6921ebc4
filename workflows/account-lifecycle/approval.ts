/**
 * One round of approval, of a request or of a renewal: votes, deadlines and approvers of its open step. All of it is
 * desk work: nothing here waits for an engine, so that a round goes on while a step of the account does.
 */
import type { Account } from '../../contracts/account.ts';
import {
  askedFrom,
  askerOf,
  castVote,
  checkBallot,
  openRound,
  stepDeadline,
  withApprovers,
  type Approval,
  type People,
  type Tally,
} from '../../contracts/approval.ts';
import { isRoundOpen } from '../../contracts/lifecycle.ts';
import type { Notice } from '../../contracts/notices.ts';
import { platform, untilDone } from '../support/activities.ts';
import { settleAfter, type Intent } from './intents.ts';
import { noticeOf } from './notices.ts';
import { asStored, record, weighQuorum, type Happening } from './record.ts';
import { accountOf, now, refOf, snapshotOf, SYSTEM, type AccountRun } from './run.ts';

/** A living account's owner asks for another period: the template's steps open again. */
export function requestRenewal(run: AccountRun, intent: Intent<'request-renewal'>): void {
  const { state } = accountOf(run);
  if (state !== 'active' && state !== 'disabled' && state !== 'expired') throw new Error(`${state} has no renewal`);
  const { actor } = intent.message;
  const at = now();
  const { steps, hideApprovers } = snapshotOf(run).template.approval;
  const recorded = record(
    run,
    { type: 'renewal-requested', actor },
    {
      renewal: { returnTo: state, requestedBy: actor, requestedAt: at },
      approval: asStored(openRound('renewal', steps, hideApprovers, at)),
    },
    [noticeOf('approval-needed', at)],
  );
  settleAfter(run, intent, recorded);
}

/** One vote, and what follows from it: of a request its approval or rejection, of a renewal its denial. */
export function vote(run: AccountRun, intent: Intent<'decide'>): void {
  const account = accountOf(run);
  const { message } = intent;
  const check = checkBallot(account.approval, askerOf(account), message);
  if (check.outcome === 'refused') throw new Error(`a ballot that was refused (${check.code}) came to the count`);
  const { openStep } = account.approval;
  const { approval, tally } = castVote(account.approval, message, check.seat, now());
  const { actor, decision, reason } = message;
  const voted: Happening = { type: 'voted', actor, detail: { decision, reason, step: openStep, seat: check.seat } };
  const follows = consequence(account, tally, actor);
  const opened = tally.outcome === 'pending' && approval.openStep !== openStep;
  const notices = opened ? [noticeOf('approval-needed', approval.openedAt)] : follows.notices;
  const changes = { ...follows.changes, approval: asStored(approval) };
  const events = [voted, ...follows.events].map((event) => ofRound(approval, event));
  settleAfter(run, intent, record(run, events, changes, notices));
}

/** Who asked takes it back before it is decided. */
export function withdraw(run: AccountRun, intent: Intent<'withdraw'>): void {
  const { actor } = intent.message;
  const isRenewal = accountOf(run).state === 'renewing';
  const recorded = isRenewal ? denyRenewal(run, actor, 'withdrawn') : record(run, { type: 'withdrawn', actor });
  settleAfter(run, intent, recorded);
}

/** An administrator puts others on the open step. Votes that were cast stay. */
export function replaceApprovers(run: AccountRun, intent: Intent<'replace-approvers'>): void {
  const { actor, approvers, quorum } = intent.message;
  const { approval } = accountOf(run);
  const before = approval.steps[approval.openStep]!;
  const detail = {
    step: approval.openStep,
    before: inWords(before.approvers, before.quorum),
    after: inWords(approvers, quorum),
  };
  const recorded = record(
    run,
    ofRound(approval, { type: 'approvers-replaced', actor, detail }),
    { approval: withApprovers(approval, { approvers, quorum }) },
    // Those who were asked before are not told again: it is the same notice.
    [noticeOf('approval-needed', approval.openedAt)],
  );
  settleAfter(run, intent, recorded);
}

/** The open step's time is over: others are asked too, once; after that, or where nobody else is named, it lapses. */
export function meetStepDeadline(run: AccountRun): void {
  const { approval, state } = accountOf(run);
  const dueAt = stepDeadline(approval);
  const step = approval.steps[approval.openStep];
  if (dueAt === null || !step) throw new Error('a step without a deadline has met none');
  const detail = { step: approval.openStep };
  if (step.escalation !== null && !approval.escalated) {
    const escalated: Happening = { type: 'escalated', actor: SYSTEM, detail };
    void record(run, escalated, { approval: { ...approval, escalated: true } }, [
      noticeOf('approval-escalated', dueAt),
    ]);
  } else if (state === 'renewing') {
    void denyRenewal(run, SYSTEM, 'lapsed');
  } else {
    void record(run, { type: 'lapsed', actor: SYSTEM, detail }, {}, [noticeOf('request-lapsed', dueAt)]);
  }
}

/** Looks at the approvers of the open step, and of those after it, again. What is told meanwhile is looked at afterwards. */
export function lookAtApprovers(run: AccountRun): void {
  const account = accountOf(run);
  run.approversChanged = false;
  if (!isRoundOpen(account)) return;
  const { approval } = account;
  run.sending += 1;
  const asked = {
    openStep: approval.openStep,
    steps: askedFrom(approval).map(({ quorum, ...people }) => ({ ...copied(people), quorum })),
  };
  const found = untilDone(() => platform.findDeciders({ ...refOf(run), ...asked }));
  void found.then((able) => {
    weighQuorum(run, approval, able);
    run.sending -= 1;
  });
}

interface Consequence {
  readonly events: readonly Happening[];
  readonly changes: Partial<Account>;
  readonly notices: readonly Notice[];
}

const NOTHING: Consequence = { events: [], changes: {}, notices: [] };

function consequence(account: Account, tally: Tally, actor: string): Consequence {
  const at = now();
  // A renewal that is agreed is `renewed` when the directory has it.
  if (tally.outcome === 'pending' || (tally.outcome === 'approved' && account.state === 'renewing')) return NOTHING;
  if (tally.outcome === 'approved') {
    return { ...NOTHING, events: [{ type: 'approved', actor }], notices: [noticeOf('request-approved', at)] };
  }
  const { reason } = tally;
  if (account.state === 'renewing') {
    // Owners read it.
    const by = account.approval.hideApprovers ? null : actor;
    return {
      events: [{ type: 'renewal-denied', actor, detail: { reason, by: actor } }],
      changes: { renewal: null },
      notices: [noticeOf('renewal-denied', at, { reason, by })],
    };
  }
  return {
    ...NOTHING,
    events: [{ type: 'rejected', actor, detail: { reason } }],
    notices: [noticeOf('request-rejected', at, { reason })],
  };
}

/** Without a vote: nobody's name is to be hidden. */
function denyRenewal(run: AccountRun, actor: string, reason: 'lapsed' | 'withdrawn'): Promise<Account> {
  const detail = { reason, by: actor };
  const notice = noticeOf('renewal-denied', now(), detail);
  return record(run, { type: 'renewal-denied', actor, detail }, { renewal: null }, [notice]);
}

/** What names an approver of the round. The event says itself that they are hidden: it outlives its round. */
function ofRound({ hideApprovers }: Approval, event: Happening): Happening {
  return hideApprovers ? { ...event, detail: { ...event.detail, approversHidden: true } } : event;
}

function copied({ users, groups }: People): { users: string[]; groups: string[] } {
  return { users: [...users], groups: [...groups] };
}

function inWords({ users, groups }: People, quorum: number): string {
  return `${quorum} of ${[...users, ...groups.map((group) => `group ${group}`)].join(', ')}`;
}
