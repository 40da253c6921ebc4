/**
 * Who may do what: one pure function, used by every route. Free of zod.
 */
import type { AccountAction } from './lifecycle.ts';

export const ROLES = ['requester', 'approver', 'owner', 'administrator'] as const;
export type Role = (typeof ROLES)[number];

/** A caller, as authentication found it. `name` is unique and never re-used. */
export interface User {
  readonly name: string;
  readonly role: Role;
}

/** What the rules need to know of an account. */
export interface AccountParties {
  readonly requester: string;
  readonly owners: readonly string[];
  readonly approvers: readonly string[];
}

export type Resource =
  | { readonly kind: 'account'; readonly account: AccountParties }
  | { readonly kind: 'request' | 'template' | 'domain' | 'token' | 'user' };

export type Verb = 'read' | 'create' | 'update' | AccountAction;

/**
 * Whether `user` may do `action` on `resource`. State is not asked here (see `allowedActions`), nor is the open step:
 * an approver of any step may try to `decide`, and the workflow says whether it is their turn.
 */
export function can(user: User, action: Verb, resource: Resource): boolean {
  switch (resource.kind) {
    case 'account':
      return canOnAccount(user, action, resource.account);
    case 'request':
      return action === 'create' && (user.role === 'requester' || user.role === 'administrator');
    case 'template':
    case 'domain':
      return action === 'read' || user.role === 'administrator';
    case 'user':
      return action === 'read';
    case 'token':
      return user.role === 'administrator';
  }
}

function canOnAccount(user: User, action: Verb, account: AccountParties): boolean {
  const administrator = user.role === 'administrator';
  const requester = account.requester === user.name;
  const owner = account.owners.includes(user.name);
  const approver = account.approvers.includes(user.name);
  switch (action) {
    case 'read':
      return administrator || requester || owner || approver;
    case 'decide':
      // The requester gets through to the workflow, which refuses with SelfApproval: the rule has one place.
      return approver || (requester && user.role !== 'owner') || administrator;
    case 'withdraw':
      return requester || administrator;
    case 'renew':
    case 'disable':
    case 'enable':
    case 'retire':
      return owner || administrator;
    case 'resume':
      return administrator;
    case 'create':
    case 'update':
      return false;
  }
}
