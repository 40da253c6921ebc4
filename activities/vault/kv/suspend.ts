/** Taking a secret out of reach, and bringing it back. Each reads first, so that it may be repeated anywhere. */
import type { SecretLocation } from '../port.ts';
import { contended, suspendedLost } from '../failures.ts';
import type { SecretCalls } from './secret-calls.ts';
import { assertNotForeign, isOurs } from './secret.ts';

/** People who keep writing to a secret while it is suspended are not raced for ever. */
const MAX_ROUNDS = 4;

/** Soft-deletes every version that is in reach. */
export async function suspend(secrets: SecretCalls, location: SecretLocation, signal?: AbortSignal): Promise<void> {
  const { vaultPath } = location;
  const taken = new Set<number>();
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const state = await secrets.read(vaultPath, signal);
    assertNotForeign(state, location);
    if (!isOurs(state, location)) return;
    const { inReach, suspended } = await secrets.readVersions(vaultPath, signal);
    // By a vault's clock that is ahead of ours, what was just taken seems to be in reach still.
    const versions = inReach.filter((version) => !taken.has(version));
    if (versions.length === 0) return;
    await secrets.noteSuspended(location, [...suspended, ...versions], signal);
    await secrets.setReach(vaultPath, 'delete', versions, signal);
    versions.forEach((version) => taken.add(version));
  }
  throw contended(vaultPath);
}

/** Undeletes the versions that {@link suspend} took out of reach, those that are still there. */
export async function reinstate(secrets: SecretCalls, location: SecretLocation, signal?: AbortSignal): Promise<void> {
  const { vaultPath } = location;
  const state = await secrets.read(vaultPath, signal);
  assertNotForeign(state, location);
  if (!isOurs(state, location)) throw suspendedLost(vaultPath);
  const { deleted, suspended } = await secrets.readVersions(vaultPath, signal);
  const returning = suspended.filter((version) => deleted.includes(version));
  if (returning.length > 0) await secrets.setReach(vaultPath, 'undelete', returning, signal);
  if (!state.exists && !(await secrets.read(vaultPath, signal)).exists) throw suspendedLost(vaultPath);
  if (suspended.length > 0) await secrets.noteSuspended(location, [], signal);
}
