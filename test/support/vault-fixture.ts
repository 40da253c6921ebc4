/** A vault of the test stack, prepared for an engine of a domain that no other test uses. */
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createKvVault, type KvVaultConfig } from '../../activities/vault/kv/store.ts';
import { createHttpsFetch } from '../../activities/vault/https-fetch.ts';
import type { StageRequest } from '../../activities/vault/port.ts';
import { sensitive } from '../../infra/runtime/sensitive.ts';

export const FOLDER = 'vault-tests';
const POLICIES = new URL('../../infra/deploy/vault/', import.meta.url);

interface StackVault {
  readonly address: string;
  readonly token: string;
  readonly mount: string;
  readonly caFile?: string;
}

export interface AdminAnswer {
  readonly status: number;
  /** The `data` of the answer; `{}` when it has none. */
  readonly data: Readonly<Record<string, unknown>>;
}

export interface VaultFixture {
  readonly domain: string;
  readonly mount: string;
  readonly fetch: ReturnType<typeof createHttpsFetch>;
  /** What an engine of this domain is configured with. */
  readonly config: KvVaultConfig;
  /** A call under the vault's root token, below `/v1/`. */
  admin(method: string, path: string, body?: unknown): Promise<AdminAnswer>;
  /** The secret's data as a reader of the newest version gets it. */
  readData(vaultPath: string): Promise<Record<string, string> | undefined>;
  /** A stage request for an account of its own, with a password of its own. */
  newRequest(overrides?: Partial<StageRequest>): StageRequest;
  /** An engine with its own token cache, as another process has. */
  newVault(overrides?: Partial<KvVaultConfig>): ReturnType<typeof createKvVault>;
  /** Makes an AppRole with a policy of this text and returns the log-on for it. */
  newRole(policy: string, settings?: object): Promise<Pick<KvVaultConfig, 'logOn'>>;
  /** A log-on that is refused. */
  readonly wrongSecretId: Pick<KvVaultConfig, 'logOn'>;
}

export async function createVaultFixture(stateFolder: string): Promise<VaultFixture> {
  const stack = JSON.parse(await readFile(join(stateFolder, 'stack.json'), 'utf8')) as { vaults: StackVault[] };
  const { address, token, mount, caFile } = stack.vaults[0]!;
  const caPem = caFile ? await readFile(caFile, 'utf8') : undefined;
  const fetch = createHttpsFetch(caPem);
  const domain = `${randomUUID().slice(0, 8)}.vault-test.example`;

  async function admin(method: string, path: string, body?: unknown): Promise<AdminAnswer> {
    const response = await fetch(`${address}/v1/${path}`, {
      method,
      headers: { 'x-vault-token': token, 'content-type': 'application/json' },
      signal: AbortSignal.timeout(10_000),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const answer = (text ? JSON.parse(text) : {}) as { data?: AdminAnswer['data'] | null };
    return { status: response.status, data: answer.data ?? {} };
  }

  async function newRole(policy: string, settings: object = {}) {
    const name = `test-${randomUUID()}`;
    await admin('PUT', `sys/policies/acl/${name}`, { policy });
    const role = { token_policies: name, token_no_default_policy: true, token_ttl: '1h', ...settings };
    await admin('POST', `auth/approle/role/${name}`, role);
    const { data: id } = await admin('GET', `auth/approle/role/${name}/role-id`);
    const { data: secret } = await admin('POST', `auth/approle/role/${name}/secret-id`);
    const secretId = sensitive(String(secret['secret_id']));
    return { logOn: { method: 'approle' as const, roleId: String(id['role_id']), secretId } };
  }

  const config: KvVaultConfig = { address, caPem, mount, ...(await newRole(await enginePolicy(mount, domain))) };
  return {
    domain,
    mount,
    fetch,
    config,
    admin,
    newRole,
    wrongSecretId: { logOn: { ...config.logOn, secretId: sensitive('wrong') } as KvVaultConfig['logOn'] },
    async readData(vaultPath) {
      const { status, data } = await admin('GET', `${mount}/data/${vaultPath}`);
      return status === 200 ? (data['data'] as Record<string, string>) : undefined;
    },
    newRequest(overrides = {}) {
      const accountId = randomUUID();
      return {
        accountId,
        operationId: accountId,
        vaultPath: `${FOLDER}/${domain}/svc-${accountId.slice(0, 8)}`,
        username: `svc-${accountId.slice(0, 8)}`,
        domain,
        password: sensitive(`Password-${randomUUID()}`),
        ...overrides,
      };
    },
    newVault: (overrides = {}) => createKvVault({ ...config, ...overrides }),
  };
}

/** The product's own policy, as `setup-engine.sh` fills it in. */
export async function enginePolicy(mount: string, domain: string): Promise<string> {
  const session = await readFile(new URL('engine-session-policy.hcl', POLICIES), 'utf8');
  const secrets = await readFile(new URL('engine-policy.hcl', POLICIES), 'utf8');
  const values: Record<string, string> = { '@MOUNT@': mount, '@FOLDER@': FOLDER, '@DOMAIN@': domain };
  return session + secrets.replace(/@[A-Z]+@/g, (name) => values[name]!);
}
