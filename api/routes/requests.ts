/** Asking for an account. */
import { submitRequest } from '../../contracts/http/accounts.ts';
import { API_PREFIX } from '../../contracts/http/route.ts';
import { findAccount } from '../../db/queries/accounts.ts';
import { viewFor } from '../account-view.ts';
import type { Dependencies } from '../dependencies.ts';
import { accountIdFor, operationIdFor } from '../http/idempotency.ts';
import { implement, type Implementation } from '../http/implementation.ts';
import { repeat, submit } from '../submission.ts';

export function requestRoutes(dependencies: Dependencies): Implementation[] {
  const { db, clock } = dependencies;
  return [
    implement(submitRequest, async ({ caller, body: request, idempotencyKey, isAbout }) => {
      const accountId = accountIdFor(caller.name, idempotencyKey);
      const operationId = operationIdFor(caller.name, submitRequest.operationId, idempotencyKey);
      isAbout({ accountId, operationId });
      const submission = { caller, request, accountId, operationId };
      const earlier = await findAccount(db, accountId);
      const account = earlier
        ? await repeat(dependencies, submission, earlier)
        : await submit(dependencies, submission);
      return {
        body: viewFor(caller, account, clock()),
        version: account.sequence,
        location: `${API_PREFIX}/accounts/${account.id}`,
      };
    }),
  ];
}
