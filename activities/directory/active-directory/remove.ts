/** Deleting an account: checked, disabled, out of its groups, then by GUID. Absence is believed only with a proof. */
import type { AccountObjectInput } from '../../../contracts/activities.ts';
import { failure } from '../../failure.ts';
import { setEnabled, writeWhileMarked } from './account-control.ts';
import {
  assertManageable,
  findAccount,
  isMarkedAs,
  readByGuid,
  readEvenDeleted,
  type AccountObject,
  type ManagedDomain,
} from './account-object.ts';
import type { Controller } from './controllers.ts';
import { guidDn } from './encodings.ts';
import { hasResult, isControllerTrouble } from './ldap-error.ts';
import { leaveGroups } from './memberships.ts';
import type { UnsettledAdds } from './unsettled-adds.ts';

export interface RemovalContext {
  readonly domain: ManagedDomain;
  /** All controllers of the domain, to ask about an object that this one does not have. */
  readonly controllers: readonly Controller[];
  readonly unsettled: UnsettledAdds;
  readonly report: (step: string) => void;
}

/** Deletes the account. Nothing of ours there, or a tombstone: success. Ours by GUID but not by mark: DirectoryObjectForeign. */
export async function remove(
  controller: Controller,
  input: AccountObjectInput,
  context: RemovalContext,
): Promise<void> {
  context.report('look');
  const account = await findAccount(controller, input, context.domain);
  if (account) await removeFound(controller, account, input, context);
  else await assertGone(controller, input, context);
  context.unsettled.settle(input.accountId);
}

async function removeFound(
  controller: Controller,
  account: AccountObject,
  input: AccountObjectInput,
  context: RemovalContext,
): Promise<void> {
  assertManageable(account, input, context.domain);
  context.report('disable');
  await setEnabled(controller, account, false);
  context.report('groups');
  await leaveGroups(controller, account);
  context.report('delete');
  // Somebody may have taken the object over meanwhile: look again, then hold on to its mark to the last.
  const last = await readByGuid(controller, account.guid);
  if (!last) return assertGone(controller, { ...input, objectGuid: account.guid }, context);
  assertManageable(last, input, context.domain);
  try {
    await writeWhileMarked(controller, last, []);
    await controller.delete(guidDn(account.guid));
  } catch (error) {
    if (!hasResult(error, 32)) throw error;
    await assertGone(controller, { ...input, objectGuid: account.guid }, context);
  }
}

/** Throws DirectoryUnavailable while any controller that answers has the object, or one that may have it is away. */
async function assertGone(here: Controller, input: AccountObjectInput, context: RemovalContext): Promise<void> {
  const unsettled = context.unsettled.find(input.accountId);
  for (const controller of context.controllers) {
    const lives = await livesOn(controller, input, context.domain).catch((error: unknown) => {
      const mayBeAway = controller !== here && controller.url !== unsettled?.controller;
      if (mayBeAway && isControllerTrouble(error)) return false;
      throw error;
    });
    if (lives) {
      const message = `Another domain controller still has ${input.samAccountName}; the controllers are not in step yet. It is tried again.`;
      throw failure('DirectoryUnavailable', message);
    }
  }
}

async function livesOn(controller: Controller, input: AccountObjectInput, domain: ManagedDomain): Promise<boolean> {
  if (input.objectGuid === null) {
    const found = await findAccount(controller, input, domain);
    return found !== undefined && isMarkedAs(found, input.accountId);
  }
  const object = await readEvenDeleted(controller, input.objectGuid);
  return object !== undefined && !object.isDeleted;
}
