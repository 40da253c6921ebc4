/** Every engine step of every procedure, with the way to it: what all tests of patience run through. */
import type { Account, StepName } from '../../contracts/account.ts';
import type { AccountState } from '../../contracts/lifecycle.ts';
import type { Template } from '../../contracts/template.ts';
import { sampleTemplate, type ActivityName, type FakeActivities, type TemplateParts } from './fake-activities.ts';
import { OWNER, REQUESTER, type Story } from './lifecycle-harness.ts';
import {
  activate,
  agree,
  approachDeletion,
  approachEnd,
  askAfterTheEnd,
  askForRenewal,
  blockPromotion,
  disable,
  expire,
  hasEndedLaterThanAnHour,
  isIn,
  openWindow,
  quarantine,
  refusePassword,
  submit,
} from './ways-to-steps.ts';

export interface EngineStep {
  readonly title: string;
  readonly step: StepName;
  readonly activity: ActivityName;
  /** What the story is to be told under. */
  readonly template: Partial<Template>;
  /** The state in which the step is done. */
  readonly during: AccountState;
  /** Brings the account to where the step comes next. */
  readonly reach: (story: Story, fakes: FakeActivities) => Promise<unknown>;
  /** What makes the step begin; not waited for, since an update is answered after its step. */
  readonly begin: (story: Story) => Promise<unknown>;
  readonly isDone: (account: Account) => boolean;
}

/** Periods of an hour: deadlines are near, so that time skipped while a step retries stays short. */
const hourly = (terms: Partial<TemplateParts['lifecycle']> = {}): Partial<Template> => {
  const lifecycle = {
    intervals: ['PT1H'],
    renewalWindow: 'PT30M',
    notices: { whenRenewalOpens: true, remindEvery: 'PT15M' },
    endOfLife: 'disable' as const,
    ...terms,
  };
  return { lifecycle: sampleTemplate({ lifecycle }).lifecycle };
};

export const HOURLY = hourly();
/** A retirement can be undone for an hour. */
export const HOURLY_WITH_GRACE = hourly({ gracePeriod: 'PT1H' });
/** AD itself ends the account; a renewal is asked for. */
export const HOURLY_EXPIRING = hourly({ endOfLife: 'expire' });

