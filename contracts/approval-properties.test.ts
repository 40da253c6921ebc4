/** Rounds of approval in which people try anything: what must hold whatever they try. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  canReachQuorum,
  castVote,
  checkBallot,
  openRound,
  tally,
  type Approval,
  type ApprovalStep,
  type Ballot,
  type Vote,
} from './approval.ts';

const AT = '2026-01-01T00:00:00.000Z';
const REQUESTER = 'rita';

describe('whatever people try', () => {
  const NAMES = ['anna', 'bert', 'cleo', 'dora', 'emil', 'fred'] as const;
  const steps = fc.array(
    fc
      .record({ users: fc.uniqueArray(fc.constantFrom(...NAMES), { minLength: 1 }), quorum: fc.nat() })
      .map(({ users, quorum }) => step(users, 1 + (quorum % users.length))),
    { minLength: 1, maxLength: 5 },
  );
  const roundAfter = (of: readonly ApprovalStep[], votes: readonly Vote[]): Approval => {
    const now = tally(of, votes);
    return {
      ...openRound('request', of, false, AT),
      openStep: now.outcome === 'pending' ? now.step : of.length,
      votes,
    };
  };
  const step = (users: string[], quorum: number): ApprovalStep => ({
    name: 'Step',
    approvers: { users, groups: [] },
    quorum,
    deadline: null,
    escalation: null,
  });
  /** Tries to vote; who stands in for whom changes all the time. */
  const tries = fc.array(
    fc.record({
      who: fc.constantFrom(...NAMES),
      standsFor: fc.uniqueArray(fc.constantFrom(...NAMES), { maxLength: 3 }),
      denies: fc.integer({ min: 0, max: 9 }).map((one) => one === 0),
    }),
    { maxLength: 40 },
  );
  type Try = { who: string; standsFor: string[]; denies: boolean };

  function play(of: readonly ApprovalStep[], attempts: readonly Try[], requester: string): Approval {
    let round = openRound('request', of, false, AT);
    for (const { who, standsFor, denies } of attempts) {
      const seats = of.map(({ approvers }) =>
        approvers.users.filter((user) => user === who || standsFor.includes(user)),
      );
      const decision = denies ? ('deny' as const) : ('approve' as const);
      const cast: Ballot = { actor: who, standing: seats, step: null, decision, reason: denies ? 'no' : null };
      const checked = checkBallot(round, requester, cast);
      if (checked.outcome === 'counts') round = castVote(round, cast, checked.seat, AT).approval;
    }
    return round;
  }

  test('approved means that every step has its quorum: different people, from different seats of that step', () => {
    fc.assert(
      fc.property(steps, tries, (of, attempts) => {
        const { votes } = play(of, attempts, REQUESTER);
        const isMet = ({ approvers, quorum }: ApprovalStep, index: number): boolean => {
          const mine = votes.filter((one) => one.step === index && one.decision === 'approve');
          const seats = new Set(mine.map(({ seat }) => seat).filter((seat) => approvers.users.includes(seat)));
          return Math.min(seats.size, new Set(mine.map(({ approver }) => approver)).size) >= quorum;
        };
        expect(tally(of, votes).outcome === 'approved').toBe(of.every(isMet));
      }),
    );
  });

  test('nobody decides a step twice, and no seat is used twice', () => {
    fc.assert(
      fc.property(steps, tries, (of, attempts) => {
        const { votes } = play(of, attempts, REQUESTER);
        for (const key of ['approver', 'seat'] as const) {
          const pairs = votes.map((one) => `${one.step} ${one[key]}`);
          expect(new Set(pairs).size).toBe(pairs.length);
        }
      }),
    );
  });

  test('the requester neither votes nor is voted for', () => {
    fc.assert(
      fc.property(steps, tries, fc.constantFrom(...NAMES), (of, attempts, requester) => {
        const { votes } = play(of, attempts, requester);
        expect(votes.flatMap(({ approver, seat }) => [approver, seat])).not.toContain(requester);
      }),
    );
  });

  test('denied exactly when somebody denied', () => {
    fc.assert(
      fc.property(steps, tries, (of, attempts) => {
        const { votes } = play(of, attempts, REQUESTER);
        expect(tally(of, votes).outcome === 'denied').toBe(votes.some(({ decision }) => decision === 'deny'));
      }),
    );
  });

  test('the open step is the one that the tally counts, and never goes back', () => {
    fc.assert(
      fc.property(steps, tries, (of, attempts) => {
        let reached = 0;
        for (let count = 0; count <= attempts.length; count += 1) {
          const round = play(of, attempts.slice(0, count), REQUESTER);
          const now = tally(of, round.votes);
          if (now.outcome === 'pending') expect(round.openStep).toBe(now.step);
          expect(round.openStep).toBeGreaterThanOrEqual(reached);
          reached = round.openStep;
        }
      }),
    );
  });

  test('a step that was decided could be decided all the time', () => {
    fc.assert(
      fc.property(steps, tries, (of, attempts) => {
        const { votes } = play(of, attempts, REQUESTER);
        if (tally(of, votes).outcome !== 'approved') return;
        for (let count = 0; count < votes.length; count += 1) {
          const able = votes.slice(count).map(({ seat }) => seat);
          expect(canReachQuorum(roundAfter(of, votes.slice(0, count)), REQUESTER, able)).toBe(true);
        }
      }),
    );
  });
});
