/** The lives that must replay for ever: each ends, or comes to rest, with a history worth keeping. */
import { HOURLY, HOURLY_EXPIRING, HOURLY_WITH_GRACE } from '../support/engine-steps.ts';
import type { TemplateParts } from '../support/fake-activities.ts';
import { ADMINISTRATOR, APPROVER, OWNER, REQUESTER, type Story } from '../support/lifecycle-harness.ts';
import { manyTimes, OTHER_STORIES, type Told } from './other-stories.ts';

const DELETED_AT_END = { lifecycle: { ...HOURLY.lifecycle!, endOfLife: 'delete' as const } };

const ESCALATING: TemplateParts = {
  approval: {
    steps: [
      {
        name: 'Manager',
        approvers: { users: ['anna'], groups: [] },
        quorum: 1,
        deadline: 'P1D',
        escalation: { users: ['bert'], groups: [] },
      },
    ],
  },
};

const TWO_OF_THREE: TemplateParts = {
  approval: {
    steps: [
      { name: 'Manager', approvers: { users: ['anna', 'bert', 'dora'], groups: [] }, quorum: 2, deadline: 'P7D' },
    ],
  },
};

/** A quiet moment, in which a run ends whose history is long. */
async function intoTheNextRun(story: Story): Promise<void> {
  const run = await story.runId();
  await story.rests();
  await story.sleep('11 seconds');
  await story.laterRun(run);
}

