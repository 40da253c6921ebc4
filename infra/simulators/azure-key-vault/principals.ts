/** Who may ask for tokens, and what they may do with the vault's secrets. */

/** The secret permissions of an access policy (vendor's page "About Azure Key Vault secrets"). */
export type SecretPermission = 'get' | 'list' | 'set' | 'delete' | 'recover' | 'purge' | 'backup' | 'restore';

export const ALL_PERMISSIONS: readonly SecretPermission[] = [
  'get',
  'list',
  'set',
  'delete',
  'recover',
  'purge',
  'backup',
  'restore',
];

export interface ClientSecret {
  readonly value: string;
  /** From then on the authority refuses it (AADSTS7000222). */
  readonly expiresAtMs?: number;
}

/** An application registered in a tenant, or a managed identity. */
export interface Application {
  readonly clientId: string;
  /** By default the vault's tenant. */
  readonly tenantId?: string;
  readonly secrets?: readonly ClientSecret[];
  /** PEM of the certificates registered with it. Only RSA keys: the authority knows no others. */
  readonly certificatesPem?: readonly string[];
  /** On this vault; by default none. */
  readonly permissions?: readonly SecretPermission[];
}

export interface Principal extends Required<Application> {
  readonly objectId: string;
}

export interface Principals {
  isTenant(tenantId: string): boolean;
  find(tenantId: string, clientId: string): Principal | undefined;
  /** Changes what is given and leaves the rest; tokens already issued stay valid, as they do in the real one. */
  readonly update: (clientId: string, change: Partial<Omit<Application, 'clientId' | 'tenantId'>>) => void;
}

export function createPrincipals(
  applications: readonly Application[],
  vaultTenantId: string,
  newId: () => string,
): Principals {
  const byClientId = new Map<string, Principal>();
  for (const application of applications) {
    const defaults = { tenantId: vaultTenantId, secrets: [], certificatesPem: [], permissions: [] };
    byClientId.set(application.clientId, { ...defaults, ...application, objectId: newId() });
  }
  const tenants = new Set([vaultTenantId, ...[...byClientId.values()].map(({ tenantId }) => tenantId)]);
  return {
    isTenant: (tenantId) => tenants.has(tenantId),
    find(tenantId, clientId) {
      const principal = byClientId.get(clientId);
      return principal?.tenantId === tenantId ? principal : undefined;
    },
    update(clientId, change) {
      const principal = byClientId.get(clientId);
      if (!principal) throw new Error(`no application ${clientId} is registered`);
      byClientId.set(clientId, { ...principal, ...change });
    },
  };
}
