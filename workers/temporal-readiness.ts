/** Whether Temporal answers a worker. A worker itself waits for a server that is away, and says that it runs. */
import type { NativeConnection } from '@temporalio/worker';
import type { ReadinessCheck } from '../infra/runtime/telemetry.ts';
import { keptCheck } from './kept-check.ts';

/** Below what a readiness check may take, see infra/runtime/telemetry.ts. */
const DEADLINE_MS = 3_000;
const KEPT_MS = 3_000;

/** Asks on the worker's own connection, the one that it polls with. */
export function temporalReadiness(
  connection: Pick<NativeConnection, 'withDeadline' | 'workflowService'>,
  deadlineMs = DEADLINE_MS,
): ReadinessCheck {
  return keptCheck(async () => {
    try {
      await connection.withDeadline(Date.now() + deadlineMs, () => connection.workflowService.getSystemInfo({}));
      return 'ok';
    } catch (error) {
      const { code } = error as { code?: unknown };
      return `does not answer${typeof code === 'number' ? ` (gRPC code ${code})` : ''}`;
    }
  }, KEPT_MS);
}
