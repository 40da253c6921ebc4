import { describe, expect, test } from 'vitest';
import {
  askedOn,
  canReachQuorum,
  castVote,
  checkBallot,
  openRound,
  stepDeadline,
  tally,
  type Approval,
  type ApprovalStep,
  type Ballot,
  type Vote,
} from './approval.ts';

const AT = '2026-01-01T00:00:00.000Z';
const LATER = '2026-01-02T00:00:00.000Z';
const REQUESTER = 'rita';

const people = (...users: string[]) => ({ users, groups: [] });

const step = (users: readonly string[], quorum: number, changes: Partial<ApprovalStep> = {}): ApprovalStep => ({
  name: 'Step',
  approvers: people(...users),
  quorum,
  deadline: null,
  escalation: null,
  ...changes,
});

const STEPS = [step(['anna'], 1), step(['bert', 'cleo', 'dora', REQUESTER], 2)];

const vote = (index: number, approver: string, decision: Vote['decision'] = 'approve', seat = approver): Vote => ({
  step: index,
  approver,
  seat,
  decision,
  reason: decision === 'deny' ? 'no' : null,
  at: AT,
});

/** The round in which these votes were cast, wherever it stands then. */
function roundOf(steps: readonly ApprovalStep[], votes: readonly Vote[] = []): Approval {
  const now = tally(steps, votes);
  const openStep = now.outcome === 'pending' ? now.step : now.outcome === 'approved' ? steps.length : 0;
  return { ...openRound('request', steps, false, AT), openStep, votes };
}

/** A ballot of somebody who sits on every step under their own name, or from the seats that are given. */
const ballot = (actor: string, changes: Partial<Ballot> = {}, seats: readonly string[] = [actor]): Ballot => ({
  actor,
  standing: [seats, seats, seats, seats, seats],
  step: null,
  decision: 'approve',
  reason: null,
  ...changes,
});

describe('tally', () => {
  test('counts the open step', () => {
    expect(tally(STEPS, [])).toEqual({ outcome: 'pending', step: 0, approvals: 0, needed: 1 });
    expect(tally(STEPS, [vote(0, 'anna')])).toEqual({ outcome: 'pending', step: 1, approvals: 0, needed: 2 });
    const two = [vote(0, 'anna'), vote(1, 'bert')];
    expect(tally(STEPS, two)).toEqual({ outcome: 'pending', step: 1, approvals: 1, needed: 2 });
  });

  test('the last quorum approves, and later votes change nothing', () => {
    const votes = [vote(0, 'anna'), vote(1, 'bert'), vote(1, 'cleo')];
    expect(tally(STEPS, votes)).toEqual({ outcome: 'approved' });
    expect(tally(STEPS, [...votes, vote(1, 'dora', 'deny')])).toEqual({ outcome: 'approved' });
  });

  test('one denial ends it, with its reason', () => {
    const votes = [vote(0, 'anna'), vote(1, 'bert', 'deny'), vote(1, 'cleo')];
    expect(tally(STEPS, votes)).toEqual({ outcome: 'denied', by: 'bert', reason: 'no' });
  });

  test('a vote on another step does not count', () => {
    const votes = [vote(1, 'bert'), vote(1, 'cleo')];
    expect(tally(STEPS, votes)).toMatchObject({ outcome: 'pending', step: 0, approvals: 0 });
  });
});

describe('checkBallot', () => {
  const open = roundOf(STEPS, [vote(0, 'anna'), vote(1, 'bert')]);
  const check = (of: Ballot, round = open) => checkBallot(round, REQUESTER, of);

  test.each<[string, Ballot, string]>([
    ['an approver of the open step', ballot('cleo'), 'cleo'],
    ['an approver who says which step', ballot('cleo', { step: 1 }), 'cleo'],
    ['a denial with a reason', ballot('cleo', { decision: 'deny', reason: 'no need' }), 'cleo'],
    ['a delegate', ballot('emil', {}, ['dora']), 'dora'],
    ['an approver who is a delegate too: the own seat first', ballot('cleo', {}, ['dora', 'cleo']), 'cleo'],
    ['a delegate of two, one of whom has voted', ballot('emil', {}, ['bert', 'dora']), 'dora'],
  ])('%s: counts', (_who, of, seat) => {
    expect(check(of)).toEqual({ outcome: 'counts', seat });
  });

  test.each<[string, Ballot, string]>([
    ['the requester, though listed', ballot(REQUESTER), 'SelfApproval'],
    ['the requester as the delegate of another', ballot(REQUESTER, {}, ['cleo']), 'SelfApproval'],
    ['who stands in for the requester only', ballot('emil', {}, [REQUESTER]), 'NotAnApprover'],
    ['a stranger', ballot('zoe', {}, []), 'NotAnApprover'],
    ['who voted on this step', ballot('bert'), 'AlreadyDecided'],
    ['who voted on this step, from the seat of another', ballot('bert', {}, ['bert', 'dora']), 'AlreadyDecided'],
    ['a delegate of one who has voted', ballot('emil', {}, ['bert']), 'AlreadyDecided'],
    ['who means a step that is done', ballot('cleo', { step: 0 }), 'StepNotOpen'],
    ['who means a step that is yet to come', ballot('cleo', { step: 2 }), 'StepNotOpen'],
    ['a denial without a reason', ballot('cleo', { decision: 'deny' }), 'InvalidRequest'],
    ['a denial with an empty reason', ballot('cleo', { decision: 'deny', reason: '' }), 'InvalidRequest'],
  ])('%s: refused', (_who, of, code) => {
    expect(check(of)).toEqual({ outcome: 'refused', code });
  });

  test('who may sit on another step only is no approver of this one', () => {
    const of = { ...ballot('anna'), standing: [['anna'], [], []] };
    expect(check(of)).toEqual({ outcome: 'refused', code: 'NotAnApprover' });
  });

  test('who is away and was stood in for cannot vote once more', () => {
    const round = roundOf(STEPS, [vote(0, 'anna'), vote(1, 'emil', 'approve', 'cleo')]);
    expect(check(ballot('cleo'), round)).toEqual({ outcome: 'refused', code: 'AlreadyDecided' });
  });

  test('who was stood in for can still stand in for another', () => {
    const round = roundOf(STEPS, [vote(0, 'anna'), vote(1, 'emil', 'approve', 'cleo')]);
    expect(check(ballot('cleo', {}, ['cleo', 'dora']), round)).toEqual({ outcome: 'counts', seat: 'dora' });
  });

  test('nobody votes when it is decided', () => {
    const decided = roundOf(STEPS, [vote(0, 'anna'), vote(1, 'bert'), vote(1, 'cleo')]);
    const denied = roundOf(STEPS, [vote(0, 'anna', 'deny')]);
    for (const round of [decided, denied]) {
      expect(check(ballot('dora'), round)).toEqual({ outcome: 'refused', code: 'StateConflict' });
    }
  });

  test('who voted on one step may vote on the next, where they are an approver again', () => {
    const round = roundOf([STEPS[0]!, step(['anna'], 1)], [vote(0, 'anna')]);
    expect(check(ballot('anna'), round)).toEqual({ outcome: 'counts', seat: 'anna' });
  });
});

