import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { tally, voteRefusal, type ApprovalStep, type Vote } from './approval.ts';

const STEPS: ApprovalStep[] = [
  { name: 'Manager', approvers: ['anna'], quorum: 1 },
  { name: 'Security', approvers: ['bert', 'cleo', 'dora', 'rita'], quorum: 2 },
];

const vote = (step: number, approver: string, decision: Vote['decision'] = 'approve'): Vote => ({
  step,
  approver,
  decision,
  reason: decision === 'deny' ? 'no' : null,
  at: '2026-01-01T00:00:00.000Z',
});

const names = ['anna', 'bert', 'cleo', 'dora', 'emil', 'fred'];
const steps = fc.array(
  fc
    .record({ approvers: fc.uniqueArray(fc.constantFrom(...names), { minLength: 1 }), quorum: fc.nat() })
    .map(({ approvers, quorum }): ApprovalStep => ({
      name: 'Step',
      approvers,
      quorum: 1 + (quorum % approvers.length),
    })),
  { minLength: 1, maxLength: 5 },
);
/** Tries of people to vote; only those that the rules allow become votes. */
const tries = fc.array(
  fc.record({ who: fc.constantFrom(...names), denies: fc.integer({ min: 0, max: 9 }).map((one) => one === 0) }),
  {
    maxLength: 40,
  },
);

function cast(of: ApprovalStep[], attempts: { who: string; denies: boolean }[], requester: string): Vote[] {
  const votes: Vote[] = [];
  for (const { who, denies } of attempts) {
    const now = tally(of, votes);
    if (now.outcome !== 'pending' || voteRefusal(of, votes, requester, who)) continue;
    votes.push(vote(now.step, who, denies ? 'deny' : 'approve'));
  }
  return votes;
}

describe('tally', () => {
  test('counts the open step', () => {
    expect(tally(STEPS, [])).toEqual({ outcome: 'pending', step: 0, approvals: 0, needed: 1 });
    expect(tally(STEPS, [vote(0, 'anna')])).toEqual({ outcome: 'pending', step: 1, approvals: 0, needed: 2 });
    expect(tally(STEPS, [vote(0, 'anna'), vote(1, 'bert')])).toEqual({
      outcome: 'pending',
      step: 1,
      approvals: 1,
      needed: 2,
    });
  });

  test('the last quorum approves, and later votes change nothing', () => {
    const votes = [vote(0, 'anna'), vote(1, 'bert'), vote(1, 'cleo')];
    expect(tally(STEPS, votes)).toEqual({ outcome: 'approved' });
    expect(tally(STEPS, [...votes, vote(1, 'dora', 'deny')])).toEqual({ outcome: 'approved' });
  });

  test('one denial ends it, with its reason', () => {
    expect(tally(STEPS, [vote(0, 'anna'), vote(1, 'bert', 'deny'), vote(1, 'cleo')])).toEqual({
      outcome: 'denied',
      by: 'bert',
      reason: 'no',
    });
  });

  test('a vote on another step does not count', () => {
    expect(tally(STEPS, [vote(1, 'bert'), vote(1, 'cleo')])).toMatchObject({
      outcome: 'pending',
      step: 0,
      approvals: 0,
    });
  });

  test('approved means that every step has its quorum of different approvers of that step', () => {
    fc.assert(
      fc.property(steps, tries, (of, attempts) => {
        const votes = cast(of, attempts, 'nobody');
        const isMet = ({ approvers, quorum }: ApprovalStep, index: number): boolean => {
          const mine = votes.filter((one) => one.step === index && one.decision === 'approve');
          const different = new Set(mine.map((one) => one.approver).filter((who) => approvers.includes(who)));
          return different.size >= quorum;
        };
        expect(tally(of, votes).outcome === 'approved').toBe(of.every(isMet));
      }),
    );
  });

  test('denied exactly when somebody denied', () => {
    fc.assert(
      fc.property(steps, tries, (of, attempts) => {
        const votes = cast(of, attempts, 'nobody');
        expect(tally(of, votes).outcome === 'denied').toBe(votes.some(({ decision }) => decision === 'deny'));
      }),
    );
  });

  test('never goes back a step as votes are added', () => {
    fc.assert(
      fc.property(steps, tries, (of, attempts) => {
        const votes = cast(of, attempts, 'nobody');
        let reached = 0;
        for (let count = 0; count <= votes.length; count += 1) {
          const now = tally(of, votes.slice(0, count));
          if (now.outcome !== 'pending') break;
          expect(now.step).toBeGreaterThanOrEqual(reached);
          reached = now.step;
        }
      }),
    );
  });
});

describe('voteRefusal', () => {
  const open = [vote(0, 'anna'), vote(1, 'bert')];

  test.each([
    ['an approver of the open step', 'cleo', undefined],
    ['the requester, though listed', 'rita', 'SelfApproval'],
    ['an approver of a step that is done', 'anna', 'NotAnApprover'],
    ['a stranger', 'zoe', 'NotAnApprover'],
    ['who voted on this step', 'bert', 'AlreadyDecided'],
  ])('%s', (_who, approver, code) => {
    expect(voteRefusal(STEPS, open, 'rita', approver)).toBe(code);
  });

  test('nobody votes when it is decided', () => {
    const decided = [...open, vote(1, 'cleo')];
    expect(voteRefusal(STEPS, decided, 'rita', 'dora')).toBe('StateConflict');
    expect(voteRefusal(STEPS, [vote(0, 'anna', 'deny')], 'rita', 'bert')).toBe('StateConflict');
  });

  test('who voted on one step may vote on the next, where they are an approver again', () => {
    const twice = [STEPS[0]!, { name: 'Again', approvers: ['anna'], quorum: 1 }];
    expect(voteRefusal(twice, [vote(0, 'anna')], 'rita', 'anna')).toBeUndefined();
  });

  test('the requester never has a vote', () => {
    fc.assert(
      fc.property(steps, tries, fc.constantFrom(...names), (of, attempts, requester) => {
        expect(cast(of, attempts, requester).map((one) => one.approver)).not.toContain(requester);
      }),
    );
  });
});
