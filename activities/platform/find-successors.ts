/** The succession ladder: who answers for an account after an owner left. */
import type { FindSuccessorsInput, FindSuccessorsResult } from '../../contracts/activities.ts';
import type { Database } from '../../db/client.ts';
import { findActiveUsers } from '../../db/queries/people.ts';
import { findUser, findUserByDirectoryAccount } from '../../db/queries/users.ts';

/**
 * The first rung that holds: the owner is there after all; somebody else who owns it is active; the leaver's manager, as
 * the directory knows them; the template's fallback group; nobody. Who owned it through a group has left too when they are
 * not in it any more, or the group is disabled.
 */
export async function findSuccessors(db: Database, input: FindSuccessorsInput): Promise<FindSuccessorsResult> {
  const { left, owners, ownerGroups } = input;
  const active = await findActiveUsers(db, { users: owners, groups: ownerGroups });
  if (active.includes(left)) return { outcome: 'still-there' };
  if (active.length > 0) {
    const others = owners.filter((owner) => owner !== left);
    return others.length < owners.length ? { outcome: 'owners-left', owners: others } : { outcome: 'still-there' };
  }
  return (await byManager(db, input)) ?? (await byFallbackGroup(db, input)) ?? { outcome: 'nobody' };
}

/** The directory is asked once, for a leaver whose own account is in the domain of this one. */
async function byManager(
  db: Database,
  { domain, left, managerSamAccountName }: FindSuccessorsInput,
): Promise<FindSuccessorsResult | undefined> {
  if (managerSamAccountName === null) return undefined;
  if (managerSamAccountName === undefined) {
    const account = (await findUser(db, left))?.directoryAccount;
    const isHere = account?.domain === domain;
    return isHere ? { outcome: 'asks-directory', samAccountName: account.samAccountName } : undefined;
  }
  const manager = await findUserByDirectoryAccount(db, { domain, samAccountName: managerSamAccountName });
  return manager && { outcome: 'manager', owner: manager.name };
}

async function byFallbackGroup(
  db: Database,
  { fallbackGroup: group }: FindSuccessorsInput,
): Promise<FindSuccessorsResult | undefined> {
  if (group === null) return undefined;
  const members = await findActiveUsers(db, { users: [], groups: [group] });
  return members.length > 0 ? { outcome: 'fallback-group', group } : undefined;
}