describe('castVote', () => {
  test('a vote short of the quorum leaves the step open since when it was', () => {
    const before = { ...roundOf(STEPS, [vote(0, 'anna')]), escalated: true, quorumLostAt: AT };
    const { approval, tally: now } = castVote(before, ballot('bert'), 'bert', LATER);
    expect(now).toEqual({ outcome: 'pending', step: 1, approvals: 1, needed: 2 });
    expect(approval).toEqual({ ...before, votes: [...before.votes, { ...vote(1, 'bert'), at: LATER }] });
  });

  test('the quorum opens the next step, whose deadline begins then', () => {
    const before = { ...roundOf(STEPS), escalated: true, quorumLostAt: AT };
    const { approval } = castVote(before, ballot('anna'), 'anna', LATER);
    expect(approval).toMatchObject({ openStep: 1, openedAt: LATER, escalated: false, quorumLostAt: null });
  });

  test('a denial leaves the step where it was; the last quorum leaves none open', () => {
    const denial = ballot('bert', { decision: 'deny', reason: 'no' });
    const denied = castVote(roundOf(STEPS, [vote(0, 'anna')]), denial, 'bert', LATER);
    expect([denied.tally.outcome, denied.approval.openStep]).toEqual(['denied', 1]);
    const last = roundOf(STEPS, [vote(0, 'anna'), vote(1, 'bert')]);
    const approved = castVote(last, ballot('emil'), 'cleo', LATER);
    expect([approved.tally.outcome, approved.approval.openStep]).toEqual(['approved', 2]);
    expect(approved.approval.votes.at(-1)).toMatchObject({ approver: 'emil', seat: 'cleo' });
  });
});

describe('canReachQuorum', () => {
  const round = roundOf([step(['anna', 'bert', 'cleo', REQUESTER], 2)]);
  const voted = { ...round, votes: [vote(0, 'emil', 'approve', 'anna')] };

  test.each<[string, Approval, readonly string[], boolean]>([
    ['enough are there', round, ['anna', 'bert'], true],
    ['one too few', round, ['anna'], false],
    ['nobody', round, [], false],
    ['the requester does not count', round, ['anna', REQUESTER], false],
    ['nobody counts twice', round, ['anna', 'anna'], false],
    ['a vote that was cast counts, its approver gone', voted, ['bert'], true],
    ['a seat from which a vote was cast does not count again', voted, ['anna'], false],
    ['the seat of who voted from another one, when somebody else can use it', voted, ['emil'], true],
    ['nothing is open', { ...round, openStep: 1 }, [], true],
  ])('%s', (_what, of, able, can) => {
    expect(canReachQuorum(of, REQUESTER, able)).toBe(can);
  });
});

describe('deadlines of steps', () => {
  const limited = step(['anna'], 1, { deadline: 'P1M', escalation: people('anna', 'ella') });
  const opened = { ...roundOf([limited, step(['bert'], 1)]), openedAt: '2027-01-31T12:00:00.000Z' };

  test('one month from its opening, and as much again once it has escalated', () => {
    expect(stepDeadline(opened)).toBe('2027-02-28T12:00:00.000Z');
    expect(stepDeadline({ ...opened, escalated: true })).toBe('2027-03-28T12:00:00.000Z');
  });

  test('a step without one waits for ever; so does a round that is done', () => {
    expect(stepDeadline({ ...opened, openStep: 1 })).toBeNull();
    expect(stepDeadline({ ...opened, openStep: 2 })).toBeNull();
  });

  test('an escalation asks others too, each once', () => {
    expect(askedOn(opened)).toEqual(people('anna'));
    expect(askedOn({ ...opened, escalated: true })).toEqual(people('anna', 'ella'));
    expect(askedOn({ ...opened, openStep: 1, escalated: true })).toEqual(people('bert'));
    expect(askedOn({ ...opened, openStep: 2 })).toEqual(people());
  });

  test('groups are asked too', () => {
    const grouped = step([], 1, {
      approvers: { users: [], groups: ['Payroll'] },
      deadline: 'P1D',
      escalation: { users: [], groups: ['Payroll', 'Directors'] },
    });
    const asked = askedOn({ ...roundOf([grouped]), escalated: true });
    expect(asked).toEqual({ users: [], groups: ['Payroll', 'Directors'] });
  });
});
