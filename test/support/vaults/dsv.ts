/** DevOps Secrets Vault: the simulator. */
import { pendingPathOf, secretPathOf } from '../../../activities/vault/devops-secrets-vault/secret.ts';
import type { DsvConfig } from '../../../activities/vault/devops-secrets-vault/client.ts';
import { createDevOpsSecretsVault } from '../../../activities/vault/devops-secrets-vault/store.ts';
import { createHttpsFetch } from '../../../activities/vault/https-fetch.ts';
import type { SecretVault } from '../../../activities/vault/port.ts';
import { sensitive } from '../../../infra/runtime/sensitive.ts';
import { startDsvSimulator, type DsvSimulator } from '../../../infra/simulators/dsv/simulator.ts';
import type { Faults } from '../faults.ts';
import type { VaultSubject } from './subject.ts';

const FOLDER = 'vault-tests/corp.example';
const ROLE = 'alm-engine';

export interface DsvSubject extends VaultSubject {
  readonly config: DsvConfig;
  readonly simulator: DsvSimulator;
  newVault(faults?: Faults, overrides?: Partial<DsvConfig>, nowMs?: () => number): SecretVault;
  /** A call of people's, below `/v1/`. */
  ask(method: string, path: string, body?: unknown): Promise<{ status: number; body: Record<string, unknown> }>;
}

type Options = NonNullable<Parameters<typeof startDsvSimulator>[0]>;

export async function dsvSubject(options: Options = {}): Promise<DsvSubject> {
  const simulator = await startDsvSimulator(options);
  const { url, caPem, administrator } = simulator;
  const fetch = createHttpsFetch(caPem);
  const resources = [`secrets:${FOLDER.replaceAll('/', ':')}:<.*>`];
  const { clientId, clientSecret } = simulator.addClient(ROLE, [
    { resources, actions: ['create', 'read', 'update', 'delete'] },
  ]);
  const config: DsvConfig = { address: url, caPem, clientId, clientSecret: sensitive(clientSecret), role: ROLE };
  async function send(token: string, method: string, path: string, body?: unknown) {
    const response = await fetch(`${url}/v1/${path}`, {
      method,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(10_000),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text ? (JSON.parse(text) as Record<string, unknown>) : {} };
  }

  /** With a token of its own: tests move the clock. */
  const ask: DsvSubject['ask'] = async (method, path, body) => {
    const credentials = { username: administrator.userName, password: administrator.password };
    const granted = await send('', 'POST', 'token', { grant_type: 'password', ...credentials });
    return send(String(granted.body['accessToken']), method, path, body);
  };

  const dataOf = async (path: string): Promise<Record<string, unknown> | undefined> =>
    (await ask('GET', path)).body['data'] as Record<string, unknown> | undefined;

  return {
    folder: FOLDER,
    config,
    simulator,
    ask,
    newVault: (faults, overrides = {}, nowMs) =>
      createDevOpsSecretsVault(
        { ...config, ...overrides },
        { ...(faults ? { fetch: faults.fetch(fetch) } : {}), ...(nowMs ? { nowMs } : {}) },
      ),
    readFields: async (vaultPath) => dataOf(`secrets/${secretPathOf(vaultPath)}`),
    async readablePasswords(vaultPath) {
      const found: unknown[] = [];
      for (const path of [secretPathOf(vaultPath), pendingPathOf(vaultPath)]) {
        const versions = (await ask('GET', `secrets/${path}/version/100`)).body['data'];
        const all = Array.isArray(versions) ? (versions as { data?: { password?: unknown } }[]) : [];
        found.push(...all.map(({ data }) => data?.password));
      }
      return [...new Set(found.filter((password) => typeof password === 'string'))].sort();
    },
    async isGone(vaultPath) {
      const paths = [secretPathOf(vaultPath), pendingPathOf(vaultPath)].map((path) => path.replaceAll('/', ':'));
      const { secrets, marked } = simulator.snapshot();
      const there = [...Object.keys(secrets), ...Object.keys(marked.secrets)];
      return paths.every((path) => there.every((key) => !key.endsWith(`:${path}`)));
    },
    async writeForeign(vaultPath, accountId) {
      const mark = accountId === undefined ? {} : { alm_account_id: accountId };
      await ask('POST', `secrets/${secretPathOf(vaultPath)}`, { data: { password: 'theirs', ...mark } });
    },
    async addField(vaultPath, name, value) {
      await ask('PUT', `secrets/${secretPathOf(vaultPath)}`, { data: { [name]: value }, overwrite: false });
    },
    close: async () => simulator.close(),
  };
}
