/** What histories have of accounts: the projection can be made from it again. */
import type { Client } from '@temporalio/client';
import { decodeFromPayloadsAtIndex } from '@temporalio/common/lib/internal-non-workflow/index.js';
import type { PlatformActivities, RecordTransitionInput } from '../../contracts/activities.ts';
import { ACCOUNT_LIFECYCLE, type AccountLifecycleInput } from '../../contracts/workflows.ts';

/** An account and the events that led to it; none for one that a run was handed: they are in earlier histories, if anywhere. */
export type RecordedTransition = Pick<RecordTransitionInput, 'account' | 'events'>;

const RECORDING = 'recordTransition' satisfies keyof PlatformActivities;

/**
 * Every transition that any account workflow, open or ended, has sent to the projection; and for each run that goes on with
 * an account, the account as it was handed on, for the runs before it are forgotten after the namespace's retention.
 */
export async function* recordedTransitions(client: Client): AsyncGenerator<RecordedTransition> {
  const decode = <T>(payloads: Parameters<typeof decodeFromPayloadsAtIndex>[2]): Promise<T> =>
    decodeFromPayloadsAtIndex<T>(client.options.loadedDataConverter, 0, payloads);
  for await (const { workflowId, runId } of client.workflow.list({ query: `WorkflowType = '${ACCOUNT_LIFECYCLE}'` })) {
    const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    for (const event of events ?? []) {
      const started = event.workflowExecutionStartedEventAttributes;
      if (started) {
        const { carried } = await decode<AccountLifecycleInput>(started.input?.payloads);
        if (carried) yield { account: carried.account, events: [] };
      }
      const scheduled = event.activityTaskScheduledEventAttributes;
      if (scheduled?.activityType?.name === RECORDING) {
        const { account, events: recorded } = await decode<RecordTransitionInput>(scheduled.input?.payloads);
        yield { account, events: recorded };
      }
    }
  }
}
