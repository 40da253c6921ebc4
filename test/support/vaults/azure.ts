/** Azure Key Vault: the simulator, which is stricter than the real one. */
import { ClientSecretCredential } from '@azure/identity';
import { SecretClient } from '@azure/keyvault-secrets';
import { pendingName, secretName, TAG } from '../../../activities/vault/azure-key-vault/secret.ts';
import type { KeyVaultConfig, Policies } from '../../../activities/vault/azure-key-vault/service.ts';
import { createKeyVault } from '../../../activities/vault/azure-key-vault/store.ts';
import type { SecretVault } from '../../../activities/vault/port.ts';
import { sensitive } from '../../../infra/runtime/sensitive.ts';
import { ALL_PERMISSIONS } from '../../../infra/simulators/azure-key-vault/principals.ts';
import {
  startAzureKeyVaultSimulator,
  type AzureKeyVaultSimulator,
} from '../../../infra/simulators/azure-key-vault/simulator.ts';
import { SETTLES_AT_ONCE } from '../../../infra/simulators/azure-key-vault/store.ts';
import type { Faults } from '../faults.ts';
import type { VaultSubject } from './subject.ts';

export const ENGINE = '11111111-2222-4333-8444-555555555555';
const PEOPLE = '22222222-2222-4333-8444-555555555555';
const CLIENT_SECRET = 'of-the-tests';

export interface AzureSubject extends VaultSubject {
  readonly config: KeyVaultConfig;
  readonly simulator: AzureKeyVaultSimulator;
  newVault(faults?: Faults, overrides?: Partial<KeyVaultConfig>): SecretVault;
  deleteAsPeople(vaultPath: string): Promise<void>;
}

type Options = Partial<Parameters<typeof startAzureKeyVaultSimulator>[0]>;

/** Deletions are done at once, unless `options` say otherwise. */
export async function azureSubject(options: Options = {}): Promise<AzureSubject> {
  const secrets = [{ value: CLIENT_SECRET }];
  const simulator = await startAzureKeyVaultSimulator({
    applications: [
      { clientId: ENGINE, secrets, permissions: ALL_PERMISSIONS },
      { clientId: PEOPLE, secrets, permissions: ALL_PERMISSIONS },
    ],
    ...('consistency' in options ? {} : { consistency: SETTLES_AT_ONCE }),
    ...options,
  });
  const { url, authorityUrl, tenantId, caPem } = simulator;
  const config: KeyVaultConfig = {
    address: url,
    identity: { kind: 'client-secret', tenantId, clientId: ENGINE, secret: sensitive(CLIENT_SECRET) },
    authorityHost: authorityUrl,
    caPem,
    trustsAnyAudience: true,
  };
  const tlsOptions = { ca: caPem };
  const people = new SecretClient(
    url,
    new ClientSecretCredential(tenantId, PEOPLE, CLIENT_SECRET, {
      authorityHost: authorityUrl,
      disableInstanceDiscovery: true,
      tlsOptions,
    }),
    { disableChallengeResourceVerification: true, tlsOptions },
  );

  async function passwordsIn(name: string): Promise<string[]> {
    const found: string[] = [];
    try {
      for await (const { version, enabled } of people.listPropertiesOfSecretVersions(name)) {
        if (enabled) found.push((await people.getSecret(name, { version: version! })).value!);
      }
    } catch {
      // There is no such secret.
    }
    return found;
  }

  return {
    folder: 'vault-tests/corp.example',
    config,
    simulator,
    newVault: (faults, overrides = {}) =>
      createKeyVault({ ...config, ...overrides }, faults ? { policies: through(faults) } : {}),
    async readFields(vaultPath) {
      const secret = await people.getSecret(secretName(vaultPath)).catch(() => undefined);
      return secret && { ...secret.properties.tags, password: secret.value };
    },
    async readablePasswords(vaultPath) {
      const all = await Promise.all([secretName(vaultPath), pendingName(vaultPath)].map(passwordsIn));
      return [...new Set(all.flat())].sort();
    },
    async isGone(vaultPath) {
      const names = [secretName(vaultPath), pendingName(vaultPath)];
      return simulator.snapshot().secrets.every(({ name }) => !names.includes(name));
    },
    async writeForeign(vaultPath, accountId) {
      const tags = accountId === undefined ? {} : { [TAG.account]: accountId };
      await people.setSecret(secretName(vaultPath), 'theirs', { tags });
    },
    async addField(vaultPath, name, value) {
      const { properties } = await people.getSecret(secretName(vaultPath));
      const tags = { ...properties.tags, [name]: value };
      await people.updateSecretProperties(properties.name, properties.version!, { tags });
    },
    async deleteAsPeople(vaultPath) {
      const poller = await people.beginDeleteSecret(secretName(vaultPath), { intervalInMs: 20 });
      await poller.pollUntilDone();
    },
    close: async () => simulator.close(),
  };
}

/** Between the clients and their HTTP, once for each try. */
function through(faults: Faults): Policies {
  return [
    {
      position: 'perRetry',
      policy: {
        name: 'faults',
        sendRequest: async (request, next) =>
          faults.intercept(
            `azure ${request.method} ${new URL(request.url).pathname.replace(/[^/]*-[0-9a-f]{16}/, '…')}`,
            async () => next(request),
            () => Object.assign(new Error('cut by the test'), { code: 'ECONNRESET' }),
          ),
      },
    },
  ];
}
