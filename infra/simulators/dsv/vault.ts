/** The state that the parts of the simulator share, and how they ask whether a caller may. */
import { forbidden } from './answer.ts';
import { isAllowed, type Action, type Caller, type Permission } from './permissions.ts';
import { createShelf, type Shelf, type ShelfOptions } from './shelf.ts';
import type { Query } from './pages.ts';
import type { Body, Json } from './body.ts';

export interface SecretVersion {
  readonly data: Json;
  readonly attributes: Json | null;
  readonly description: string;
  readonly modifiedMs: number;
  readonly modifiedBy: string;
}

export interface Secret {
  readonly id: string;
  readonly createdMs: number;
  readonly createdBy: string;
  /** Never empty; the place in the list is the version's number. */
  readonly versions: readonly SecretVersion[];
}

export interface Client {
  readonly id: string;
  readonly clientId: string;
  /** Missing until the one-time URL was used. */
  readonly clientSecret: string | undefined;
  readonly role: string;
  readonly description: string;
  readonly createdMs: number;
  readonly createdBy: string;
  /** In seconds; 0 is for ever. */
  readonly ttl: number;
  /** When the time to live began. */
  readonly activeFromMs: number;
  /** How often it may log on; 0 is without a limit. */
  readonly usesLimit: number;
  readonly usedCount: number;
  readonly url: boolean;
  readonly urlTtl: number;
  readonly accessedMs: number | undefined;
}

export interface RoleVersion {
  readonly description: string;
  readonly modifiedMs: number;
  readonly modifiedBy: string;
}

export interface Role {
  readonly id: string;
  readonly createdMs: number;
  readonly createdBy: string;
  readonly versions: readonly RoleVersion[];
}

export interface PolicyVersion {
  readonly permissions: readonly Permission[];
  readonly modifiedMs: number;
  readonly modifiedBy: string;
}

export interface Policy {
  readonly id: string;
  readonly createdMs: number;
  readonly createdBy: string;
  readonly versions: readonly PolicyVersion[];
}

export interface User {
  readonly userName: string;
  readonly password: string;
  /** Such as `thy-one`; a local user has none. */
  readonly provider?: string;
}

/** One request below `/v1/<resource>`, of a caller whose token is good. */
export interface Call {
  readonly method: string;
  /** What follows the resource's name, decoded: empty, or with a leading slash. */
  readonly rest: string;
  readonly query: Query;
  /** Reads the body; throws 400 when it is not a JSON object. */
  readonly body: () => Body;
  readonly caller: Caller;
}

export interface Vault {
  readonly nowMs: () => number;
  readonly createdStatus: 200 | 201;
  /** By the name that policies have for them: `secrets:a:b`, `home:users:ann:a`. */
  readonly secrets: Shelf<Secret>;
  readonly clients: Shelf<Client>;
  readonly roles: Shelf<Role>;
  /** By path. */
  readonly policies: Shelf<Policy>;
  /** By principal. */
  readonly users: ReadonlyMap<string, User>;
  /** Permissions that are in no policy that the API shows: the administrator's, and those that a test grants. */
  readonly granted: Permission[];
  /** Throws 403 unless some permission allows it, now. */
  demand(caller: Caller, action: Action, resource: string): void;
}

export interface VaultOptions extends Omit<ShelfOptions, 'kind'> {
  readonly createdStatus: 200 | 201;
  readonly users: readonly User[];
}

export function createVault({ createdStatus, users, ...shelf }: VaultOptions): Vault {
  const policies = createShelf<Policy>({ ...shelf, kind: 'policy' });
  const granted: Permission[] = [];
  return {
    nowMs: shelf.nowMs,
    createdStatus,
    secrets: createShelf({ ...shelf, kind: 'secret' }),
    clients: createShelf({ ...shelf, kind: 'client' }),
    roles: createShelf({ ...shelf, kind: 'role' }),
    policies,
    users: new Map(users.map((user) => [userPrincipal(user.userName, user.provider), user])),
    granted,
    demand(caller, action, resource) {
      const ofPolicies = policies.live().flatMap(([, { versions }]) => versions.at(-1)?.permissions ?? []);
      if (!isAllowed([...granted, ...ofPolicies], caller, action, resource)) throw forbidden();
    },
  };
}

export function userPrincipal(userName: string, provider: string | undefined): string {
  return provider ? `users:${provider}:${userName}` : `users:${userName}`;
}
