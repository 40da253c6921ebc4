/** A copy of the state for tests. */
import type { Client, Policy, Role, Secret, Vault } from './vault.ts';

export interface DsvSnapshot {
  /** By the names that policies have for them, such as `secrets:a:b`; what is marked for deletion is not in it. */
  readonly secrets: Readonly<Record<string, Secret>>;
  readonly clients: Readonly<Record<string, Client>>;
  readonly roles: Readonly<Record<string, Role>>;
  readonly policies: Readonly<Record<string, Policy>>;
  /** The keys of what is marked for deletion. */
  readonly marked: {
    readonly secrets: readonly string[];
    readonly clients: readonly string[];
    readonly roles: readonly string[];
    readonly policies: readonly string[];
  };
}

export function takeSnapshot({ secrets, clients, roles, policies }: Vault): DsvSnapshot {
  return structuredClone({
    secrets: Object.fromEntries(secrets.live()),
    clients: Object.fromEntries(clients.live()),
    roles: Object.fromEntries(roles.live()),
    policies: Object.fromEntries(policies.live()),
    marked: {
      secrets: secrets.marked(),
      clients: clients.marked(),
      roles: roles.marked(),
      policies: policies.marked(),
    },
  });
}
