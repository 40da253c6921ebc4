/**
 * Tells every account that a change of users, groups or delegations concerns: page after page, so that one change may
 * concern thousands. Accounts that have ended in the meantime need not be told.
 */
import { continueAsNew, getExternalWorkflowHandle } from '@temporalio/workflow';
import { accountWorkflowId } from '../contracts/ids.ts';
import type { FindAffectedResult } from '../contracts/activities.ts';
import type { ReassessAccountsInput } from '../contracts/workflows.ts';
import { approversChangedSignal, ownerLeftSignal } from './account-lifecycle/messages.ts';
import { platform, untilDone } from './support/activities.ts';
import { endsWhereItBegan } from './support/pinned.ts';

/** How many pages one run reads: a page of 100 accounts costs some 400 events. */
const PAGES_PER_RUN = 4;

endsWhereItBegan(reassessAccounts);

export async function reassessAccounts(input: ReassessAccountsInput): Promise<void> {
  const { approvers, left } = input;
  let after = input.after ?? null;
  for (let pages = 0; pages < PAGES_PER_RUN; pages += 1) {
    const asked = { users: [...approvers.users], groups: [...approvers.groups] };
    const page = { approvers: asked, left: [...left], after };
    const { accounts, next } = await untilDone(() => platform.findAffected(page));
    await Promise.all(accounts.map(tell));
    if (next === null) return;
    after = next;
  }
  await continueAsNew<typeof reassessAccounts>({ approvers, left, ...(after === null ? {} : { after }) });
}

async function tell({
  accountId,
  domain,
  approversChanged,
  left,
}: FindAffectedResult['accounts'][number]): Promise<void> {
  const account = getExternalWorkflowHandle(accountWorkflowId(domain, accountId));
  const told = [
    ...(approversChanged ? [account.signal(approversChangedSignal)] : []),
    ...left.map((user) => account.signal(ownerLeftSignal, { user })),
  ];
  await Promise.allSettled(told);
}
