/** How a story comes to where an engine step is next: the time before it, told in as few words as it takes. */
import type { Account } from '../../contracts/account.ts';
import type { AccountState } from '../../contracts/lifecycle.ts';
import type { FakeActivities } from './fake-activities.ts';
import { APPROVER, OWNER, type Story } from './lifecycle-harness.ts';

export const isIn = (state: AccountState) => (account: Account) => account.state === state;
export const submit = (story: Story) => story.submit();
export const agree = (story: Story) => story.decide(APPROVER, 'approve');
export const activate = (story: Story) => story.activate();

export async function disable(story: Story): Promise<void> {
  await story.activate();
  await story.act('disable', OWNER);
}

export async function expire(story: Story): Promise<void> {
  await story.activate();
  await story.sleep('61 minutes');
  await story.until(isIn('expired'));
}

export async function openWindow(story: Story): Promise<void> {
  await story.activate();
  await story.sleep('40 minutes');
}

export async function approachEnd(story: Story): Promise<void> {
  const { endsAt } = await story.activate();
  await story.sleep(Date.parse(endsAt ?? '') - (await story.now()) - 5_000);
}

export async function quarantine(story: Story): Promise<void> {
  await story.activate();
  await story.act('retire', OWNER);
  await story.until(isIn('quarantined'));
}

/** Five seconds before the time for its undo is over. */
export async function approachDeletion(story: Story): Promise<void> {
  await quarantine(story);
  const undoUntil = (await story.snapshot())?.retirement?.undoUntil ?? '';
  await story.sleep(Date.parse(undoUntil) - (await story.now()) - 5_000);
}

export async function askForRenewal(story: Story): Promise<void> {
  await story.activate();
  await story.act('request-renewal', OWNER);
}

export async function askAfterTheEnd(story: Story): Promise<void> {
  await expire(story);
  await story.act('request-renewal', OWNER);
}

/** A withdrawal while the last step of provisioning cannot go on: there is an object and a secret to undo. */
export async function blockPromotion(story: Story, fakes: FakeActivities): Promise<void> {
  fakes.fail('promoteCredential', 'VaultAccessDenied');
  await story.approve();
  await story.until((account) => account.blocked?.code === 'VaultAccessDenied');
}

export async function refusePassword(story: Story, fakes: FakeActivities): Promise<void> {
  fakes.fail('establishAccount', 'DirectoryPasswordRejected', 1);
  await story.submit();
}

/** The period was an hour from `startsAt`; after a renewal it begins where that hour ended. */
export function hasEndedLaterThanAnHour({ startsAt, submittedAt }: Account): boolean {
  return startsAt !== null && Date.parse(startsAt) - Date.parse(submittedAt) > 30 * 60_000;
}
