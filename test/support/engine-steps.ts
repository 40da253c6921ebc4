/** Every engine step of every procedure, with the way to it: what all tests of patience run through. */
import type { Account, StepName } from '../../contracts/account.ts';
import type { AccountState } from '../../contracts/lifecycle.ts';
import type { Template } from '../../contracts/template.ts';
import type { ActivityName, FakeActivities } from './fake-activities.ts';
import { APPROVER, OWNER, REQUESTER, type Story } from './lifecycle-harness.ts';

export interface EngineStep {
  readonly title: string;
  readonly step: StepName;
  readonly activity: ActivityName;
  /** The state in which the step is done. */
  readonly during: AccountState;
  /** Brings the account to where the step comes next. */
  readonly reach: (story: Story, fakes: FakeActivities) => Promise<unknown>;
  /** What makes the step begin; not waited for, since an update is answered after its step. */
  readonly begin: (story: Story) => Promise<unknown>;
  readonly isDone: (account: Account) => boolean;
}

/** Periods of an hour: deadlines are near, so that time skipped while a step retries stays short. */
export const HOURLY: Partial<Template> = {
  lifecycle: { interval: 'PT1H', renewalWindow: 'PT30M', reminder: 'PT45M', endOfLife: 'disable' },
};

const isIn = (state: AccountState) => (account: Account) => account.state === state;
const submit = (story: Story) => story.submit();
const agree = (story: Story) => story.decide(APPROVER, 'approve');
const activate = (story: Story) => story.activate();

async function disable(story: Story): Promise<void> {
  await story.activate();
  await story.act('disable', OWNER);
}

async function expire(story: Story): Promise<void> {
  await story.activate();
  await story.sleep('61 minutes');
  await story.until(isIn('expired'));
}

async function openWindow(story: Story): Promise<void> {
  await story.activate();
  await story.sleep('40 minutes');
}

async function approachEnd(story: Story): Promise<void> {
  const { endsAt } = await story.activate();
  await story.sleep(Date.parse(endsAt ?? '') - (await story.now()) - 5_000);
}

/** A withdrawal while the last step of provisioning cannot go on: there is an object and a secret to undo. */
async function blockPromotion(story: Story, fakes: FakeActivities): Promise<void> {
  fakes.fail('promoteCredential', 'VaultAccessDenied');
  await story.approve();
  await story.until((account) => account.blocked?.code === 'VaultAccessDenied');
}

async function refusePassword(story: Story, fakes: FakeActivities): Promise<void> {
  fakes.fail('establishAccount', 'DirectoryPasswordRejected', 1);
  await story.submit();
}

export const ENGINE_STEPS: readonly EngineStep[] = [
  {
    title: 'provisioning: stage',
    step: 'stage-credential',
    activity: 'stageCredential',
    during: 'approved',
    reach: submit,
    begin: agree,
    isDone: isIn('active'),
  },
  {
    title: 'provisioning: establish',
    step: 'establish-account',
    activity: 'establishAccount',
    during: 'approved',
    reach: submit,
    begin: agree,
    isDone: isIn('active'),
  },
  {
    title: 'provisioning: promote',
    step: 'promote-credential',
    activity: 'promoteCredential',
    during: 'approved',
    reach: submit,
    begin: agree,
    isDone: isIn('active'),
  },
  {
    title: 'provisioning: discard a refused password',
    step: 'discard-credential',
    activity: 'discardCredential',
    during: 'approved',
    reach: refusePassword,
    begin: agree,
    isDone: isIn('active'),
  },
  {
    title: 'withdrawal: delete',
    step: 'delete-account',
    activity: 'deleteAccount',
    during: 'withdrawing',
    reach: blockPromotion,
    begin: (story) => story.act('withdraw', REQUESTER),
    isDone: isIn('withdrawn'),
  },
  {
    title: 'withdrawal: revoke',
    step: 'revoke-credential',
    activity: 'revokeCredential',
    during: 'withdrawing',
    reach: blockPromotion,
    begin: (story) => story.act('withdraw', REQUESTER),
    isDone: isIn('withdrawn'),
  },
  {
    title: 'life: disable',
    step: 'disable-account',
    activity: 'disableAccount',
    during: 'active',
    reach: activate,
    begin: (story) => story.act('disable', OWNER),
    isDone: isIn('disabled'),
  },
  {
    title: 'life: enable',
    step: 'enable-account',
    activity: 'enableAccount',
    during: 'disabled',
    reach: disable,
    begin: (story) => story.act('enable', OWNER),
    isDone: isIn('active'),
  },
  {
    title: 'life: renew an active account',
    step: 'apply-expiry',
    activity: 'applyExpiry',
    during: 'active',
    reach: openWindow,
    begin: (story) => story.act('renew', OWNER),
    isDone: hasEndedLaterThanAnHour,
  },
  {
    title: 'life: expire',
    step: 'disable-account',
    activity: 'disableAccount',
    during: 'active',
    reach: approachEnd,
    begin: (story) => story.sleep('6 seconds'),
    isDone: isIn('expired'),
  },
  {
    title: 'after the end: renew',
    step: 'apply-expiry',
    activity: 'applyExpiry',
    during: 'expired',
    reach: expire,
    begin: (story) => story.act('renew', OWNER),
    isDone: isIn('active'),
  },
  {
    title: 'after the end: enable again',
    step: 'enable-account',
    activity: 'enableAccount',
    during: 'expired',
    reach: expire,
    begin: (story) => story.act('renew', OWNER),
    isDone: isIn('active'),
  },
  {
    title: 'retirement: delete',
    step: 'delete-account',
    activity: 'deleteAccount',
    during: 'retiring',
    reach: activate,
    begin: (story) => story.act('retire', OWNER),
    isDone: isIn('retired'),
  },
  {
    title: 'retirement: revoke',
    step: 'revoke-credential',
    activity: 'revokeCredential',
    during: 'retiring',
    reach: activate,
    begin: (story) => story.act('retire', OWNER),
    isDone: isIn('retired'),
  },
];

/** The period was an hour from `startsAt`; after a renewal it begins where that hour ended. */
function hasEndedLaterThanAnHour({ startsAt, submittedAt }: Account): boolean {
  return startsAt !== null && Date.parse(startsAt) - Date.parse(submittedAt) > 30 * 60_000;
}
