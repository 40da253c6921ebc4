/** What needs a vault of the test's own: the set-up script on an empty one, its certificate, and sealing. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LogOn } from '../../activities/vault/kv/log-on.ts';
import { createKvVault, type KvVaultConfig } from '../../activities/vault/kv/store.ts';
import { createHttpsFetch } from '../../activities/vault/https-fetch.ts';
import type { StageRequest } from '../../activities/vault/port.ts';
import { run } from '../../infra/dev/command.ts';
import { eventually } from '../../infra/dev/eventually.ts';
import { ensureOpenBao } from '../../infra/dev/openbao.ts';
import { freePort } from '../../infra/dev/ports.ts';
import { sensitive } from '../../infra/runtime/sensitive.ts';
import { startTokenReviews } from '../support/token-reviews.ts';

const DOMAIN = 'corp.example';
const ROOT_TOKEN = 'root-of-the-test';
const REQUEST: StageRequest = {
  accountId: 'account-1',
  operationId: 'account-1',
  vaultPath: `service-accounts/payroll/${DOMAIN}/chosen/by/requester/svc-a`,
  username: 'svc-a',
  domain: DOMAIN,
  password: sensitive('Password-of-svc-a-1'),
};

let folder: string;
let server: ChildProcess;
let output = '';
let bao: string;
/** What every engine of the tests is told; only the log-on differs. */
let config: Omit<KvVaultConfig, 'logOn'>;
let appRole: Extract<LogOn, { method: 'approle' }>;

/** Runs the product's set-up script and answers the role id that it prints. */
async function setUpEngine(...options: string[]): Promise<string> {
  return setUpEngineIn('', ...options);
}

async function setUpEngineIn(namespace: string, ...options: string[]): Promise<string> {
  const script = new URL('../../infra/deploy/vault/setup-engine.sh', import.meta.url).pathname;
  const caFile = join(folder, 'vault-ca.pem');
  const { address } = config;
  const names = { ADDR: address, TOKEN: ROOT_TOKEN, CACERT: caFile, NAMESPACE: namespace };
  const entries = Object.entries(names).flatMap(([name, value]) => [
    [`VAULT_${name}`, value],
    [`BAO_${name}`, value],
  ]);
  const env = { VAULT_CLI: bao, HOME: folder, ...(Object.fromEntries(entries) as Record<string, string>) };
  return (await run(script, ['--domain', DOMAIN.toUpperCase(), '--mount', 'accounts', ...options], { env })).trim();
}

