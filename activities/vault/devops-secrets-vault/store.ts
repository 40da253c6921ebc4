/** A {@link SecretVault} on Delinea's DevOps Secrets Vault; see `secret.ts` for how a secret looks there. */
import { contended, pathConflict, secretMissing, suspendedLost } from '../failures.ts';
import { folderOf, passwordIn } from '../fields.ts';
import type { HttpsFetch } from '../https-fetch.ts';
import type { SecretLocation, SecretVault, StagedSecret, StageRequest } from '../port.ts';
import { asProbe } from '../probe.ts';
import { create, mark, read, remove, restore, update } from './calls.ts';
import { createDsvClient, type DsvClient, type DsvConfig } from './client.ts';
import { rightsMissing } from './failures.ts';
import {
  assertNoOther,
  assertNotForeign,
  FIELD,
  isOf,
  isOurs,
  pendingPathOf,
  secretPathOf,
  stagedData,
} from './secret.ts';

interface Vault {
  readonly client: DsvClient;
  /** Where the engine keeps what it has suspended: its personal area, which nobody else reads. */
  readonly keptAt: string;
}

/** More than the longest way from nothing to done, with some lost races. */
const MAX_ROUNDS = 8;
/** No account's name is written like this: so nothing is there. */
const NOBODYS_NAME = '_nobody';

/** `fetch` replaces the HTTPS client; `nowMs` the clock that ages tokens. Opens no connection yet. */
export function createDevOpsSecretsVault(
  config: DsvConfig,
  { fetch, nowMs }: { readonly fetch?: HttpsFetch; readonly nowMs?: () => number } = {},
): SecretVault {
  const vault: Vault = { client: createDsvClient(config, fetch, nowMs), keptAt: `home/roles:${config.role}` };
  let stagedAt: string | undefined;
  return {
    longestSuspensionDays: null,
    async stage(request, signal) {
      const version = await stage(vault, request, signal);
      stagedAt = request.vaultPath;
      return { version };
    },
    async readStaged(staged, signal) {
      for (const path of [pendingOf(staged), currentOf(staged)]) {
        const found = await read(vault.client, path, signal);
        const password = found.state === 'there' && isOf(found, staged) ? passwordIn(found.data.reveal()) : undefined;
        if (password) return password;
      }
      throw secretMissing(staged.vaultPath);
    },
    promote: async (staged, signal) => ({ version: await promote(vault, staged, signal) }),
    async discard(staged, signal) {
      const pending = await read(vault.client, pendingOf(staged), signal);
      if (isOurs(pending, staged) && isOf(pending, staged)) await remove(vault.client, pendingOf(staged), signal);
    },
    async suspend(location, signal) {
      for (const path of pathsOf(location)) await suspend(vault, location, path, signal);
    },
    async reinstate(location, signal) {
      const [current, pending] = pathsOf(location);
      if (!(await reinstate(vault, location, current, signal))) throw suspendedLost(location.vaultPath);
      await reinstate(vault, location, pending, signal);
    },
    revoke: async (location, signal) => revoke(vault, location, signal),
    probe: async (vaultPath = stagedAt, signal) => asProbe(async () => probe(vault, vaultPath, signal)),
  };
}

const currentOf = ({ vaultPath }: Pick<SecretLocation, 'vaultPath'>): string => `secrets/${secretPathOf(vaultPath)}`;
const pendingOf = ({ vaultPath }: Pick<SecretLocation, 'vaultPath'>): string => `secrets/${pendingPathOf(vaultPath)}`;
const pathsOf = (location: SecretLocation): readonly [string, string] => [currentOf(location), pendingOf(location)];
const keptPathOf = ({ keptAt }: Vault, path: string): string => path.replace(/^secrets/, keptAt);

const labels = ({ accountId, username, domain }: Pick<StageRequest, 'accountId' | 'username' | 'domain'>) => ({
  [FIELD.accountId]: accountId,
  [FIELD.username]: username,
  [FIELD.domain]: domain,
});

async function stage({ client }: Vault, request: StageRequest, signal?: AbortSignal): Promise<string> {
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const current = await read(client, currentOf(request), signal);
    assertNotForeign(current, request);
    if (current.state === 'marked') throw pathConflict(request.vaultPath);
    if (current.state === 'there' && isOf(current, request)) return current.version;
    const pending = await read(client, pendingOf(request), signal);
    assertNoOther(pending, request);
    if (pending.state === 'there') return pending.version;
    // Nobody but ALM has secrets of such names, and what was given up is in the way.
    if (pending.state === 'marked') await remove(client, pendingOf(request), signal);
    await create(client, pendingOf(request), { data: stagedData(request), attributes: labels(request) }, signal);
  }
  throw contended(request.vaultPath);
}

