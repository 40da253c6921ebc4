/** Every cell of the end-of-life table: each action, and what owners do in time, not at all, or too late. */
import { WorkflowNotFoundError } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Account } from '../../contracts/account.ts';
import type { EndOfLifeAction } from '../../contracts/lifecycle.ts';
import { HOURLY } from '../support/engine-steps.ts';
import type { Call } from '../support/fake-activities.ts';
import { APPROVER, createHarness, OWNER, type Answer, type Harness, type Story } from '../support/lifecycle-harness.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness.close());

/** Periods last an hour, and their windows open after 30 minutes. */
const TOO_EARLY = 10 * 60_000;
const IN_WINDOW = 40 * 60_000;
const END = 60 * 60_000;
const AFTER_END = 3 * END;

/** What is done to an account, as a row says it: one word after another. */
const MOVES = {
  renew: (story) => story.act('renew', OWNER),
  request: (story) => story.act('request-renewal', OWNER),
  approve: (story) => story.decide(APPROVER, 'approve'),
  deny: (story) => story.decide(APPROVER, 'deny'),
  withdraw: (story) => story.act('withdraw', OWNER),
  disable: (story) => story.act('disable', OWNER),
  enable: (story) => story.act('enable', OWNER),
  retire: (story) => story.act('retire', OWNER),
} as const satisfies Record<string, (story: Story) => Promise<Answer>>;
type Move = keyof typeof MOVES;

/** Words of the tables: the calls of an engine that a row may name. */
const SHORT = {
  disableAccount: 'disable',
  enableAccount: 'enable',
  deleteAccount: 'delete',
  revokeCredential: 'revoke',
} as const;

async function live(endOfLife: EndOfLifeAction): Promise<{ story: Story; first: Account }> {
  const story = await harness.story({ lifecycle: { ...HOURLY.lifecycle!, endOfLife } });
  return { story, first: await story.activate() };
}

/** Does one move after another, and answers the code of the first refusal, or else the state. */
async function make(story: Story, moves: string): Promise<string> {
  for (const move of moves.split(' ').filter(Boolean) as Move[]) {
    const answer = await MOVES[move](story).catch(whenGone);
    if ('code' in answer) return answer.code;
  }
  await story.rests();
  return (await story.snapshot())!.state;
}

/** Nobody answers for an account whose workflow is over. */
function whenGone(error: unknown): Answer {
  if (error instanceof WorkflowNotFoundError) return { code: 'gone', message: error.message };
  throw error;
}

/** Skips time until so long after the start of the first period. */
async function reach(story: Story, { startsAt }: Account, afterMs: number): Promise<number> {
  const now = await story.now();
  await story.sleep(Date.parse(startsAt!) + afterMs - now);
  return story.now();
}

/** State, and whether it ended, and which period it is in: the first, the one that follows it, or one from a later day. */
async function standing(story: Story, first: Account, actedAt: number): Promise<string> {
  const { state, ended, startsAt, endsAt, renewal } = (await story.snapshot())!;
  expect(renewal !== null, 'a renewal is under way').toBe(state === 'renewing');
  const isNew =
    Date.parse(endsAt!) - Date.parse(startsAt!) === END && Math.abs(Date.parse(startsAt!) - actedAt) < 60_000;
  const periods = [
    [startsAt === first.startsAt && endsAt === first.endsAt, 'first period'],
    [startsAt === first.endsAt && Date.parse(endsAt!) - Date.parse(startsAt!) === END, 'next period'],
    [isNew, 'period from then on'],
  ] as const;
  const period = periods.find(([is]) => is)?.[1] ?? `${startsAt} to ${endsAt}`;
  return `${state}, ${ended ? 'ended' : 'not ended'}, ${period}`;
}

/** What engines were asked after provisioning; of a new end, whether it is the account's own. */
async function engineWork(story: Story): Promise<string> {
  const { endsAt } = (await story.snapshot())!;
  const word = ({ activity, input }: Call): string[] => {
    if (activity in SHORT) return [SHORT[activity as keyof typeof SHORT]];
    if (activity !== 'applyExpiry') return [];
    const { expiresAt } = input as { expiresAt: string | null };
    return [expiresAt === null ? 'expires:never' : expiresAt === endsAt ? 'expires:end' : `expires:${expiresAt}`];
  };
  return harness.fakes.calls.flatMap(word).join(' ');
}

