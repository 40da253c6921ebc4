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
  /** The enabled groups that the user is a member of. */
  readonly groups: readonly string[];
  /** Users who are away now and have this one as their delegate. */
  readonly standsFor: readonly Stead[];
}

/** Somebody who is away, with the enabled groups that they are a member of. */
export interface Stead {
  readonly name: string;
  readonly groups: readonly string[];
}

/** What the rules need to know of an account. */
export interface AccountParties {
  readonly requester: string;
  readonly owners: readonly string[];
  readonly ownerGroups: readonly string[];
  /** Everybody who is asked on any step of the present round, escalations included. */
  readonly approvers: readonly string[];
  readonly approverGroups: readonly string[];
}

/** What a user is to an account; several at once. */
type Relation = 'administrator' | 'requester' | 'owner' | 'approver';

export type ConfigurationKind = 'template' | 'domain' | 'token' | 'user' | 'group' | 'freeze' | 'notice' | 'migration';

export type Resource =
  | { readonly kind: 'account'; readonly account: AccountParties }
  | { readonly kind: 'request' | 'draft' | 'delegation' | ConfigurationKind };

export type Verb = 'read' | 'create' | 'update' | 'delete' | AccountAction;

/**
 * Whether `user` may do `action` on `resource`. State is not asked here (see `allowedActions`), nor is the open step:
 * an approver of any step may try to `decide`, and the workflow says whether it is their turn. Drafts and delegations are
 * their author's: the route looks for those of the caller only.
 */
export function can(user: User, action: Verb, resource: Resource): boolean {
  const administrator = user.role === 'administrator';
  switch (resource.kind) {
    case 'account':
      return canOnAccount(user, action, resource.account);
    case 'request':
      return action === 'create' && (user.role === 'requester' || administrator);
    case 'draft':
      return user.role === 'requester' || administrator;
    case 'delegation':
      return true;
    case 'template':
    case 'domain':
    case 'group':
    case 'user':
      return action === 'read' || administrator;
    case 'token':
    case 'freeze':
    case 'notice':
    case 'migration':
      return administrator;
  }
}

/** Who may do what with an account, by what they are to it. */
const ALLOWED: Readonly<Record<Verb, readonly Relation[]>> = {
  read: ['administrator', 'requester', 'owner', 'approver'],
  // The requester gets through to the workflow, which refuses with SelfApproval: the rule has one place.
  decide: ['administrator', 'requester', 'approver'],
  // A renewal is taken back by the owners who asked for it.
  withdraw: ['administrator', 'requester', 'owner'],
  'replace-approvers': ['administrator'],
  renew: ['administrator', 'owner'],
  'request-renewal': ['administrator', 'owner'],
  disable: ['administrator', 'owner'],
  enable: ['administrator', 'owner'],
  'change-owners': ['administrator', 'owner'],
  edit: ['administrator', 'owner'],
  migrate: ['administrator'],
  retire: ['administrator', 'owner'],
  restore: ['administrator', 'owner'],
  resume: ['administrator'],
  create: [],
  update: [],
  delete: [],
};

function canOnAccount(user: User, action: Verb, account: AccountParties): boolean {
  const relations = relationsOf(user, account);
  const allowed: readonly Relation[] = ALLOWED[action];
  return allowed.some((relation) => relations.includes(relation));
}

/** What `user` is to the account. Nothing: they do not even learn that it exists. */
export function relationsOf(user: User, account: AccountParties): Relation[] {
  const sitsOnAStep = (somebody: Stead): boolean =>
    account.approvers.includes(somebody.name) || shares(somebody.groups, account.approverGroups);
  const relations: Relation[] = [];
  if (user.role === 'administrator') relations.push('administrator');
  if (account.requester === user.name) relations.push('requester');
  if (account.owners.includes(user.name) || shares(user.groups, account.ownerGroups)) relations.push('owner');
  if (sitsOnAStep(user) || user.standsFor.some(sitsOnAStep)) relations.push('approver');
  return relations;
}

function shares(some: readonly string[], others: readonly string[]): boolean {
  return some.some((one) => others.includes(one));
}