async function promote({ client }: Vault, staged: StagedSecret, signal?: AbortSignal): Promise<string> {
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const current = await read(client, currentOf(staged), signal);
    assertNotForeign(current, staged);
    const pending = await read(client, pendingOf(staged), signal);
    assertNotForeign(pending, staged);
    if (current.state === 'there' && isOf(current, staged)) {
      if (isOf(pending, staged)) await remove(client, pendingOf(staged), signal);
      return current.version;
    }
    if (current.state === 'marked' || pending.state !== 'there' || !isOf(pending, staged)) {
      throw secretMissing(staged.vaultPath);
    }
    if (current.state === 'there') await update(client, currentOf(staged), pending, { overwrite: false }, signal);
    else await create(client, currentOf(staged), pending, signal);
  }
  throw contended(staged.vaultPath);
}

/** Kept first, then taken out of reach: whatever comes between, it is somewhere. */
async function suspend(vault: Vault, location: SecretLocation, path: string, signal?: AbortSignal): Promise<void> {
  const { client } = vault;
  const kept = keptPathOf(vault, path);
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const found = await read(client, path, signal);
    assertNotForeign(found, location);
    if (found.state !== 'there') {
      if (found.state === 'marked') assertNotForeign(await read(client, kept, signal), location);
      return;
    }
    const isKept = await create(client, kept, found, signal);
    if (!isKept && !(await update(client, kept, found, { overwrite: true }, signal))) {
      await remove(client, kept, signal);
      continue;
    }
    await mark(client, path, signal);
  }
  throw contended(location.vaultPath);
}

/** Restored while the vault still has it with its versions, made anew from what was kept afterwards. False: it is nowhere. */
async function reinstate(vault: Vault, location: SecretLocation, path: string, signal?: AbortSignal): Promise<boolean> {
  const { client } = vault;
  const keptPath = keptPathOf(vault, path);
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const found = await read(client, path, signal);
    assertNotForeign(found, location);
    const kept = await read(client, keptPath, signal);
    assertNotForeign(kept, location);
    if (found.state === 'there') {
      if (kept.state !== 'absent') await remove(client, keptPath, signal);
      return true;
    }
    // What people have deleted themselves is not ours to bring back.
    if (kept.state !== 'there') return false;
    if (!(await restore(client, path, signal))) await create(client, path, kept, signal);
  }
  throw contended(location.vaultPath);
}

/** What is kept goes last: it is the proof that a secret which was deleted and can be restored is this account's. */
async function revoke(vault: Vault, location: SecretLocation, signal?: AbortSignal): Promise<void> {
  const { client } = vault;
  const places = await Promise.all(
    pathsOf(location).map(async (path) => {
      const [found, kept] = [await read(client, path, signal), await read(client, keptPathOf(vault, path), signal)];
      for (const each of [found, kept]) assertNotForeign(each, location);
      return { path, isOurs: isOurs(found, location) || isOurs(kept, location), kept };
    }),
  );
  for (const { path, isOurs: ours } of places) if (ours) await remove(client, path, signal);
  for (const { path, kept } of places) {
    if (kept.state === 'there') await remove(client, keptPathOf(vault, path), signal);
  }
}

/**
 * Tried on secrets that do not exist; without a path only what does not depend on one. The right to make one cannot be tried
 * without making one.
 */
async function probe(vault: Vault, vaultPath: string | undefined, signal?: AbortSignal): Promise<void> {
  const folder = folderOf(vaultPath ?? '');
  const path = `secrets/${secretPathOf(folder)}/${NOBODYS_NAME}`;
  const ofThePath = [
    ['read', { method: 'GET', path }],
    ['update', { method: 'PUT', path, body: { data: {}, overwrite: false } }],
    ['delete', { method: 'DELETE', path: `${path}?force=true` }],
  ] as const;
  const ofTheRole = ['its personal area', { method: 'GET', path: `${vault.keptAt}/${NOBODYS_NAME}` }] as const;
  const missing: string[] = [];
  for (const [right, call] of [...(vaultPath === undefined ? [] : ofThePath), ofTheRole]) {
    const { status } = await vault.client.send(call, signal);
    if (status === 401 || status === 403) missing.push(right);
  }
  if (missing.length > 0) throw rightsMissing(missing, vaultPath === undefined ? vault.keptAt : `${folder}/*`);
}
