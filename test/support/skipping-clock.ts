/**
 * The time-skipping server stops its clock while a task is worked on, by counting. A workflow that ends beside a task of
 * its own leaves the count wrong, and time would never be skipped again: what follows keeps it right between two tests.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import proto from '@temporalio/proto';
import type { TestWorkflowEnvironment } from '@temporalio/testing';

/** When the clock has not moved faster than real time for this long, nothing is being skipped. */
const STANDSTILL_MS = 200;
const STEP_MS = 6 * 3_600_000;

/** Waits until no task of the workflow is being worked on; two seconds at most. */
export async function untilIdle(handle: WorkflowHandle): Promise<void> {
  // Three looks, since between two tasks or two runs it seems idle for a moment.
  for (let looks = 0, idle = 0; looks < 100 && idle < 3; looks += 1) {
    idle = (await isBusy(handle)) ? 0 : idle + 1;
    await wait(20);
  }
}

async function isBusy(handle: WorkflowHandle): Promise<boolean> {
  const description = await handle.describe().catch(() => undefined);
  if (description?.status.name !== 'RUNNING') return false;
  const { PendingActivityState, EventType } = proto.temporal.api.enums.v1;
  const started = PendingActivityState.PENDING_ACTIVITY_STATE_STARTED;
  if (description.raw.pendingActivities?.some(({ state }) => state === started)) return true;
  const { events } = await handle.fetchHistory();
  const task = events?.findLast(({ eventType }) => eventType && WORKFLOW_TASK_EVENTS.includes(EventType[eventType]));
  return task?.eventType !== EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED;
}

const WORKFLOW_TASK_EVENTS = ['SCHEDULED', 'STARTED', 'COMPLETED'].map((end) => `EVENT_TYPE_WORKFLOW_TASK_${end}`);

/** Sets the count right when a minute is not skipped at once. Call it while no workflow runs. */
export async function freeClock(environment: TestWorkflowEnvironment): Promise<void> {
  const skipped = environment.sleep('1 minute').then(() => true);
  for (let leaks = 0; leaks < 5; leaks += 1) {
    if (await Promise.race([skipped, wait(1_500, false)])) return;
    await environment.connection.testService?.unlockTimeSkipping({});
  }
  throw new Error('the time-skipping server no longer skips time');
}

/**
 * Skips time while tasks wait in a queue that nobody polls: the server stops its clock for each of them too. In steps of
 * six hours, since a clock that was set free runs past everything that would happen meanwhile; after each step the count
 * is as the server left it, so that the tasks, once taken, set it right themselves.
 */
export async function skipWithoutEngine(environment: TestWorkflowEnvironment, durationMs: number): Promise<void> {
  for (let leftMs = durationMs; leftMs > 0; leftMs -= STEP_MS) {
    await skipStep(environment, Math.min(leftMs, STEP_MS));
  }
}

async function skipStep(environment: TestWorkflowEnvironment, durationMs: number): Promise<void> {
  const { testService } = environment.connection;
  let isOver = false;
  const skipped = environment.sleep(durationMs).finally(() => (isOver = true));
  let unlocked = 0;
  for (let before = await environment.currentTimeMs(); !isOver;) {
    await Promise.race([skipped, wait(STANDSTILL_MS)]);
    const now = await environment.currentTimeMs();
    if (!isOver && now - before < 2 * STANDSTILL_MS) {
      await testService?.unlockTimeSkipping({});
      unlocked += 1;
    }
    before = now;
  }
  await skipped;
  for (; unlocked > 0; unlocked -= 1) await testService?.lockTimeSkipping({});
}
