/** What may happen around the end of a period, beyond the cells of end-of-life-table.test.ts. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { allowedActions, type EndOfLifeAction } from '../../contracts/lifecycle.ts';
import { HOURLY, HOURLY_WITH_GRACE } from '../support/engine-steps.ts';
import type { TemplateParts } from '../support/fake-activities.ts';
import {
  ADMINISTRATOR,
  APPROVER,
  createHarness,
  OWNER,
  type Harness,
  type Story,
} from '../support/lifecycle-harness.ts';
import { beginNextRun } from '../support/next-run.ts';
import { isIn, quarantine } from '../support/ways-to-steps.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness.close());

const under = (endOfLife: EndOfLifeAction): TemplateParts => ({ lifecycle: { ...HOURLY.lifecycle!, endOfLife } });
const types = (story: Story) => story.recorded().map(({ type }) => type);
const ENGINE_WORK = ['disableAccount', 'enableAccount', 'applyExpiry', 'deleteAccount'];
/** Each once, however often its admission was asked for. */
const occasions = () => [
  ...new Set(harness.fakes.inputsOf('admitDestructiveStep').map(({ step: _step, occasion }) => occasion)),
];
const engineWork = () => harness.fakes.names().filter((name) => ENGINE_WORK.includes(name));

async function live(endOfLife: EndOfLifeAction): Promise<Story> {
  const story = await harness.story(under(endOfLife));
  await story.activate();
  return story;
}

describe('review', () => {
  test('ignored: a review is due once, and nothing changes', async () => {
    const story = await live('review');
    await story.sleep('30 hours');
    expect(await story.snapshot()).toMatchObject({ state: 'active', ended: true });
    expect(types(story).filter((type) => type === 'review-due')).toHaveLength(1);
    expect(engineWork()).toEqual([]);
  });
});

describe('disable', () => {
  test('enabled late: it does not end a second time', async () => {
    const story = await live('disable');
    await story.sleep('3 hours');
    await story.act('enable', OWNER);
    await story.sleep('3 days');
    expect(await story.snapshot()).toMatchObject({ state: 'active', ended: true });
    expect(engineWork()).toEqual(['disableAccount', 'applyExpiry', 'enableAccount']);
  });

  test('enabled late and disabled again: a renewal enables it', async () => {
    const story = await live('disable');
    await story.sleep('3 hours');
    await story.act('enable', OWNER);
    await story.act('disable', OWNER);
    const renewed = await story.act('renew', OWNER);
    expect(renewed).toMatchObject({ account: { state: 'active', ended: false } });
    expect(engineWork().slice(-2)).toEqual(['applyExpiry', 'enableAccount']);
    expect(types(story).slice(-2)).toEqual(['renewed', 'enabled']);
  });
});

describe('expire', () => {
  test('nobody approves the renewal that they asked for', async () => {
    const story = await live('expire');
    await story.act('request-renewal', APPROVER);
    expect(await story.decide(APPROVER, 'approve')).toMatchObject({ code: 'SelfApproval' });
  });

  test('the end comes while it is being renewed: denied afterwards, it is expired', async () => {
    const story = await live('expire');
    await story.act('request-renewal', OWNER);
    await story.sleep('2 hours');
    expect(await story.snapshot()).toMatchObject({ state: 'renewing', ended: true, renewal: { returnTo: 'expired' } });
    expect(await story.decide(APPROVER, 'deny')).toMatchObject({ account: { state: 'expired' } });
  });

  test('two who decide at the same instant: one vote is enough, the other comes too late', async () => {
    const steps = [{ name: 'Manager', approvers: { users: ['anna', 'bert'], groups: [] }, quorum: 1 }];
    const story = await harness.story({ ...under('expire'), approval: { steps } });
    await story.activate();
    const asked = await Promise.all([story.act('request-renewal', OWNER), story.act('request-renewal', OWNER)]);
    expect(asked.map((answer) => ('code' in answer ? answer.code : answer.account.state)).sort()).toEqual([
      'StateConflict',
      'renewing',
    ]);
    const answers = await Promise.all([story.decide('anna', 'approve'), story.decide('bert', 'deny')]);
    expect(answers.filter((answer) => 'code' in answer)).toHaveLength(1);
    await story.until(isIn('active'));
  });
});

describe('delete', () => {
  test('ignored: gone, with no undo whatever the grace period', async () => {
    const lifecycle = { ...HOURLY.lifecycle!, endOfLife: 'delete' as const, gracePeriod: 'P30D' };
    const story = await harness.story({ lifecycle });
    await story.activate();
    expect(await story.result()).toMatchObject({ state: 'retired', ended: true, retirement: { final: true } });
    expect(engineWork()).toEqual(['deleteAccount']);
    expect(harness.fakes.inputsOf('admitDestructiveStep')).toMatchObject([{ step: 'deletion' }]);
  });
});

