/** Tells accounts of changes among users, groups and delegations, once they are committed. */
import type { Client } from '@temporalio/client';
import { CONTROL_TASK_QUEUE, reassessmentWorkflowId } from '../../contracts/ids.ts';
import { REASSESS_ACCOUNTS, type ReassessAccountsInput } from '../../contracts/workflows.ts';
import type { Clock } from '../clock.ts';
import { rethrow } from './temporal-errors.ts';
import { PROBE_DEADLINE_MS, within } from './time-limits.ts';

/**
 * Has the accounts that `input` concerns look again when the transaction has ended that holds the operation. Call it in
 * that transaction, before the commit: a crash in between loses nothing. `at` (ISO 8601 UTC, none: now) is when the change
 * takes effect. The same operation again begins anew, since its transaction did.
 */
export type Reassess = (
  operationId: string,
  input: Omit<ReassessAccountsInput, 'operationId'>,
  at?: string,
) => Promise<void>;

export function createReassessment(client: Client, clock: Clock): Reassess {
  return async (operationId, input, at) => {
    const waitMs = at === undefined ? 0 : Math.max(0, Date.parse(at) - clock().getTime());
    await within(client, PROBE_DEADLINE_MS, () =>
      client.workflow.start(REASSESS_ACCOUNTS, {
        workflowId: reassessmentWorkflowId(operationId),
        taskQueue: CONTROL_TASK_QUEUE,
        args: [{ ...input, operationId } satisfies ReassessAccountsInput],
        ...(waitMs > 0 && { startDelay: waitMs }),
        workflowIdConflictPolicy: 'TERMINATE_EXISTING',
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      }),
    ).catch(rethrow);
  };
}
