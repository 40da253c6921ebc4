/** A program with a workflow that never gives its thread back: what the control plane's watch is for. */
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, Worker } from '@temporalio/worker';
import { watchSandbox } from '../../workers/sandbox-calls.ts';
import type * as workflows from './endless-workflow.ts';

const WORKFLOW: keyof typeof workflows = 'endless';
const RUN_ID = '0e9b1c1a-7d3e-4a53-9f0b-6a4c2f1d8b77';

const INSTANT = '2026-01-01T00:00:00Z';
const BEGUN = {
  events: [
    {
      eventId: '1',
      eventTime: INSTANT,
      eventType: 'EVENT_TYPE_WORKFLOW_EXECUTION_STARTED',
      workflowExecutionStartedEventAttributes: {
        workflowType: { name: WORKFLOW },
        taskQueue: { name: 'endless', kind: 'TASK_QUEUE_KIND_NORMAL' },
        workflowTaskTimeout: '10s',
        originalExecutionRunId: RUN_ID,
        firstExecutionRunId: RUN_ID,
        attempt: 1,
      },
    },
    {
      eventId: '2',
      eventTime: INSTANT,
      eventType: 'EVENT_TYPE_WORKFLOW_TASK_SCHEDULED',
      workflowTaskScheduledEventAttributes: { taskQueue: { name: 'endless' }, startToCloseTimeout: '10s', attempt: 1 },
    },
    {
      eventId: '3',
      eventTime: INSTANT,
      eventType: 'EVENT_TYPE_WORKFLOW_TASK_STARTED',
      workflowTaskStartedEventAttributes: { scheduledEventId: '2', identity: 'test' },
    },
    {
      eventId: '4',
      eventTime: INSTANT,
      eventType: 'EVENT_TYPE_WORKFLOW_TASK_COMPLETED',
      workflowTaskCompletedEventAttributes: { scheduledEventId: '2', startedEventId: '3', identity: 'test' },
    },
    {
      eventId: '5',
      eventTime: INSTANT,
      eventType: 'EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED',
      workflowExecutionCompletedEventAttributes: { workflowTaskCompletedEventId: '4' },
    },
  ],
};

watchSandbox((runId) => {
  process.stdout.write(`stuck in ${runId}`);
  process.exit(1);
});
const workflowBundle = await bundleWorkflowCode({
  workflowsPath: fileURLToPath(new URL('endless-workflow.ts', import.meta.url)),
});
/** Workflows are in a thread of their own, as everywhere but in replays; the types say that this cannot be chosen. */
const IN_A_THREAD = { debugMode: false };
await Worker.runReplayHistory({ workflowBundle, ...IN_A_THREAD }, BEGUN, WORKFLOW);