export const ENGINE_STEPS: readonly EngineStep[] = [
  {
    title: 'provisioning: stage',
    step: 'stage-credential',
    activity: 'stageCredential',
    template: HOURLY,
    during: 'approved',
    reach: submit,
    begin: agree,
    isDone: isIn('active'),
  },
  {
    title: 'provisioning: establish',
    step: 'establish-account',
    activity: 'establishAccount',
    template: HOURLY,
    during: 'approved',
    reach: submit,
    begin: agree,
    isDone: isIn('active'),
  },
  {
    title: 'provisioning: promote',
    step: 'promote-credential',
    activity: 'promoteCredential',
    template: HOURLY,
    during: 'approved',
    reach: submit,
    begin: agree,
    isDone: isIn('active'),
  },
  {
    title: 'provisioning: discard a refused password',
    step: 'discard-credential',
    activity: 'discardCredential',
    template: HOURLY,
    during: 'approved',
    reach: refusePassword,
    begin: agree,
    isDone: isIn('active'),
  },
  {
    title: 'withdrawal: delete',
    step: 'delete-account',
    activity: 'deleteAccount',
    template: HOURLY,
    during: 'withdrawing',
    reach: blockPromotion,
    begin: (story) => story.act('withdraw', REQUESTER),
    isDone: isIn('withdrawn'),
  },
  {
    title: 'withdrawal: revoke',
    step: 'revoke-credential',
    activity: 'revokeCredential',
    template: HOURLY,
    during: 'withdrawing',
    reach: blockPromotion,
    begin: (story) => story.act('withdraw', REQUESTER),
    isDone: isIn('withdrawn'),
  },
  {
    title: 'life: disable',
    step: 'disable-account',
    activity: 'disableAccount',
    template: HOURLY,
    during: 'active',
    reach: activate,
    begin: (story) => story.act('disable', OWNER),
    isDone: isIn('disabled'),
  },
  {
    title: 'life: enable',
    step: 'enable-account',
    activity: 'enableAccount',
    template: HOURLY,
    during: 'disabled',
    reach: disable,
    begin: (story) => story.act('enable', OWNER),
    isDone: isIn('active'),
  },
  {
    title: 'life: renew an active account',
    step: 'apply-expiry',
    activity: 'applyExpiry',
    template: HOURLY,
    during: 'active',
    reach: openWindow,
    begin: (story) => story.act('renew', OWNER),
    isDone: hasEndedLaterThanAnHour,
  },
  {
    title: 'life: expire',
    step: 'disable-account',
    activity: 'disableAccount',
    template: HOURLY,
    during: 'active',
    reach: approachEnd,
    begin: (story) => story.sleep('6 seconds'),
    isDone: isIn('expired'),
  },
  {
    title: 'after the end: renew',
    step: 'apply-expiry',
    activity: 'applyExpiry',
    template: HOURLY,
    during: 'expired',
    reach: expire,
    begin: (story) => story.act('renew', OWNER),
    isDone: isIn('active'),
  },
  {
    title: 'after the end: enable again',
    step: 'enable-account',
    activity: 'enableAccount',
    template: HOURLY,
    during: 'expired',
    reach: expire,
    begin: (story) => story.act('renew', OWNER),
    isDone: isIn('active'),
  },
  {
    title: 'retirement: delete',
    step: 'delete-account',
    activity: 'deleteAccount',
    template: HOURLY,
    during: 'retiring',
    reach: activate,
    begin: (story) => story.act('retire', OWNER),
    isDone: isIn('retired'),
  },
  {
    title: 'retirement: revoke',
    step: 'revoke-credential',
    activity: 'revokeCredential',
    template: HOURLY,
    during: 'retiring',
    reach: activate,
    begin: (story) => story.act('retire', OWNER),
    isDone: isIn('retired'),
  },
  {
    title: 'quarantine: capture',
    step: 'capture-account',
    activity: 'captureAccount',
    template: HOURLY_WITH_GRACE,
    during: 'retiring',
    reach: activate,
    begin: (story) => story.act('retire', OWNER),
    isDone: isIn('quarantined'),
  },
  {
    title: 'quarantine: disable, strip and move',
    step: 'quarantine-account',
    activity: 'quarantineAccount',
    template: HOURLY_WITH_GRACE,
    during: 'retiring',
    reach: activate,
    begin: (story) => story.act('retire', OWNER),
    isDone: isIn('quarantined'),
  },
  {
    title: 'quarantine: suspend',
    step: 'suspend-credential',
    activity: 'suspendCredential',
    template: HOURLY_WITH_GRACE,
    during: 'retiring',
    reach: activate,
    begin: (story) => story.act('retire', OWNER),
    isDone: isIn('quarantined'),
  },
  {
    title: 'undo of a retirement: reinstate',
    step: 'reinstate-credential',
    activity: 'reinstateCredential',
    template: HOURLY_WITH_GRACE,
    during: 'quarantined',
    reach: quarantine,
    begin: (story) => story.act('restore', OWNER),
    isDone: isIn('active'),
  },
  {
    title: 'undo of a retirement: put back',
    step: 'restore-account',
    activity: 'restoreAccount',
    template: HOURLY_WITH_GRACE,
    during: 'quarantined',
    reach: quarantine,
    begin: (story) => story.act('restore', OWNER),
    isDone: isIn('active'),
  },
  {
    title: 'after the grace period: delete',
    step: 'delete-account',
    activity: 'deleteAccount',
    template: HOURLY_WITH_GRACE,
    during: 'quarantined',
    reach: approachDeletion,
    begin: (story) => story.sleep('6 seconds'),
    isDone: isIn('retired'),
  },
  {
    title: 'after the grace period: revoke',
    step: 'revoke-credential',
    activity: 'revokeCredential',
    template: HOURLY_WITH_GRACE,
    during: 'quarantined',
    reach: approachDeletion,
    begin: (story) => story.sleep('6 seconds'),
    isDone: isIn('retired'),
  },
  {
    title: 'a renewal is approved: write the new end',
    step: 'apply-expiry',
    activity: 'applyExpiry',
    template: HOURLY_EXPIRING,
    during: 'renewing',
    reach: askForRenewal,
    begin: agree,
    isDone: isIn('active'),
  },
  {
    title: 'a renewal is approved after the end: write the new end',
    step: 'apply-expiry',
    activity: 'applyExpiry',
    template: HOURLY_EXPIRING,
    during: 'renewing',
    reach: askAfterTheEnd,
    begin: agree,
    isDone: isIn('active'),
  },
];
