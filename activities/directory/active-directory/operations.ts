/** How operations run: one after the other on an account, each on one controller, failing by the catalogue. */
import type { AccountObjectInput } from '../../../contracts/activities.ts';
import { failure } from '../../failure.ts';
import type { Attempt } from '../port.ts';
import { missingAccount } from './account-control.ts';
import { readByGuid } from './account-object.ts';
import type { Controller, Controllers } from './controllers.ts';
import { toFailure } from './failures.ts';
import { isControllerTrouble } from './ldap-error.ts';
import type { UnsettledAdds } from './unsettled-adds.ts';

/** Does something on one controller. `report` tells the step that begins; it throws when the operation is given up. */
export type Work<T> = (controller: Controller, report: (step: string) => void) => Promise<T>;

export interface Operations {
  /** One operation on one account, after the ones before it. */
  run<T>(input: { accountId: string; samAccountName: string }, attempt: Attempt, work: Work<T>): Promise<T>;
  /** The same on an account that exists: one that the controller does not know yet is waited for. */
  runOnExisting<T>(input: AccountObjectInput, attempt: Attempt, work: Work<T>): Promise<T>;
  /** Reads of no account in particular; `what` names them in failures. */
  look<T>(what: string, work: (controller: Controller) => Promise<T>): Promise<T>;
}

export function createOperations(controllers: Controllers, unsettled: UnsettledAdds): Operations {
  const inTurn = createTurns();
  const run: Operations['run'] = (input, attempt, work) =>
    inTurn(input.accountId, async () => {
      const report = (step: string): void => attempt.report({ step, addedOn: unsettled.find(input.accountId) ?? null });
      try {
        if (attempt.previous?.addedOn) unsettled.note(input.accountId, attempt.previous.addedOn);
        const preferredUrl = unsettled.find(input.accountId)?.controller;
        return await controllers.operate((controller) => work(controller, report), preferredUrl);
      } catch (error) {
        throw toFailure(error, input.samAccountName);
      }
    });
  return {
    run,
    runOnExisting: (input, attempt, work) =>
      run(input, attempt, async (controller, report) => {
        report('find');
        await assertReplicated(controller, input, controllers);
        return work(controller, report);
      }),
    async look(what, work) {
      try {
        return await controllers.operate(work);
      } catch (error) {
        throw toFailure(error, what);
      }
    },
  };
}

/** An account that one controller does not have yet is not missing while another has it. */
async function assertReplicated(here: Controller, input: AccountObjectInput, { all }: Controllers): Promise<void> {
  if (input.objectGuid === null || (await readByGuid(here, input.objectGuid))) return;
  for (const other of all.filter((controller) => controller !== here)) {
    const found = await readByGuid(other, input.objectGuid).catch((error: unknown) => {
      if (!isControllerTrouble(error)) throw error;
      return undefined;
    });
    if (!found) continue;
    const message = `The domain controller that answers does not know ${input.samAccountName} yet. It is tried again.`;
    throw failure('DirectoryUnavailable', message);
  }
  throw missingAccount(input.samAccountName);
}

/** Runs works on the same key one after the other: a given-up attempt may still be finishing a call. */
function createTurns(): <T>(key: string, work: () => Promise<T>) => Promise<T> {
  const last = new Map<string, Promise<unknown>>();
  return (key, work) => {
    const result = (last.get(key) ?? Promise.resolve()).then(work, work);
    const settled = result
      .catch(() => undefined)
      .finally(() => {
        if (last.get(key) === settled) last.delete(key);
      });
    last.set(key, settled);
    return result;
  };
}
