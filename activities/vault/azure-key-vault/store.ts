/** A {@link SecretVault} on Azure Key Vault. It has no check-and-set: see `secret.ts` for what stands in for it. */
import { contended, secretMissing, suspendedLost } from '../failures.ts';
import type { SecretLocation, SecretVault, StagedSecret, StageRequest } from '../port.ts';
import { asProbe } from '../probe.ts';
import {
  deleteSecret,
  listVersions,
  purge,
  readCurrent,
  readDeleted,
  readVersion,
  setSecret,
  setVersion,
  type Calls,
  type Current,
} from './calls.ts';
import { rightsMissing } from './failures.ts';
import { missingRights } from './rights.ts';
import {
  assertNoneForeign,
  assertNoOther,
  assertNotForeign,
  elected,
  fateOf,
  hasPending,
  isGivenUp,
  isOurs,
  isSuspended,
  leftOf,
  pendingName,
  promotedTags,
  secretName,
  stagedTags,
  TAG,
  withoutState,
  withState,
  type Version,
} from './secret.ts';
import { openSecretClient, type KeyVaultConfig, type Policies } from './service.ts';

/** `policies` see every request before it goes out. Opens no connection yet. */
export function createKeyVault(
  config: KeyVaultConfig,
  { now = () => new Date(), policies }: { readonly now?: () => Date; readonly policies?: Policies } = {},
): SecretVault {
  const calls: Calls = { client: openSecretClient(config, policies), vault: new URL(config.address).host };
  return {
    longestSuspensionDays: null,
    stage: async (request, signal) => ({ version: await stage(calls, request, now(), signal) }),
    async readStaged(staged, signal) {
      const password = await readStaged(calls, staged, signal);
      if (!password) throw secretMissing(staged.vaultPath);
      return password;
    },
    promote: async (staged, signal) => ({ version: await promote(calls, staged, signal) }),
    discard: async (staged, signal) => discard(calls, staged, signal),
    suspend: async (location, signal) => suspend(calls, location, signal),
    reinstate: async (location, signal) => reinstate(calls, location, signal),
    revoke: async (location, signal) => revoke(calls, location, signal),
    async probe(_vaultPath, signal) {
      return asProbe(async () => {
        const missing = await missingRights(calls, signal);
        if (missing.length > 0) throw rightsMissing(missing, calls.vault);
      });
    },
  };
}

async function stage(calls: Calls, request: StageRequest, beganAt: Date, signal?: AbortSignal): Promise<string> {
  const { vaultPath, operationId } = request;
  const [name, pending] = [secretName(vaultPath), pendingName(vaultPath)];
  const current = await readCurrent(calls, name, signal);
  await assertFree(calls, request, name, current?.tags, signal);
  if (current?.tags[TAG.operation] === operationId) return current.id;
  const before = await listVersions(calls, pending, signal);
  assertNoneForeign(before, request);
  const staged = elected(before, request);
  if (staged) return staged.id;
  assertNoOther(before, request, current?.tags);
  const tags = stagedTags(request, beganAt);
  await setSecret(calls, request, pending, { password: request.password, tags }, signal);
  const after = await listVersions(calls, pending, signal);
  try {
    assertNoOther(after, request, current?.tags);
  } catch (error) {
    // Another operation has staged at the same time: at most one of the two stays.
    await retire(calls, pending, leftOf(after, request), 'discarded', signal);
    throw error;
  }
  const version = elected(after, request);
  if (!version) throw contended(vaultPath);
  return version.id;
}

/** The name that people will read is this account's or nobody's, also among what is disabled or deleted. */
async function assertFree(
  calls: Calls,
  location: SecretLocation,
  name: string,
  current: Version['tags'] | undefined,
  signal?: AbortSignal,
): Promise<void> {
  assertNotForeign(current, location);
  if (current) return;
  assertNoneForeign(await listVersions(calls, name, signal), location);
  const deleted = await readDeleted(calls, name, signal);
  if (deleted && !isGivenUp(deleted)) assertNotForeign(deleted, location);
}

async function readStaged(calls: Calls, staged: Pick<StagedSecret, 'vaultPath' | 'operationId'>, signal?: AbortSignal) {
  const pending = pendingName(staged.vaultPath);
  const version = elected(await listVersions(calls, pending, signal), staged);
  if (version) return readVersion(calls, pending, version, signal);
  const current = await readCurrent(calls, secretName(staged.vaultPath), signal);
  return current?.tags[TAG.operation] === staged.operationId ? current.password : undefined;
}

