/** The condition of an account that cannot go on: put on record once, with its cause, and taken off. */
import type { StepName } from '../../contracts/account.ts';
import { ERRORS } from '../../contracts/errors.ts';
import { noticeOf } from '../account-lifecycle/notices.ts';
import { record } from '../account-lifecycle/record.ts';
import { accountOf, now, SYSTEM, type AccountRun } from '../account-lifecycle/run.ts';
import type { StepFailure } from './failures.ts';

/** Records why the account cannot go on, unless that is on record already. Nothing waits for the projection here. */
export function block(run: AccountRun, step: StepName, failure: StepFailure): void {
  const { blocked, state } = accountOf(run);
  if (blocked?.code === failure.code && blocked.step === step) return;
  const { code, message } = failure;
  const retrying = ERRORS[code].retry !== 'no';
  const since = now();
  void record(
    run,
    { type: 'blocked', actor: SYSTEM, detail: { code, step, retrying } },
    { blocked: { code, since, step, message, retrying } },
    // The requester waits for it; what mends itself is no news.
    state === 'approved' && !retrying ? [noticeOf('provisioning-failed', since, { code })] : [],
  );
}

/** Records that nothing holds the account up any more. */
export function unblock(run: AccountRun): void {
  const { blocked } = accountOf(run);
  if (blocked === null) return;
  void record(
    run,
    { type: 'unblocked', actor: SYSTEM, detail: { code: blocked.code, step: blocked.step } },
    { blocked: null },
  );
}
