/** Who may own an account under a template. Pure, and free of zod: workflows load this file. */
import type { Template } from './template.ts';

/** The owners of an account: users by name, and groups whose members own it too. */
export interface Owners {
  readonly owners: readonly string[];
  readonly ownerGroups: readonly string[];
}

/**
 * Why the template does not allow these owners, in a sentence for people; `undefined` when it does. Groups count towards
 * the minimum. The template's fallback group may own an account where groups may not be named otherwise.
 * Whether at least one owner is active is not asked here: the workflow does not know.
 */
export function ownershipProblem(
  { groups, minimum, maximum, fallbackGroup }: Template['ownership'],
  { owners, ownerGroups }: Owners,
): string | undefined {
  if (owners.length + ownerGroups.length === 0) return 'An account has at least one owner.';
  if (owners.length + ownerGroups.length < minimum) return `The template asks for at least ${minimum} owners.`;
  if (owners.length > maximum) return `The template allows at most ${maximum} owners.`;
  if (!groups && ownerGroups.some((group) => group !== fallbackGroup))
    return 'The template does not allow group owners.';
  return undefined;
}

/**
 * Why an owner may not name these, where the template lets the requester alone own the account; `undefined` when they may.
 * Administrators may, and a succession does: requesters leave.
 */
export function requesterOnlyProblem(
  { requesterOnly }: Template['ownership'],
  requester: string,
  { owners, ownerGroups }: Owners,
): string | undefined {
  const isRequester = ownerGroups.length === 0 && owners.every((owner) => owner === requester);
  if (!requesterOnly || isRequester) return undefined;
  return 'The template lets the requester alone own the account: an administrator can name others.';
}
