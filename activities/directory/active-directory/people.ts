/** People of the domain: read, never written. */
import { AndFilter } from 'ldapts';
import { textOf } from './account-object.ts';
import type { LdapEntry } from './connection.ts';
import type { Controller } from './controllers.ts';
import { ACCOUNT_DISABLED } from './desired-account.ts';
import { hasResult } from './ldap-error.ts';
import { equalsAny } from './names.ts';

/** A foreign domain's object is not found here, and a referral to it is not followed. */
const ELSEWHERE = [10, 32, 34] as const;

/**
 * The logon name of the manager of the user with this logon name. `null` when there is no such user, they have no manager
 * of this domain, or the manager's account is disabled or does not say whether it is.
 */
export async function findManager(
  controller: Controller,
  baseDn: string,
  samAccountName: string,
): Promise<string | null> {
  const filters = [equalsAny('sAMAccountName', [samAccountName]), isUser];
  const users = await controller.search({
    base: baseDn,
    scope: 'sub',
    filter: new AndFilter({ filters }),
    attributes: ['manager'],
  });
  const managerDn = users.length === 1 ? textOf(users[0]!, 'manager') : null;
  if (managerDn === null) return null;
  const manager = await readUser(controller, managerDn);
  const control = manager && textOf(manager, 'userAccountControl');
  if (!manager || !control || (Number(control) & ACCOUNT_DISABLED) !== 0) return null;
  return textOf(manager, 'sAMAccountName');
}

const isUser = equalsAny('objectClass', ['user']);

async function readUser(controller: Controller, base: string): Promise<LdapEntry | undefined> {
  try {
    const attributes = ['sAMAccountName', 'userAccountControl'];
    return (await controller.search({ base, scope: 'base', filter: isUser, attributes }))[0];
  } catch (error) {
    if (hasResult(error, ...ELSEWHERE)) return undefined;
    throw error;
  }
}
