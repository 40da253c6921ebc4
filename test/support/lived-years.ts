/** Years of an account's life on the time-skipping server, with an owner who acts on each period once, late, or never. */
import type { Account } from '../../contracts/account.ts';
import type { Notice } from '../../contracts/notices.ts';
import type { FakeActivities } from './fake-activities.ts';
import { accountIn, APPROVER, OWNER, type Story } from './lifecycle-harness.ts';

export interface Owner {
  /** When the owner acts on the period; null: never. Full minutes, and at no instant at which a notice is due. */
  readonly actsAt: (period: { readonly opensAt: Date; readonly endsAt: Date }) => Date | null;
  /** How long approvers take where a renewal must be agreed, in milliseconds. */
  readonly approvalMs: number;
}

/** Lives until `untilMs` (since the epoch) or until the account is retired. Answers it as it was when it became active. */
export async function liveYears(
  story: Story,
  { actsAt, approvalMs }: Owner,
  untilOf: (born: Account) => number,
): Promise<Account> {
  const born = await story.activate();
  const untilMs = untilOf(born);
  for (let account = born; account.endOfLife !== 'delete';) {
    const opensAt = new Date(account.renewalOpensAt!);
    const endsAt = new Date(account.endsAt!);
    const actedAt = actsAt({ opensAt, endsAt })?.getTime() ?? Infinity;
    if (actedAt >= untilMs) break;
    await skipTo(story, actedAt);
    account = await renew(story, account, approvalMs);
  }
  await skipTo(story, untilMs);
  return born;
}

async function renew(story: Story, { endOfLife }: Account, approvalMs: number): Promise<Account> {
  if (endOfLife !== 'expire') return accountIn(await story.act('renew', OWNER));
  accountIn(await story.act('request-renewal', OWNER));
  if (approvalMs > 0) await skip(story, approvalMs);
  accountIn(await story.decide(APPROVER, 'approve'));
  return story.until(({ state }) => state === 'active');
}

async function skipTo(story: Story, instantMs: number): Promise<void> {
  await skip(story, instantMs - (await story.now()));
}

/** What is under way is finished first: the clock runs past what it does not see. */
async function skip(story: Story, ms: number): Promise<void> {
  await story.rests();
  if (ms > 0) await story.sleep(ms);
  await story.rests();
}

/** Every notice that the outbox was asked for, as often as it was. */
export function noticesAsked(fakes: FakeActivities): Notice[] {
  const inputs = [...fakes.calls].filter(({ activity }) => activity === 'recordTransition' || activity === 'notify');
  return inputs.flatMap(({ input }) => (input as { notices?: Notice[] }).notices ?? []);
}
