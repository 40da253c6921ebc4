/** Tells accounts of changes among users, groups and delegations, a little after the change was asked for. */
import type { Client } from '@temporalio/client';
import { CONTROL_TASK_QUEUE, reassessmentWorkflowId } from '../../contracts/ids.ts';
import { REASSESS_ACCOUNTS, type ReassessAccountsInput } from '../../contracts/workflows.ts';
import type { Clock } from '../clock.ts';
import { rethrow } from './temporal-errors.ts';
import { PROBE_DEADLINE_MS, within } from './time-limits.ts';

/** Longer than a transaction may take to commit: when the accounts look, the change is there, or will never be. */
export const REASSESSMENT_DELAY_MS = 10_000;

/**
 * Has the accounts that `input` concerns look again. Call it in the transaction that makes the change, before the commit:
 * a crash in between loses nothing. `at` (ISO 8601 UTC, none: now) is when the change takes effect. The same operation
 * again begins the delay again, since its transaction did.
 */
export type Reassess = (operationId: string, input: ReassessAccountsInput, at?: string) => Promise<void>;

export function createReassessment(client: Client, delayMs: number, clock: Clock): Reassess {
  return async (operationId, input, at) => {
    const waitMs = at === undefined ? 0 : Math.max(0, Date.parse(at) - clock().getTime());
    await within(client, PROBE_DEADLINE_MS, () =>
      client.workflow.start(REASSESS_ACCOUNTS, {
        workflowId: reassessmentWorkflowId(operationId),
        taskQueue: CONTROL_TASK_QUEUE,
        args: [input],
        startDelay: waitMs + delayMs,
        workflowIdConflictPolicy: 'TERMINATE_EXISTING',
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      }),
    ).catch(rethrow);
  };
}
