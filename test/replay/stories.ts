/** The lives that must replay for ever: each ends, or comes to rest, with a history worth keeping. */
import { HOURLY } from '../support/engine-steps.ts';
import { ADMINISTRATOR, APPROVER, OWNER, REQUESTER, type Harness, type Story } from '../support/lifecycle-harness.ts';

type Tell = (story: Story, harness: Harness) => Promise<unknown>;

const DELETED_AT_END = { lifecycle: { ...HOURLY.lifecycle!, endOfLife: 'delete' as const } };

export const STORIES: Readonly<Record<string, { readonly template?: typeof HOURLY; readonly tell: Tell }>> = {
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
