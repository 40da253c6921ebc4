/**
 * Every id that crosses a boundary is built and parsed here, and nowhere else.
 * Free of zod: workflows load this file.
 */

/** The task queue on which the control plane polls for workflows and platform activities. */
export const CONTROL_TASK_QUEUE = 'control';

const DOMAIN_QUEUE_PREFIX = 'domain:';
const ACCOUNT_WORKFLOW_PREFIX = 'account:';

/** The task queue of the engines of one AD domain. `fqdn` is any case; the queue is lower case. */
export function domainTaskQueue(fqdn: string): string {
  return `${DOMAIN_QUEUE_PREFIX}${fqdn.toLowerCase()}`;
}

/** The workflow id of one service account; the domain is in it so that a later codec can choose a key per domain. */
export function accountWorkflowId(fqdn: string, accountId: string): string {
  return `${ACCOUNT_WORKFLOW_PREFIX}${fqdn.toLowerCase()}:${accountId}`;
}

/** The inverse of {@link accountWorkflowId}; `undefined` for an id of another kind. */
export function parseAccountWorkflowId(workflowId: string): { fqdn: string; accountId: string } | undefined {
  const match = /^account:([^:]+):([0-9a-f-]{36})$/.exec(workflowId);
  return match ? { fqdn: match[1]!, accountId: match[2]! } : undefined;
}

/** The workflow id of one dry run of a template. */
export function inspectionWorkflowId(id: string): string {
  return `inspect:${id}`;
}

/** The workflow id of what follows from one change of users, groups or delegations. */
export function reassessmentWorkflowId(operationId: string): string {
  return `reassess:${operationId}`;
}

/** The workflow id of one migration of accounts. */
export function migrationWorkflowId(migrationId: string): string {
  return `migrate:${migrationId}`;
}

/**
 * The folder of an account's secret below the vault's mount: the template's, the domain, and what the requester chose, if
 * they may. The engine of a domain may use all below the domain's part and nothing else, and no folder of a template has a
 * dot, as every domain has: so whatever is chosen, two domains never meet.
 */
export function secretFolder(templateFolder: string, fqdn: string, chosenFolder?: string): string {
  return [templateFolder, fqdn.toLowerCase(), ...(chosenFolder === undefined ? [] : [chosenFolder])].join('/');
}

/** The path of an account's secret below the vault's mount. `folder` is what {@link secretFolder} answers. */
export function secretPath(folder: string, samAccountName: string): string {
  return `${folder}/${samAccountName.toLowerCase()}`;
}

/** The marker in an AD object's `info` while ALM is still making it. */
export function provisioningMarker(accountId: string): string {
  return `alm-op:${accountId}`;
}

/** The marker in an AD object's `info` once it is complete: the proof that the object is ours. */
export function accountMarker(accountId: string): string {
  return `alm-account:${accountId}`;
}
