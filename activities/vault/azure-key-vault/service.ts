/** The connection to one Key Vault, by the official clients. */
import {
  ClientCertificateCredential,
  ClientSecretCredential,
  ManagedIdentityCredential,
  type TokenCredential,
} from '@azure/identity';
import { SecretClient, type SecretClientOptions } from '@azure/keyvault-secrets';
import type { Sensitive } from '../../../infra/runtime/sensitive.ts';

export type AzureIdentity =
  | {
      readonly kind: 'client-secret';
      readonly tenantId: string;
      readonly clientId: string;
      readonly secret: Sensitive<string>;
    }
  /** PEM: the certificate and its key in one. */
  | {
      readonly kind: 'certificate';
      readonly tenantId: string;
      readonly clientId: string;
      readonly pem: Sensitive<string>;
    }
  /** The identity of the machine; without an id the one that the system gave it. */
  | { readonly kind: 'managed'; readonly clientId?: string | undefined };

export interface KeyVaultConfig {
  /** Such as `https://alm-corp.vault.azure.net`. */
  readonly address: string;
  readonly identity: AzureIdentity;
  /** Where tokens come from, instead of the public cloud. */
  readonly authorityHost?: string | undefined;
  /** PEM of the certificate authorities to trust instead of Node's own list. */
  readonly caPem?: string | undefined;
  /** For a vault outside of Microsoft's domains, such as a test's: the vault names the audience of tokens itself. */
  readonly trustsAnyAudience?: boolean | undefined;
}

export type Policies = NonNullable<SecretClientOptions['additionalPolicies']>;

/** Together less than an attempt of a step. */
const RETRIES = { maxRetries: 2, retryDelayInMs: 300, maxRetryDelayInMs: 4_000 };

/** The clients have none of their own. */
const REQUEST_TIMEOUT_MS = 8_000;
const TIME_LIMIT: Policies[number] = {
  position: 'perRetry',
  policy: {
    name: 'time-limit',
    sendRequest: async (request, next) => {
      request.timeout = REQUEST_TIMEOUT_MS;
      return next(request);
    },
  },
};

/** Opens no connection yet. */
export function openSecretClient(config: KeyVaultConfig, policies: Policies = []): SecretClient {
  const tlsOptions = config.caPem === undefined ? {} : { tlsOptions: { ca: config.caPem } };
  return new SecretClient(config.address, credentialOf(config), {
    ...tlsOptions,
    retryOptions: RETRIES,
    additionalPolicies: [TIME_LIMIT, ...policies],
    disableChallengeResourceVerification: config.trustsAnyAudience ?? false,
  });
}

function credentialOf({ identity, authorityHost, caPem }: KeyVaultConfig): TokenCredential {
  const options = {
    retryOptions: RETRIES,
    ...(caPem === undefined ? {} : { tlsOptions: { ca: caPem } }),
    // An authority that was named is not looked up in the public cloud's list.
    ...(authorityHost === undefined ? {} : { authorityHost, disableInstanceDiscovery: true }),
  };
  switch (identity.kind) {
    case 'client-secret':
      return new ClientSecretCredential(identity.tenantId, identity.clientId, identity.secret.reveal(), options);
    case 'certificate':
      return new ClientCertificateCredential(
        identity.tenantId,
        identity.clientId,
        { certificate: identity.pem.reveal() },
        options,
      );
    case 'managed':
      return new ManagedIdentityCredential(identity.clientId === undefined ? {} : { clientId: identity.clientId });
  }
}
