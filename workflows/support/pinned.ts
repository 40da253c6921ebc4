/** Workflows that are soon over, and releases of the control plane. */
import { setWorkflowOptions, workflowInfo } from '@temporalio/workflow';

/**
 * Has executions of `workflow` end under the release they began under, while accounts go on under the next one. Workers
 * without a release (no ALM_DEPLOYMENT_BUILD_ID) may not say so: Temporal refuses their tasks, again and again.
 */
export function endsWhereItBegan<A extends unknown[], R>(workflow: (...args: A) => Promise<R>): void {
  const options = () => (hasRelease() ? { versioningBehavior: 'PINNED' as const } : {});
  setWorkflowOptions(options, workflow);
}

/** Of the task that began the execution, also when it is replayed elsewhere. */
function hasRelease(): boolean {
  return Boolean(workflowInfo().currentDeploymentVersion?.deploymentName);
}