type Row = readonly [action: EndOfLifeAction, moves: string, answer: string, afterwards: string, work: string];

/** Beforehand; `afterwards` is how the account stands once the first period is over. */
const IN_TIME: readonly Row[] = [
  ['review', 'renew', 'active', 'active, not ended, next period', ''],
  ['review', 'request', 'StateConflict', 'active, ended, first period', ''],
  ['review', 'disable', 'disabled', 'disabled, ended, first period', 'disable'],
  ['review', 'disable enable', 'active', 'active, ended, first period', 'disable enable'],
  ['review', 'disable renew', 'disabled', 'disabled, not ended, next period', 'disable'],
  ['review', 'enable', 'StateConflict', 'active, ended, first period', ''],
  ['review', 'retire', 'retired', 'retired, not ended, first period', 'delete revoke'],

  ['disable', 'renew', 'active', 'active, not ended, next period', 'expires:end'],
  ['disable', 'request', 'StateConflict', 'expired, ended, first period', 'disable'],
  ['disable', 'disable', 'disabled', 'expired, ended, first period', 'disable'],
  ['disable', 'disable enable', 'active', 'expired, ended, first period', 'disable enable disable'],
  ['disable', 'disable renew', 'disabled', 'disabled, not ended, next period', 'disable expires:end'],
  ['disable', 'enable', 'StateConflict', 'expired, ended, first period', 'disable'],
  ['disable', 'retire', 'retired', 'retired, not ended, first period', 'delete revoke'],

  ['expire', 'renew', 'StateConflict', 'expired, ended, first period', ''],
  ['expire', 'request', 'renewing', 'renewing, ended, first period', ''],
  ['expire', 'request approve', 'active', 'active, not ended, next period', 'expires:end'],
  ['expire', 'request deny', 'active', 'expired, ended, first period', ''],
  ['expire', 'request withdraw', 'active', 'expired, ended, first period', ''],
  ['expire', 'request disable', 'StateConflict', 'renewing, ended, first period', ''],
  ['expire', 'request retire', 'retired', 'retired, not ended, first period', 'delete revoke'],
  ['expire', 'disable', 'disabled', 'expired, ended, first period', 'disable'],
  ['expire', 'disable enable', 'active', 'expired, ended, first period', 'disable enable'],
  ['expire', 'disable request approve', 'disabled', 'disabled, not ended, next period', 'disable expires:end'],
  ['expire', 'enable', 'StateConflict', 'expired, ended, first period', ''],
  ['expire', 'retire', 'retired', 'retired, not ended, first period', 'delete revoke'],

  ['delete', 'renew', 'StateConflict', 'retired, ended, first period', 'delete revoke'],
  ['delete', 'request', 'StateConflict', 'retired, ended, first period', 'delete revoke'],
  ['delete', 'disable', 'disabled', 'retired, ended, first period', 'disable delete revoke'],
  ['delete', 'disable enable', 'active', 'retired, ended, first period', 'disable enable delete revoke'],
  ['delete', 'enable', 'StateConflict', 'retired, ended, first period', 'delete revoke'],
  ['delete', 'retire', 'retired', 'retired, not ended, first period', 'delete revoke'],
];

