/** The end-of-life table, row by row: what the owner did in time, did not do, or did too late. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EndOfLifeAction } from '../../contracts/lifecycle.ts';
import { HOURLY } from '../support/engine-steps.ts';
import type { TemplateParts } from '../support/fake-activities.ts';
import { APPROVER, createHarness, OWNER, type Harness, type Story } from '../support/lifecycle-harness.ts';
import { isIn } from '../support/ways-to-steps.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness.close());

const under = (endOfLife: EndOfLifeAction): TemplateParts => ({ lifecycle: { ...HOURLY.lifecycle!, endOfLife } });
const types = (story: Story) => story.recorded().map(({ type }) => type);
const ENGINE_WORK = ['disableAccount', 'enableAccount', 'applyExpiry', 'deleteAccount'];
const engineWork = () => harness.fakes.names().filter((name) => ENGINE_WORK.includes(name));

async function live(endOfLife: EndOfLifeAction): Promise<Story> {
  const story = await harness.story(under(endOfLife));
  await story.activate();
  return story;
}

describe('review', () => {
  test('acted: the period goes on, and no review was due', async () => {
    const story = await live('review');
    await story.sleep('40 minutes');
    expect(await story.act('renew', OWNER)).toMatchObject({ account: { state: 'active', ended: false } });
    await story.sleep('30 minutes');
    expect(types(story)).not.toContain('review-due');
    expect(engineWork()).toEqual([]);
    expect(harness.fakes.inputsOf('establishAccount')).toMatchObject([{ expiresAt: null }]);
  });

  test('ignored: a review is due once, and nothing changes', async () => {
    const story = await live('review');
    await story.sleep('30 hours');
    expect(await story.snapshot()).toMatchObject({ state: 'active', ended: true });
    expect(types(story).filter((type) => type === 'review-due')).toHaveLength(1);
    expect(engineWork()).toEqual([]);
  });

  test('acted late: renewed from now on', async () => {
    const story = await live('review');
    await story.sleep('3 hours');
    const now = await story.now();
    const answer = await story.act('renew', OWNER);
    expect(answer).toMatchObject({ account: { state: 'active', ended: false } });
    const { startsAt } = (await story.snapshot())!;
    expect(Math.abs(Date.parse(startsAt!) - now)).toBeLessThan(60_000);
  });
});

describe('disable', () => {
  test('acted: it is never disabled', async () => {
    const story = await live('disable');
    await story.sleep('40 minutes');
    await story.act('renew', OWNER);
    await story.sleep('30 minutes');
    expect(await story.snapshot()).toMatchObject({ state: 'active' });
    expect(engineWork()).toEqual(['applyExpiry']);
  });

  test('ignored: disabled in the directory', async () => {
    const story = await live('disable');
    await story.sleep('30 hours');
    expect(await story.snapshot()).toMatchObject({ state: 'expired', ended: true });
    expect(engineWork()).toEqual(['disableAccount']);
  });

  test('acted late: renewed, which enables it', async () => {
    const story = await live('disable');
    await story.sleep('3 hours');
    expect(await story.act('renew', OWNER)).toMatchObject({ account: { state: 'active', ended: false } });
    expect(engineWork()).toEqual(['disableAccount', 'applyExpiry', 'enableAccount']);
  });

  test('enabled late: without an end, until somebody renews', async () => {
    const story = await live('disable');
    await story.sleep('3 hours');
    expect(await story.act('enable', OWNER)).toMatchObject({ account: { state: 'active', ended: true } });
    expect(harness.fakes.inputsOf('applyExpiry')).toMatchObject([{ expiresAt: null }]);
    await story.sleep('3 days');
    expect(await story.snapshot()).toMatchObject({ state: 'active', ended: true });
    const { endsAt } = (await story.act('renew', OWNER).then(async () => story.snapshot()))!;
    expect(harness.fakes.inputsOf('applyExpiry').at(-1)).toMatchObject({ expiresAt: endsAt });
  });
});

describe('expire', () => {
  test('acted: asked for, approved, renewed where the old period ends', async () => {
    const story = await live('expire');
    const { endsAt } = (await story.snapshot())!;
    expect(await story.act('renew', OWNER)).toMatchObject({ code: 'StateConflict' });
    expect(await story.act('request-renewal', OWNER)).toMatchObject({ account: { state: 'renewing' } });
    await story.decide(APPROVER, 'approve');
    const renewed = await story.until(isIn('active'));
    expect(renewed.startsAt).toBe(endsAt);
    expect(renewed.renewal).toBeNull();
    expect(engineWork()).toEqual(['applyExpiry']);
  });

  test('nobody approves the renewal that they asked for', async () => {
    const story = await live('expire');
    await story.act('request-renewal', APPROVER);
    expect(await story.decide(APPROVER, 'approve')).toMatchObject({ code: 'SelfApproval' });
  });

  test.each([
    ['denied', (story: Story) => story.decide(APPROVER, 'deny')],
    ['withdrawn', (story: Story) => story.act('withdraw', OWNER)],
  ])('%s: as before', async (_way, refuse) => {
    const story = await live('expire');
    await story.act('request-renewal', OWNER);
    expect(await refuse(story)).toMatchObject({ account: { state: 'active', renewal: null } });
    expect(engineWork()).toEqual([]);
  });

  test('ignored: the directory ends it by itself', async () => {
    const story = await live('expire');
    await story.sleep('30 hours');
    expect(await story.snapshot()).toMatchObject({ state: 'expired', ended: true });
    expect(engineWork()).toEqual([]);
  });

  test('the end comes while it is being renewed: denied afterwards, it is expired', async () => {
    const story = await live('expire');
    await story.act('request-renewal', OWNER);
    await story.sleep('2 hours');
    expect(await story.snapshot()).toMatchObject({ state: 'renewing', ended: true, renewal: { returnTo: 'expired' } });
    expect(await story.decide(APPROVER, 'deny')).toMatchObject({ account: { state: 'expired' } });
  });

  test('acted late: asked for after the end, it works again', async () => {
    const story = await live('expire');
    await story.sleep('3 hours');
    await story.act('request-renewal', OWNER);
    await story.decide(APPROVER, 'approve');
    expect(await story.until(isIn('active'))).toMatchObject({ ended: false });
    expect(engineWork()).toEqual(['applyExpiry', 'enableAccount']);
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
  test.each(['renew', 'request-renewal'] as const)('acted: %s is refused', async (action) => {
    const story = await live('delete');
    await story.sleep('40 minutes');
    expect(await story.act(action, OWNER)).toMatchObject({ code: 'StateConflict' });
  });

  test('ignored: gone, with no undo whatever the grace period', async () => {
    const lifecycle = { ...HOURLY.lifecycle!, endOfLife: 'delete' as const, gracePeriod: 'P30D' };
    const story = await harness.story({ lifecycle });
    await story.activate();
    expect(await story.result()).toMatchObject({ state: 'retired', ended: true, retirement: { final: true } });
    expect(engineWork()).toEqual(['deleteAccount']);
    expect(harness.fakes.inputsOf('admitDestructiveStep')).toMatchObject([{ step: 'deletion' }]);
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
    const sequences = harness.fakes.inputsOf('admitDestructiveStep').map(({ sequence }) => sequence);
    expect(new Set(sequences).size).toBe(1);
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
