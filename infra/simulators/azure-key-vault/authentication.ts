/**
 * Who calls the vault, and whether they may. 401 always comes with the challenge that tells a client where to get a
 * token (learn.microsoft.com, Key Vault REST API; the AKV numbers are those of public error reports, such as
 * Azure/azure-sdk-for-js#13036 and MicrosoftDocs/azure-docs#109562).
 */
import { refusal } from '../refusal.ts';
import { forbidden, vaultRefusal, type Answer } from './answer.ts';
import { issuerOf, VAULT_RESOURCE } from './issuer.ts';
import type { Principal, Principals, SecretPermission } from './principals.ts';
import type { TokenClaims, TokenKey } from './tokens.ts';

/** How the vault decides on permissions; only the inner code of its 403 differs here. */
export type PermissionModel = 'access-policy' | 'rbac';

export interface Gate {
  /** The caller that the `Authorization` header stands for; throws 401. */
  authenticate(authorization: string | undefined): TokenClaims;
  /** Throws 403 unless the caller has the permission, now. */
  authorize(caller: TokenClaims, permission: SecretPermission): void;
  /** What a run-out token is answered. */
  readonly expired: () => Answer;
}

interface GateOptions {
  readonly authorityUrl: string;
  readonly tenantId: string;
  readonly permissionModel: PermissionModel;
  readonly principals: Principals;
  readonly key: TokenKey;
  readonly nowMs: () => number;
}

export function createGate(options: GateOptions): Gate {
  const { tenantId, permissionModel, principals, key, nowMs } = options;
  const challenge = `Bearer authorization="${options.authorityUrl}/${tenantId}", resource="${VAULT_RESOURCE}"`;
  const unauthorized = (message: string): Answer => ({
    ...vaultRefusal(401, 'Unauthorized', message),
    headers: { 'www-authenticate': challenge },
  });
  const expired = () => unauthorized('[TokenExpired] Error validating token: IDX10223.');

  return {
    expired,
    authenticate(authorization) {
      const token = /^Bearer ([^\s]+)$/.exec(authorization ?? '')?.[1];
      if (!token) throw refusal(unauthorized('AKV10000: Request is missing a Bearer or PoP token.'));
      const claims = key.read(token);
      if (!claims) throw refusal(unauthorized('AKV10046: The signature of the token cannot be validated.'));
      if (claims.aud !== VAULT_RESOURCE) {
        throw refusal(unauthorized(`AKV10022: Invalid audience. Expected ${VAULT_RESOURCE}, found: ${claims.aud}.`));
      }
      if (claims.iss !== issuerOf(tenantId)) {
        throw refusal(unauthorized(`AKV10032: Invalid issuer. Expected ${issuerOf(tenantId)}, found ${claims.iss}.`));
      }
      const now = nowMs() / 1_000;
      if (now < claims.nbf || now >= claims.exp) throw refusal(expired());
      return claims;
    },
    authorize(caller, permission) {
      if (has(principals.find(caller.tid, caller.appid), permission)) return;
      const who = `appid=${caller.appid};oid=${caller.oid};iss=${caller.iss}`;
      const innerCode = permissionModel === 'rbac' ? 'ForbiddenByRbac' : 'AccessDenied';
      throw forbidden(`The application '${who}' does not have secrets ${permission} permission.`, innerCode);
    },
  };
}

function has(principal: Principal | undefined, permission: SecretPermission): boolean {
  return principal?.permissions.includes(permission) ?? false;
}
