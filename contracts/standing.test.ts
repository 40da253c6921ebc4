import { describe, expect, test } from 'vitest';
import { openRound, type Approval, type ApprovalStep, type Vote } from './approval.ts';
import type { User } from './permissions.ts';
import { everybodyAsked, openSeats, standingOf, type Decider } from './standing.ts';

const AT = '2026-01-31T12:00:00.000Z';

function step(users: string[], groups: string[] = [], escalation: ApprovalStep['escalation'] = null): ApprovalStep {
  return { name: 'Step', approvers: { users, groups }, quorum: 1, deadline: escalation && 'P7D', escalation };
}

function round(...steps: ApprovalStep[]): Approval {
  return openRound('request', steps, false, AT);
}

function user(name: string, overrides: Partial<User> = {}): User {
  return { name, role: 'approver', groups: [], standsFor: [], ...overrides };
}

test('everybody of a round is asked once: all steps, escalations too', () => {
  const approval = round(step(['anna'], ['leads'], { users: ['boss'], groups: ['chiefs'] }), step(['anna', 'ben']));
  expect(everybodyAsked(approval)).toEqual({ users: ['anna', 'boss', 'ben'], groups: ['leads', 'chiefs'] });
});

describe('the seats of a user', () => {
  const approval = round(
    step(['anna'], ['leads'], { users: ['boss'], groups: [] }),
    step(['ben'], [], { users: ['boss'], groups: [] }),
  );

  test.each<[string, User, string[][]]>([
    ['a stranger has none', user('zoe'), [[], []]],
    ['named: on that step', user('anna'), [['anna'], []]],
    ['in a group: on that step', user('zoe', { groups: ['leads', 'others'] }), [['zoe'], []]],
    [
      'who stands in for others has theirs, by name and by group',
      user('zoe', {
        standsFor: [
          { name: 'ben', groups: ['leads'] },
          { name: 'carl', groups: [] },
        ],
      }),
      [['ben'], ['ben']],
    ],
    [
      'one who has a seat and stands in for another has both, the own one first',
      user('anna', { standsFor: [{ name: 'ben', groups: ['leads'] }] }),
      [['anna', 'ben'], ['ben']],
    ],
    ['of the escalation: none before', user('boss'), [[], []]],
  ])('%s', (_what, asked, seats) => {
    expect(standingOf(asked, approval)).toEqual(seats);
  });

  test('of the escalation: on the open step, once it has come to that', () => {
    expect(standingOf(user('boss'), { ...approval, escalated: true })).toEqual([['boss'], []]);
    expect(standingOf(user('anna'), { ...approval, escalated: true })).toEqual([['anna'], []]);
  });
});

describe('the seats from which votes can still come', () => {
  const here = (name: string): Decider => ({ name, present: true, delegates: [] });
  const away = (name: string, ...delegates: string[]): Decider => ({ name, present: false, delegates });
  const vote = (approver: string, seat = approver): Vote => ({
    step: 0,
    approver,
    seat,
    decision: 'approve',
    reason: null,
    at: AT,
  });
  const seatsOf = (deciders: Decider[], votes: Vote[] = []) =>
    openSeats({ openStep: 0, votes }, 'rita', deciders).toSorted();

  test.each<[string, Decider[], Vote[], string[]]>([
    ['who is present fills their own', [here('anna'), here('ben')], [], ['anna', 'ben']],
    ['who is away is filled by their delegate', [away('anna', 'zoe')], [], ['anna']],
    ['who is away without one is not', [away('anna'), here('ben')], [], ['ben']],
    ['one delegate fills one seat of two', [away('anna', 'zoe'), away('ben', 'zoe')], [], ['anna']],
    ['a delegate with a seat of their own fills that', [away('anna', 'ben'), here('ben')], [], ['ben']],
    [
      'delegates are shared out so that most seats are filled',
      [away('anna', 'zoe', 'yan'), away('ben', 'zoe')],
      [],
      ['anna', 'ben'],
    ],
    ['the requester fills none, not as a delegate either', [here('rita'), away('anna', 'rita')], [], []],
    ['a cast vote takes its seat', [here('anna'), here('ben')], [vote('anna')], ['ben']],
    [
      'a delegate who has voted fills no other seat',
      [away('anna', 'zoe'), away('ben', 'zoe')],
      [vote('zoe', 'ben')],
      [],
    ],
    ['a seat that a delegate filled is taken for who is back', [here('anna')], [vote('zoe', 'anna')], []],
    ['who voted from another seat does not vote from their own', [here('anna')], [vote('anna', 'ben')], []],
    ['votes on another step take nothing', [here('anna')], [{ ...vote('anna'), step: 1 }], ['anna']],
  ])('%s', (_what, deciders, votes, seats) => {
    expect(seatsOf(deciders, votes)).toEqual(seats);
  });
});