async function admin(method: string, path: string, body?: unknown): Promise<number> {
  const response = await createHttpsFetch(config.caPem)(`${config.address}/v1/${path}`, {
    method,
    headers: { 'x-vault-token': ROOT_TOKEN },
    signal: AbortSignal.timeout(10_000),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return response.status;
}

/** A port whose neighbour is free too: the server listens there for its cluster. */
async function freePortPair(): Promise<number> {
  for (;;) {
    const port = await freePort();
    const neighbour = createServer().listen(port + 1, '127.0.0.1');
    const isFree = await once(neighbour, 'listening').then(
      () => true,
      () => false,
    );
    neighbour.close();
    if (isFree) return port;
  }
}

beforeAll(async () => {
  bao = await ensureOpenBao((text) => console.log(text));
  folder = await mkdtemp(join(tmpdir(), 'alm-vault-'));
  const port = await freePortPair();
  const args = ['server', '-dev', '-dev-tls', `-dev-tls-cert-dir=${folder}`];
  const settings = [`-dev-listen-address=127.0.0.1:${port}`, `-dev-root-token-id=${ROOT_TOKEN}`, '-dev-no-store-token'];
  server = spawn(bao, [...args, ...settings], { env: { HOME: folder }, stdio: ['ignore', 'pipe', 'ignore'] });
  server.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const caPem = await eventually('the vault has a certificate', () => readFile(join(folder, 'vault-ca.pem'), 'utf8'), {
    timeoutMs: 30_000,
  });
  config = {
    address: `https://127.0.0.1:${port}`,
    caPem,
    mount: 'accounts',
  };
  await eventually('the vault answers', async () => (await admin('GET', 'sys/health')) === 200, { timeoutMs: 30_000 });

  const secretIdFile = join(folder, 'secret-id');
  const roleId = await setUpEngine('--folder', 'service-accounts/payroll', '--secret-id-file', secretIdFile);
  appRole = { method: 'approle', roleId, secretId: sensitive(await readFile(secretIdFile, 'utf8')) };
});

afterAll(async () => {
  const ended = server.exitCode === null ? once(server, 'exit') : undefined;
  server.kill();
  await ended;
  await rm(folder, { recursive: true, force: true });
});

test('the set-up script gives the engine all it needs, and keeps the secret id when it runs again', async () => {
  const secretIdFile = join(folder, 'secret-id');
  expect((await stat(secretIdFile)).mode & 0o777).toBe(0o600);
  const before = await readFile(secretIdFile, 'utf8');
  const options = ['--folder', 'service-accounts/payroll', '--folder', 'other', '--secret-id-file', secretIdFile];
  expect(await setUpEngine(...options)).toBe(appRole.roleId);
  expect(await readFile(secretIdFile, 'utf8')).toBe(before);

  const vault = createKvVault({ ...config, logOn: appRole });
  for (const place of ['service-accounts/payroll', 'other']) {
    expect(await vault.probe(`${place}/${DOMAIN}/svc-b`)).toEqual({ ready: true });
    expect(await vault.probe(`${place}/${DOMAIN}/chosen/svc-b`)).toEqual({ ready: true });
  }
  expect(await vault.probe(`third/${DOMAIN}/svc-b`)).toMatchObject({ ready: false, code: 'VaultAccessDenied' });
  expect(await vault.probe('other/elsewhere.example/svc-b')).toMatchObject({ ready: false });

  await setUpEngine(...options, '--rotate-secret-id');
  expect(await readFile(secretIdFile, 'utf8')).not.toBe(before);
});

test.each([
  ['a folder that leaves its place', ['--folder', 'a/../b']],
  ['a folder that is a pattern', ['--folder', '+']],
  ['a folder that would end the quote', ['--folder', 'a" { capabilities = ["sudo"] }']],
  ['a folder that could be a domain', ['--folder', `service-accounts/${DOMAIN}`]],
  ['a domain that could be a folder', ['--folder', 'service-accounts', '--domain', 'corp']],
  ['no folder at all', []],
])('the set-up script refuses %s', async (_case, options) => {
  await expect(setUpEngine(...options, '--secret-id-file', join(folder, 'never'))).rejects.toThrow('setup-engine.sh');
});

test('a certificate that is not trusted is refused, whatever the environment says', async () => {
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
  try {
    const probe = await createKvVault({ ...config, logOn: appRole, caPem: undefined }).probe();
    expect(probe).toMatchObject({ ready: false, code: 'VaultUnavailable' });
    expect(JSON.stringify(probe)).toContain('certificate is not trusted');
  } finally {
    delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
  }
});

test('an engine works in a namespace of its own, and sees nothing of it without', async () => {
  expect(await admin('POST', 'sys/namespaces/team-a', {})).toBe(200);
  const secretIdFile = join(folder, 'secret-id-of-team-a');
  const roleId = await setUpEngineIn('team-a', '--folder', 'service-accounts', '--secret-id-file', secretIdFile);
  const logOn: LogOn = { method: 'approle', roleId, secretId: sensitive(await readFile(secretIdFile, 'utf8')) };
  const request = { ...REQUEST, vaultPath: `service-accounts/${DOMAIN}/svc-of-team-a` };
  const vault = createKvVault({ ...config, namespace: 'team-a', logOn });
  expect(await vault.probe(request.vaultPath)).toEqual({ ready: true });
  await vault.stage(request);
  expect(await vault.promote(request)).toEqual({ version: 2 });
  expect(await admin('GET', `team-a/accounts/data/${request.vaultPath}`)).toBe(200);
  expect(await admin('GET', `accounts/data/${request.vaultPath}`)).toBe(404);
  expect(await createKvVault({ ...config, logOn }).probe()).toMatchObject({ ready: false, code: 'VaultAccessDenied' });
});

describe('an engine that logs on', () => {
  const probe = async (logOn: LogOn) =>
    createKvVault({ ...config, logOn }).probe(`service-accounts/payroll/${DOMAIN}/svc-b`);
  /** As the set-up script names it. */
  const POLICY = `alm-engine-${DOMAIN}`;
  const refused = { ready: false, code: 'VaultAccessDenied' };

  test('by the certificate of its connection', async () => {
    const openssl = async (...args: string[]) => run('openssl', args, { cwd: folder });
    const makeCertificate = async (name: string) => {
      const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', `${name}.key`];
      const usage = ['-addext', 'extendedKeyUsage=clientAuth'];
      await openssl('req', '-x509', ...key, '-subj', `/CN=${name}`, ...usage, '-days', '2', '-out', `${name}.pem`);
      const [certPem, keyPem] = await Promise.all(
        ['pem', 'key'].map(async (kind) => readFile(join(folder, `${name}.${kind}`), 'utf8')),
      );
      return { certPem: certPem!, keyPem: sensitive(keyPem!) };
    };
    const [certificate, strange] = [await makeCertificate('engine'), await makeCertificate('stranger')];
    await admin('POST', 'sys/auth/cert', { type: 'cert' });
    const role = { certificate: certificate.certPem, token_policies: POLICY, token_no_default_policy: true };
    expect(await admin('POST', 'auth/cert/certs/engine', role)).toBe(204);

    expect(await probe({ method: 'cert', certificate })).toEqual({ ready: true });
    expect(await probe({ method: 'cert', role: 'engine', certificate })).toEqual({ ready: true });
    expect(await probe({ method: 'cert', role: 'another', certificate })).toMatchObject(refused);
    expect(await probe({ method: 'cert', role: 'engine', certificate: strange })).toMatchObject(refused);
  });

  test('by the token of its Kubernetes service account, which is read anew each time', async () => {
    const tokenFile = join(folder, 'token');
    const kubernetes = await startTokenReviews({ 'token-1': 'alm', 'token-2': 'alm', 'token-3': 'other' });
    try {
      await admin('POST', 'sys/auth/munich', { type: 'kubernetes' });
      const settings = {
        kubernetes_host: kubernetes.url,
        token_reviewer_jwt: kubernetes.tokenOf('token-1'),
        kubernetes_ca_cert: config.caPem,
        disable_iss_validation: true,
      };
      expect(await admin('POST', 'auth/munich/config', { ...settings, disable_local_ca_jwt: true })).toBe(204);
      const bound = { bound_service_account_names: 'engine', bound_service_account_namespaces: 'alm' };
      const tokens = { token_policies: POLICY, token_no_default_policy: true };
      expect(await admin('POST', 'auth/munich/role/engine', { ...bound, ...tokens })).toBe(204);
      const logOn: LogOn = { method: 'kubernetes', role: 'engine', tokenFile };
      const vault = createKvVault({ ...config, logOn, authMount: 'munich' });
      const path = `service-accounts/payroll/${DOMAIN}/svc-b`;

      expect(await vault.probe(path)).toMatchObject(refused);
      for (const [token, outcome] of [
        ['token-1', { ready: true }],
        ['token-3', refused],
        ['unknown', refused],
      ] as const) {
        await writeFile(tokenFile, `${kubernetes.tokenOf(token)}\n`);
        const fresh = createKvVault({ ...config, logOn, authMount: 'munich' });
        expect(await fresh.probe(path), token).toMatchObject(outcome);
      }
      await writeFile(tokenFile, kubernetes.tokenOf('token-2'));
      expect(await vault.probe(path)).toEqual({ ready: true });
    } finally {
      await kubernetes.close();
    }
  });
});

test('a sealed vault is told apart, and goes on where it was once it is unsealed', async () => {
  const vault = createKvVault({ ...config, logOn: appRole });
  await vault.stage(REQUEST);
  const unsealKey = /Unseal Key: (\S+)/.exec(output)?.[1];
  expect(unsealKey).toBeDefined();

  expect(await admin('PUT', 'sys/seal')).toBe(204);
  await expect(vault.promote(REQUEST)).rejects.toMatchObject({ type: 'VaultSealed', nonRetryable: false });
  expect(await createKvVault({ ...config, logOn: appRole }).probe()).toMatchObject({
    ready: false,
    code: 'VaultSealed',
  });

  expect(await admin('PUT', 'sys/unseal', { key: unsealKey })).toBe(200);
  const promoted = await eventually('the vault is active', () => vault.promote(REQUEST), { timeoutMs: 30_000 });
  expect(promoted).toEqual({ version: 2 });
  expect((await vault.readStaged(REQUEST)).reveal()).toBe(REQUEST.password.reveal());
});