export const STORIES: Readonly<Record<string, Told>> = {
  ...OTHER_STORIES,
  refused: {
    async tell(story, { fakes }) {
      fakes.behave({ reserveName: async () => ({ outcome: 'refused', code: 'NameTaken', message: 'In use' }) });
      await story.submit();
      await story.result();
    },
  },
  rejected: {
    async tell(story) {
      await story.submit();
      await story.decide(APPROVER, 'deny');
      await story.result();
    },
  },
  'withdrawn-before-approval': {
    async tell(story) {
      await story.submit();
      await story.act('withdraw', REQUESTER);
      await story.result();
    },
  },
  'withdrawn-at-work': {
    async tell(story, { fakes }) {
      const gate = fakes.hold('establishAccount');
      await story.approve();
      await story.called('establishAccount', 1);
      const withdrawn = story.act('withdraw', REQUESTER);
      await story.cancelArrives();
      gate.open();
      await withdrawn;
      await story.result();
    },
  },
  'cancelled-while-blocked': {
    async tell(story, { fakes }) {
      fakes.fail('promoteCredential', 'VaultAccessDenied');
      await story.approve();
      await story.until(({ blocked }) => blocked !== null);
      await story.cancel();
      await story.result();
    },
  },
  'password-refused': {
    async tell(story, { fakes }) {
      fakes.fail('establishAccount', 'DirectoryPasswordRejected', 2);
      await story.activate();
    },
  },
  'conflict-resumed': {
    async tell(story, { fakes }) {
      fakes.fail('establishAccount', 'DirectoryNameConflict', 1);
      await story.approve();
      await story.until(({ blocked }) => blocked !== null);
      await story.act('resume', ADMINISTRATOR);
      await story.until(({ state }) => state === 'active');
    },
  },
  'held-up-by-the-directory': {
    template: HOURLY,
    async tell(story, { fakes }) {
      fakes.fail('establishAccount', 'DirectoryUnavailable', 12);
      await story.approve();
      await story.called('establishAccount', 1);
      await story.sleep('20 minutes');
      await story.until(({ state }) => state === 'active');
    },
  },
  'off-and-on': {
    async tell(story) {
      await story.activate();
      await story.act('disable', OWNER);
      await story.act('enable', OWNER);
    },
  },
  'renewed-twice-and-retired': {
    template: HOURLY,
    async tell(story) {
      await story.activate();
      for (const minutes of [40, 60]) {
        await story.sleep(minutes * 60_000);
        await story.act('renew', OWNER);
        await story.sleep('11 seconds');
      }
      await story.act('retire', OWNER);
      await story.result();
    },
  },
  'expired-and-renewed': {
    template: HOURLY,
    async tell(story) {
      await story.activate();
      await story.sleep('2 hours');
      await story.until(({ state }) => state === 'expired');
      await story.act('renew', OWNER);
      await story.sleep('11 seconds');
    },
  },
  'deleted-at-the-end': {
    template: DELETED_AT_END,
    async tell(story) {
      await story.activate();
      await story.result();
    },
  },
  'superseded-by-retirement': {
    async tell(story, { fakes }) {
      await story.activate();
      fakes.fail('disableAccount', 'DirectoryAccessDenied');
      const disabled = story.act('disable', OWNER);
      await story.until(({ blocked }) => blocked !== null);
      await story.act('retire', OWNER);
      await disabled;
      await story.result();
    },
  },
  'lapsed-after-escalation': {
    template: ESCALATING,
    async tell(story) {
      await story.submit();
      await story.result();
    },
  },
  'approvers-replaced-quorum-lost-and-regained': {
    template: ESCALATING,
    async tell(story, { fakes }) {
      await story.submit();
      const approvers = { users: ['dora'], groups: [] };
      await story.ask('replace-approvers', { actor: ADMINISTRATOR, step: 0, approvers, quorum: 1 });
      fakes.behave({
        findDeciders: async () => ({ ableToDecide: [] }),
        recordTransition: async () => ({ ableToDecide: [] }),
      });
      await story.approversChanged();
      await story.until(({ approval }) => approval.quorumLostAt !== null);
      fakes.recover();
      await story.approversChanged();
      await story.until(({ approval }) => approval.quorumLostAt === null);
      await story.decide('dora', 'approve');
      await story.until(({ state }) => state === 'active');
    },
  },
  'renewed-by-approval': {
    template: HOURLY_EXPIRING,
    async tell(story) {
      await story.activate();
      await story.act('request-renewal', OWNER);
      await story.decide(APPROVER, 'deny');
      await story.act('request-renewal', OWNER);
      await story.sleep('2 hours');
      await story.decide(APPROVER, 'approve');
      await story.until(({ state }) => state === 'active');
    },
  },
  'request-decided-in-the-next-run': {
    template: TWO_OF_THREE,
    async tell(story) {
      await story.submit();
      await story.decide(APPROVER, 'approve');
      await manyTimes(1_000, () => story.approversChanged());
      await intoTheNextRun(story);
      await story.decide('bert', 'approve');
      await story.until(({ state }) => state === 'active');
    },
  },
  'renewal-decided-in-the-next-run': {
    template: { ...HOURLY_EXPIRING, ...TWO_OF_THREE },
    async tell(story) {
      await story.submit();
      for (const round of [1, 2]) {
        for (const approver of [APPROVER, 'bert']) await story.decide(approver, 'approve');
        await story.until(({ state }) => state === 'active');
        await story.act('request-renewal', OWNER, `renewal ${round}`);
      }
      await story.decide(APPROVER, 'approve');
      // A period has begun in this run, which ends at the next quiet moment.
      await intoTheNextRun(story);
      await story.decide('bert', 'approve');
      await story.until(({ state }) => state === 'active');
    },
  },
  'quarantined-restored-and-gone': {
    template: HOURLY_WITH_GRACE,
    async tell(story) {
      await story.activate();
      await story.act('retire', OWNER);
      await story.until(({ state }) => state === 'quarantined');
      await story.act('restore', OWNER);
      await story.act('retire', OWNER);
      await story.result();
    },
  },
  'frozen-and-thawed': {
    template: HOURLY,
    async tell(story, { fakes }) {
      await story.activate();
      fakes.fail('admitDestructiveStep', 'Frozen');
      await story.sleep('2 hours');
      await story.until(({ blocked }) => blocked?.code === 'Frozen');
      await story.ask('edit', { actor: OWNER, description: 'Edited while frozen' });
      fakes.recover();
      await story.sleep('1 minute');
      await story.until(({ state }) => state === 'expired');
    },
  },
  'frozen-while-the-directory-was-away': {
    template: HOURLY,
    async tell(story, { fakes }) {
      await story.activate();
      fakes.fail('disableAccount', 'DirectoryUnavailable');
      fakes.fail('captureAccount', 'DirectoryUnavailable');
      await story.sleep('2 hours');
      await story.until(({ blocked }) => blocked?.code === 'DirectoryUnavailable');
      fakes.recover();
      fakes.fail('admitDestructiveStep', 'Frozen');
      await story.sleep('2 minutes');
      await story.until(({ blocked }) => blocked?.code === 'Frozen');
      fakes.recover();
      await story.sleep('1 minute');
      await story.until(({ state }) => state === 'expired');
    },
  },
  'retirement-taken-back': {
    template: HOURLY_WITH_GRACE,
    async tell(story, { fakes }) {
      await story.activate();
      fakes.fail('admitDestructiveStep', 'Frozen');
      await story.act('retire', OWNER);
      await story.until(({ blocked }) => blocked?.code === 'Frozen');
      await story.act('restore', OWNER);
    },
  },
  'moved-and-left': {
    async tell(story, { fakes }) {
      await story.activate();
      const changes = { endsAt: '2099-01-01T00:00:00.000Z' };
      await story.ask('migrate', { actor: ADMINISTRATOR, changes });
      const asked = [
        { outcome: 'asks-directory', samAccountName: 'olga' },
        { outcome: 'manager', owner: 'mona' },
      ] as const;
      let rung = 0;
      fakes.behave({ findSuccessors: async () => asked[rung++]! });
      await story.ownerLeft(OWNER);
      await story.until(({ owners }) => owners.includes('mona'));
    },
  },
  // Last: the server's clock is not to be trusted after it.
  'engine-away-for-a-week': {
    async tell(story, harness) {
      await harness.stopEngine();
      await story.approve();
      await story.sleepWithoutEngine(7 * 24 * 3_600_000);
      await harness.startEngine();
      await story.until(({ state }) => state === 'active');
    },
  },
};
