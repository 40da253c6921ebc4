/**
 * The control plane as a deployment of Temporal's, so that two releases of it can run beside each other and operators say
 * which one works. docs/operate/upgrade.md has the procedure.
 */
import type { WorkerOptions } from '@temporalio/worker';

/** As operators name it on Temporal's command line. */
export const DEPLOYMENT_NAME = 'control-plane';

/**
 * What makes a worker one of the release `buildId`; nothing without one. Accounts live longer than any release: they go
 * on under whichever is current. What is soon over ends where it began, see `setWorkflowOptions` in workflows/index.ts.
 */
export function deploymentOptions(buildId: string | undefined): Pick<WorkerOptions, 'workerDeploymentOptions'> {
  if (buildId === undefined) return {};
  return {
    workerDeploymentOptions: {
      version: { deploymentName: DEPLOYMENT_NAME, buildId },
      useWorkerVersioning: true,
      defaultVersioningBehavior: 'AUTO_UPGRADE',
    },
  };
}
