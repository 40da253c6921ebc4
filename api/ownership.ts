/** Who may be made an owner of an account: what its template allows, and who is active now. */
import type { Account } from '../contracts/account.ts';
import { ownershipProblem, requesterOnlyProblem, type Owners } from '../contracts/ownership.ts';
import type { User } from '../contracts/permissions.ts';
import type { Template } from '../contracts/template.ts';
import type { Database } from '../db/client.ts';
import { findActiveUsers } from '../db/queries/people.ts';
import { findTemplate } from '../db/queries/templates.ts';
import { invalid, refusal } from './http/refusal.ts';
import { groupProblems, userProblems } from './named-people.ts';

/**
 * Refuses new owners who are not active users or enabled groups, owners that the account's template does not allow `caller`
 * to name, and an account that nobody would answer for. Who owns it already may stay, active or not.
 */
export async function refuseOwners(
  db: Database,
  account: Account,
  { owners, ownerGroups }: Owners,
  caller: User,
): Promise<void> {
  const problems = [
    ...(await userProblems(db, '/owners', owners, account.owners)),
    ...(await groupProblems(db, '/ownerGroups', ownerGroups, account.ownerGroups)),
  ];
  if (problems.length > 0) throw invalid(problems);
  const found = await findTemplate(db, account.templateId, account.templateVersion);
  const problem = found && ownersProblem(found.template.ownership, account, { owners, ownerGroups }, caller);
  if (problem !== undefined) throw refusal('OwnershipViolation', problem);
  const active = await findActiveUsers(db, { users: owners, groups: ownerGroups });
  if (active.length === 0) throw refusal('OwnershipViolation', 'Nobody of these owners is active.');
}

function ownersProblem(terms: Template['ownership'], { requester }: Account, owners: Owners, caller: User) {
  const problem = ownershipProblem(terms, owners);
  return problem ?? (caller.role === 'administrator' ? undefined : requesterOnlyProblem(terms, requester, owners));
}