async function promote(calls: Calls, staged: StagedSecret, signal?: AbortSignal): Promise<string> {
  const [name, pending] = [secretName(staged.vaultPath), pendingName(staged.vaultPath)];
  const current = await readCurrent(calls, name, signal);
  await assertFree(calls, staged, name, current?.tags, signal);
  const versions = await listVersions(calls, pending, signal);
  assertNoneForeign(versions, staged);
  if (current?.tags[TAG.operation] === staged.operationId) {
    await retire(calls, pending, leftOf(versions, staged), 'promoted', signal);
    return current.id;
  }
  const version = elected(versions, staged);
  const password = version && (await readVersion(calls, pending, version, signal));
  if (!version || !password) throw secretMissing(staged.vaultPath);
  await setSecret(calls, staged, name, { password, tags: promotedTags(version.tags, current?.tags) }, signal);
  const fate = fateOf(await listVersions(calls, pending, signal), version);
  if (fate === undefined) return promote(calls, staged, signal);
  await takeBack(calls, staged, fate, current, signal);
  throw secretMissing(staged.vaultPath);
}

/**
 * Undoes a promotion that was overtaken. Where the password was suspended, the one just written is too. Where it was given up,
 * readers get the one before again: disabling the newest version would leave them with none.
 */
async function takeBack(
  calls: Calls,
  staged: StagedSecret,
  fate: NonNullable<ReturnType<typeof fateOf>>,
  before: Current | undefined,
  signal?: AbortSignal,
): Promise<void> {
  const name = secretName(staged.vaultPath);
  const versions = await listVersions(calls, name, signal);
  const written = leftOf(versions, staged);
  await retire(calls, name, written, fate === 'suspended' ? 'suspended' : 'discarded', signal);
  if (fate === 'suspended') return;
  if (before) await setSecret(calls, staged, name, before, signal);
  else if (written.length === versions.length) await remove(calls, staged, name, signal);
}

async function discard(calls: Calls, staged: StagedSecret, signal?: AbortSignal): Promise<void> {
  const [name, pending] = [secretName(staged.vaultPath), pendingName(staged.vaultPath)];
  const versions = await listVersions(calls, pending, signal);
  if (versions.some(({ tags }) => !isOurs(tags, staged) && !isGivenUp(tags))) return;
  await retire(calls, pending, leftOf(versions, staged), 'discarded', signal);
  const left = await listVersions(calls, pending, signal);
  const isAlone = (await listVersions(calls, name, signal)).every(({ tags }) => !isOurs(tags, staged));
  if (isAlone && !hasPending(left)) await remove(calls, staged, pending, signal);
}

/** Nobody can read these any more. */
async function retire(
  calls: Calls,
  name: string,
  versions: readonly Version[],
  state: Parameters<typeof withState>[1],
  signal?: AbortSignal,
): Promise<void> {
  for (const version of versions) {
    await setVersion(calls, name, version, { isEnabled: false, tags: withState(version.tags, state) }, signal);
  }
}

const namesOf = ({ vaultPath }: SecretLocation): string[] => [secretName(vaultPath), pendingName(vaultPath)];

async function suspend(calls: Calls, location: SecretLocation, signal?: AbortSignal): Promise<void> {
  for (const name of namesOf(location)) {
    const versions = await listVersions(calls, name, signal);
    assertNoneForeign(versions, location);
    const inReach = versions.filter(({ isEnabled }) => isEnabled);
    await retire(calls, name, inReach, 'suspended', signal);
  }
}

async function reinstate(calls: Calls, location: SecretLocation, signal?: AbortSignal): Promise<void> {
  for (const name of namesOf(location)) {
    const versions = await listVersions(calls, name, signal);
    assertNoneForeign(versions, location);
    for (const version of versions.filter(isSuspended)) {
      await setVersion(calls, name, version, { isEnabled: true, tags: withoutState(version.tags) }, signal);
    }
  }
  for (const name of namesOf(location)) if (await readCurrent(calls, name, signal)) return;
  throw suspendedLost(location.vaultPath);
}

async function revoke(calls: Calls, location: SecretLocation, signal?: AbortSignal): Promise<void> {
  for (const name of namesOf(location)) {
    assertNoneForeign(await listVersions(calls, name, signal), location);
  }
  for (const name of namesOf(location)) await remove(calls, location, name, signal);
}

/**
 * Disables, deletes and, where the vault lets it, purges. What is only deleted says by its tags that it is given up, so that
 * an account of the same name may have it, and its passwords stay disabled.
 */
async function remove(calls: Calls, location: SecretLocation, name: string, signal?: AbortSignal): Promise<void> {
  const versions = await listVersions(calls, name, signal);
  const open = versions.filter(({ isEnabled, tags }) => isEnabled || !isGivenUp(tags));
  await retire(calls, name, open, 'given-up', signal);
  if (versions.length > 0) await deleteSecret(calls, name, signal);
  const deleted = await readDeleted(calls, name, signal);
  if (deleted && (isOurs(deleted, location) || isGivenUp(deleted))) await purge(calls, name, signal);
}
