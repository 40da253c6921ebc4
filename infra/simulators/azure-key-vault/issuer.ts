/** Issues access tokens and checks them for the vault. */
import type { Principal } from './principals.ts';
import type { TokenKey } from './tokens.ts';

export const VAULT_RESOURCE = 'https://vault.azure.net';
/** Resources that tokens can be had for besides the vault's; the vault refuses such tokens. */
const OTHER_RESOURCES: ReadonlySet<string> = new Set([
  'https://graph.microsoft.com',
  'https://management.azure.com',
  'https://managedhsm.azure.net',
]);

export interface TokenIssuer {
  readonly jwk: Readonly<Record<string, unknown>>;
  knowsResource(resource: string): boolean;
  issue(
    principal: Pick<Principal, 'clientId' | 'tenantId' | 'objectId'>,
    resource: string,
    lifeSeconds?: number,
  ): Issued;
  /** How many tokens were issued so far. */
  count(): number;
}

interface Issued {
  readonly token: string;
  readonly lifeSeconds: number;
  readonly expiresAt: number;
  readonly notBefore: number;
}

export function createIssuer(key: TokenKey, nowMs: () => number, defaultLifeSeconds: number): TokenIssuer {
  let count = 0;
  return {
    jwk: key.jwk,
    // The vault's resource has no trailing slash, and the vault compares the audience as it is.
    knowsResource: (resource) => resource === VAULT_RESOURCE || OTHER_RESOURCES.has(resource),
    issue({ clientId, tenantId, objectId }, resource, lifeSeconds = defaultLifeSeconds) {
      const now = Math.floor(nowMs() / 1_000);
      const expiresAt = now + lifeSeconds;
      const token = key.sign({
        aud: resource,
        iss: issuerOf(tenantId),
        tid: tenantId,
        appid: clientId,
        oid: objectId,
        iat: now,
        nbf: now,
        exp: expiresAt,
      });
      count += 1;
      return { token, lifeSeconds, expiresAt, notBefore: now };
    },
    count: () => count,
  };
}

/** The issuer in tokens of version 1, which the vault's resource gets. */
export function issuerOf(tenantId: string): string {
  return `https://sts.windows.net/${tenantId}/`;
}
