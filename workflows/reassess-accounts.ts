/**
 * Tells every account that a change of users, groups or delegations concerns: page after page, so that one change may
 * concern thousands. Begun in the transaction of the change, so that a crash loses nothing; it looks when that has ended.
 * Accounts that have ended in the meantime need not be told.
 */
import { continueAsNew, getExternalWorkflowHandle, sleep } from '@temporalio/workflow';
import { accountWorkflowId } from '../contracts/ids.ts';
import type { FindAffectedResult } from '../contracts/activities.ts';
import type { ReassessAccountsInput } from '../contracts/workflows.ts';
import { approversChangedSignal, ownerLeftSignal } from './account-lifecycle/messages.ts';
import { platform, untilDone } from './support/activities.ts';
import { endsWhereItBegan } from './support/pinned.ts';

/** How many pages one run reads: a page of 100 accounts costs some 400 events. */
const PAGES_PER_RUN = 4;

/** What was let through by what was so before the change is on record by then: a request that names an owner who leaves. */
const SETTLING_MS = 1_000;

endsWhereItBegan(reassessAccounts);

export async function reassessAccounts(input: ReassessAccountsInput): Promise<void> {
  const { operationId, approvers, left } = input;
  let after = input.after ?? null;
  if (after === null) {
    await untilDone(() => platform.awaitChange({ operationId }));
    await sleep(SETTLING_MS);
  }
  for (let pages = 0; pages < PAGES_PER_RUN; pages += 1) {
    const asked = { users: [...approvers.users], groups: [...approvers.groups] };
    const page = { approvers: asked, left: [...left], after };
    const { accounts, next } = await untilDone(() => platform.findAffected(page));
    await Promise.all(accounts.map(tell));
    if (next === null) return;
    after = next;
  }
  await continueAsNew<typeof reassessAccounts>({ operationId, approvers, left, ...(after === null ? {} : { after }) });
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
