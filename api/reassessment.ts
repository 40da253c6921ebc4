/** Accounts look again after a change of users, groups or delegations. */
import type { Database } from '../db/client.ts';
import { holdOperation } from '../db/queries/operations.ts';
import type { Dependencies } from './dependencies.ts';

/**
 * Reassesses within `transaction`, which makes the change: held first, so that the accounts look when it has ended, and
 * not before. Parameters as the gateway's `reassess` takes them.
 */
export async function reassessAfter(
  transaction: Database,
  { gateway }: Pick<Dependencies, 'gateway'>,
  ...[operationId, ...change]: Parameters<Dependencies['gateway']['reassess']>
): Promise<void> {
  await holdOperation(transaction, operationId);
  await gateway.reassess(operationId, ...change);
}