const TOO_LATE: readonly Row[] = [
  ['review', 'renew', 'active', 'active, not ended, period from then on', ''],
  ['review', 'request', 'StateConflict', 'active, ended, first period', ''],
  ['review', 'disable', 'disabled', 'disabled, ended, first period', 'disable'],
  ['review', 'disable enable', 'active', 'active, ended, first period', 'disable enable'],
  ['review', 'disable renew', 'disabled', 'disabled, not ended, period from then on', 'disable'],
  ['review', 'enable', 'StateConflict', 'active, ended, first period', ''],
  ['review', 'retire', 'retired', 'retired, ended, first period', 'delete revoke'],

  ['disable', 'renew', 'active', 'active, not ended, period from then on', 'disable expires:end enable'],
  ['disable', 'request', 'StateConflict', 'expired, ended, first period', 'disable'],
  ['disable', 'disable', 'StateConflict', 'expired, ended, first period', 'disable'],
  ['disable', 'enable', 'active', 'active, ended, first period', 'disable expires:never enable'],
  [
    'disable',
    'enable renew',
    'active',
    'active, not ended, period from then on',
    'disable expires:never enable expires:end enable',
  ],
  ['disable', 'enable disable', 'disabled', 'disabled, ended, first period', 'disable expires:never enable disable'],
  ['disable', 'retire', 'retired', 'retired, ended, first period', 'disable delete revoke'],

  ['expire', 'renew', 'StateConflict', 'expired, ended, first period', ''],
  ['expire', 'request', 'renewing', 'renewing, ended, first period', ''],
  ['expire', 'request approve', 'active', 'active, not ended, period from then on', 'expires:end enable'],
  ['expire', 'request deny', 'expired', 'expired, ended, first period', ''],
  ['expire', 'request withdraw', 'expired', 'expired, ended, first period', ''],
  ['expire', 'request retire', 'retired', 'retired, ended, first period', 'delete revoke'],
  ['expire', 'disable', 'StateConflict', 'expired, ended, first period', ''],
  ['expire', 'enable', 'StateConflict', 'expired, ended, first period', ''],
  ['expire', 'retire', 'retired', 'retired, ended, first period', 'delete revoke'],

  ['delete', 'renew', 'gone', 'retired, ended, first period', 'delete revoke'],
  ['delete', 'request', 'gone', 'retired, ended, first period', 'delete revoke'],
  ['delete', 'disable', 'gone', 'retired, ended, first period', 'delete revoke'],
  ['delete', 'enable', 'gone', 'retired, ended, first period', 'delete revoke'],
  ['delete', 'retire', 'gone', 'retired, ended, first period', 'delete revoke'],
];

/** Nobody does anything, for a day and more: what is on record of the end, and what engines did of it. */
const IGNORED: readonly Row[] = [
  ['review', '', 'active', 'active, ended, first period', ''],
  ['disable', '', 'expired', 'expired, ended, first period', 'disable'],
  ['expire', '', 'expired', 'expired, ended, first period', ''],
  ['delete', '', 'retired', 'retired, ended, first period', 'delete revoke'],
];

describe('in time', () => {
  test.each(IN_TIME)('%s: %s', async (action, moves, answer, afterwards, work) => {
    const { story, first } = await live(action);
    const actedAt = await reach(story, first, IN_WINDOW);
    expect(await make(story, moves)).toBe(answer);
    await reach(story, first, END + 5 * 60_000);
    await story.rests();
    expect(await standing(story, first, actedAt)).toBe(afterwards);
    expect(await engineWork(story)).toBe(work);
  });

  test.each(['review', 'disable'] as const)('%s: renew, before the window opens', async (action) => {
    const { story, first } = await live(action);
    const actedAt = await reach(story, first, TOO_EARLY);
    expect(await make(story, 'renew')).toBe('RenewalNotOpen');
    expect(await standing(story, first, actedAt)).toBe('active, not ended, first period');
  });

  test('expire: request approve, before the window opens', async () => {
    const { story, first } = await live('expire');
    const actedAt = await reach(story, first, TOO_EARLY);
    expect(await make(story, 'request approve')).toBe('active');
    expect(await standing(story, first, actedAt)).toBe('active, not ended, next period');
  });
});

describe('ignored', () => {
  test.each(IGNORED)('%s', async (action, _moves, state, afterwards, work) => {
    const { story, first } = await live(action);
    const { endsAt } = first;
    expect(harness.fakes.inputsOf('establishAccount')).toMatchObject([
      { expiresAt: action === 'review' ? null : endsAt },
    ]);
    const lookedAt = await reach(story, first, 30 * END);
    expect(await make(story, '')).toBe(state);
    expect(await standing(story, first, lookedAt)).toBe(afterwards);
    expect(await engineWork(story)).toBe(work);
  });
});

describe('too late', () => {
  test.each(TOO_LATE)('%s: %s', async (action, moves, answer, afterwards, work) => {
    const { story, first } = await live(action);
    const actedAt = await reach(story, first, AFTER_END);
    expect(await make(story, moves)).toBe(answer);
    expect(await standing(story, first, actedAt)).toBe(afterwards);
    expect(await engineWork(story)).toBe(work);
  });
});
