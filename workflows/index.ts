/** The entry of the workflow bundle: every workflow type by its name (`WORKFLOW_NAMES` in contracts/workflows.ts). */
export { accountLifecycle } from './account-lifecycle/workflow.ts';
export { inspectTemplate } from './inspect-template.ts';
export { migrateAccounts } from './migrate-accounts/workflow.ts';
export { reassessAccounts } from './reassess-accounts.ts';