describe('one admission', () => {
  test('and no question, where nothing is away: at the end, and of a deletion', async () => {
    const story = await live('disable');
    await story.sleep('3 hours');
    await story.until(isIn('expired'));
    await story.act('retire', OWNER);
    await story.result();
    const platform = ['reserveName', 'recordTransition', 'notify'];
    const calls = harness.fakes.names().filter((name) => !platform.includes(name));
    expect(calls.slice(calls.indexOf('admitDestructiveStep'))).toEqual([
      'admitDestructiveStep',
      'disableAccount',
      'admitDestructiveStep',
      'deleteAccount',
      'revokeCredential',
    ]);
  });

  const asked = () => harness.fakes.inputsOf('admitDestructiveStep').length;

  test('of an end that gives way, is blocked and taken up again', async () => {
    const story = await live('disable');
    const { endsAt } = (await story.snapshot())!;
    harness.fakes.fail('disableAccount', 'DirectoryAccessDenied');
    await story.sleep('2 hours');
    await story.until(({ blocked }) => blocked?.step === 'disable-account');
    for (const description of ['One', 'Two']) {
      expect(await story.ask('edit', { actor: OWNER, description })).toHaveProperty('account');
      await story.until(({ blocked }) => blocked?.step === 'disable-account');
    }
    harness.fakes.recover();
    await story.act('resume', ADMINISTRATOR);
    await story.until(isIn('expired'));
    expect(asked()).toBe(4);
    expect(occasions()).toEqual([endsAt]);
  });

  test('of a deletion that the next run takes up', async () => {
    const story = await live('disable');
    harness.fakes.fail('deleteAccount', 'DirectoryAccessDenied');
    await story.act('retire', OWNER);
    const { retirement } = await story.until(({ blocked }) => blocked?.step === 'delete-account');
    await beginNextRun(story);
    await story.called('deleteAccount', 2);
    harness.fakes.recover();
    await story.act('resume', ADMINISTRATOR);
    await story.result();
    expect(asked()).toBe(3);
    expect(occasions()).toEqual([retirement?.requestedAt]);
  });

  test('another one for a retirement that was undone and is asked for again', async () => {
    const story = await harness.story(HOURLY_WITH_GRACE);
    await quarantine(story);
    await story.act('restore', OWNER);
    await story.act('retire', OWNER);
    const { retirement } = await story.until(isIn('quarantined'));
    expect(occasions()).toHaveLength(2);
    expect(occasions()[1]).toBe(retirement?.requestedAt);
  });
});

describe('what waits for its engine or a thaw', () => {
  test('an account whose end is held up does not move', async () => {
    const story = await live('disable');
    harness.fakes.fail('admitDestructiveStep', 'Frozen');
    await story.sleep('3 hours');
    const account = await story.until(({ blocked }) => blocked?.code === 'Frozen');
    const changes = { owners: [OWNER] };
    expect(await story.ask('migrate', { actor: ADMINISTRATOR, changes })).toMatchObject({ code: 'StateConflict' });
    expect(allowedActions(account, new Date(await story.now()))).not.toContain('migrate');
  });

  test('a renewal that was agreed is not decided, withdrawn, or asked of others', async () => {
    const story = await live('expire');
    harness.fakes.fail('applyExpiry', 'DirectoryAccessDenied');
    await story.act('request-renewal', OWNER);
    await story.decide(APPROVER, 'approve');
    const account = await story.until(({ blocked }) => blocked?.step === 'apply-expiry');
    const approvers = { users: ['dora'], groups: [] };
    const answers = [
      await story.decide('bert', 'deny'),
      await story.act('withdraw', OWNER),
      await story.ask('replace-approvers', { actor: ADMINISTRATOR, step: 0, approvers, quorum: 2 }),
    ];
    for (const answer of answers)
      expect(answer).toMatchObject({ code: 'StateConflict', message: expect.stringContaining('approved already') });
    const offered = allowedActions(account, new Date(await story.now()));
    expect(offered).toEqual(['change-owners', 'edit', 'retire', 'resume']);
  });
});

describe('frozen', () => {
  test('the end waits, is told, and is met within a minute of the thaw', async () => {
    const story = await live('disable');
    harness.fakes.fail('admitDestructiveStep', 'Frozen');
    await story.sleep('3 hours');
    const account = await story.until(({ blocked }) => blocked?.code === 'Frozen');
    expect(account).toMatchObject({
      state: 'active',
      ended: false,
      blocked: { step: 'admit-destructive-step', retrying: true },
    });
    expect(engineWork()).toEqual([]);
    harness.fakes.recover();
    await story.sleep('1 minute');
    expect(await story.until(isIn('expired'))).toMatchObject({ blocked: null, endsAt: account.endsAt });
    expect(occasions()).toEqual([account.endsAt]);
  });

  test('an owner renews meanwhile: nothing is left to be met', async () => {
    const story = await live('disable');
    harness.fakes.fail('admitDestructiveStep', 'Frozen');
    await story.sleep('3 hours');
    await story.until(({ blocked }) => blocked?.code === 'Frozen');
    expect(await story.act('renew', OWNER)).toMatchObject({ account: { state: 'active', ended: false } });
    expect(await story.until(({ blocked }) => blocked === null)).toMatchObject({ state: 'active' });
    expect(engineWork()).toEqual(['applyExpiry', 'enableAccount']);
  });

  test('the end date is met though a change of the owner is blocked, which is tried again', async () => {
    const story = await live('disable');
    harness.fakes.fail('applyDescription', 'DirectoryAccessDenied');
    const edited = story.ask('edit', { actor: OWNER, description: 'More words' });
    await story.until(({ blocked }) => blocked?.step === 'apply-description');
    await story.sleep('2 hours');
    await story.until(isIn('expired'));
    await story.until(({ blocked }) => blocked?.step === 'apply-description');
    harness.fakes.recover();
    await story.act('resume', 'ada');
    await story.until(({ description }) => description === 'More words');
    expect(await edited).toMatchObject({ account: { state: 'expired' } });
  });

  test('a retirement waits too', async () => {
    const story = await live('disable');
    harness.fakes.fail('admitDestructiveStep', 'BrakeEngaged');
    expect(await story.act('retire', OWNER)).toMatchObject({ account: { state: 'retiring' } });
    await story.called('admitDestructiveStep', 1);
    await story.sleep('1 hour');
    await story.until(({ blocked }) => blocked?.code === 'BrakeEngaged');
    harness.fakes.recover();
    await story.sleep('1 minute');
    expect(await story.result()).toMatchObject({ state: 'retired' });
  });
});
