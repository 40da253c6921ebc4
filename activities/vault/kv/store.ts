/**
 * A {@link SecretVault} on KV v2. Every write is guarded by check-and-set, so that of two engines exactly one stages
 * and one promotes: the loser reads what is there now and decides again.
 */
import type { SecretVault } from '../port.ts';
import { asProbe } from '../probe.ts';
import { createKvClient, type KvClientConfig } from './client.ts';
import { contended, secretMissing } from '../failures.ts';
import { writeRejected } from './failures.ts';
import { createMountCheck } from './mount.ts';
import { createSecretCalls } from './secret-calls.ts';
import {
  decideDiscard,
  decidePromote,
  decideRevoke,
  decideStage,
  passwordOf,
  type Decision,
  type SecretState,
} from './secret.ts';
import { reinstate, suspend } from './suspend.ts';
import type { HttpsFetch } from '../https-fetch.ts';

export interface KvVaultConfig extends KvClientConfig {
  /** Where the KV v2 secrets engine is mounted, such as `secret`. */
  readonly mount: string;
}

/** Lost races in a row after which a call gives up; the activity's retry goes on. */
const MAX_ROUNDS = 8;

/** `fetch` replaces the built-in HTTPS client; `nowMs` the clock that ages tokens. Throws on an address that is unsafe. */
export function createKvVault(
  config: KvVaultConfig,
  { fetch, nowMs }: { fetch?: HttpsFetch; nowMs?: () => number } = {},
): SecretVault {
  const mount = config.mount.replace(/^\/+|\/+$/g, '');
  const client = createKvClient(config, fetch, nowMs);
  const secrets = createSecretCalls(client, mount);
  const mountCheck = createMountCheck(client, mount);
  let stagedAt: string | undefined;

  /** Decides on what is at the path and does it, until a write succeeds or nothing is to be done. */
  async function settle(path: string, decide: (state: SecretState) => Decision, signal?: AbortSignal) {
    await mountCheck.checkMount(path, signal);
    let refused: SecretState | undefined;
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const before = await secrets.read(path, signal);
      // Nobody came in between, so it was not the check-and-set that the vault refused.
      if (refused && before.version === refused.version && before.exists === refused.exists) throw writeRejected(path);
      const decision = decide(before);
      if (decision.action === 'keep') return { before, version: before.version };
      if (decision.action === 'remove') {
        await secrets.remove(path, signal);
        return { before, version: 0 };
      }
      const version = await secrets.write(path, decision, before.version, signal);
      if (version !== undefined && !decision.thenLookAgain) return { before, version };
      refused = version === undefined ? before : undefined;
    }
    throw contended(path);
  }

  return {
    longestSuspensionDays: null,
    async stage(request, signal) {
      const { before, version } = await settle(request.vaultPath, (state) => decideStage(state, request), signal);
      if (before.markedFor !== request.accountId) await secrets.mark(request.vaultPath, request.accountId, signal);
      stagedAt = request.vaultPath;
      return { version };
    },
    async readStaged({ vaultPath, operationId }, signal) {
      await mountCheck.checkMount(vaultPath, signal);
      const password = passwordOf(await secrets.read(vaultPath, signal), operationId);
      if (!password) throw secretMissing(vaultPath);
      return password;
    },
    async promote(staged, signal) {
      const { version } = await settle(staged.vaultPath, (state) => decidePromote(state, staged), signal);
      return { version };
    },
    async discard(staged, signal) {
      await settle(staged.vaultPath, (state) => decideDiscard(state, staged), signal);
    },
    async suspend(location, signal) {
      await mountCheck.checkMount(location.vaultPath, signal);
      await suspend(secrets, location, signal);
    },
    async reinstate(location, signal) {
      await mountCheck.checkMount(location.vaultPath, signal);
      await reinstate(secrets, location, signal);
    },
    async revoke(location, signal) {
      await settle(location.vaultPath, (state) => decideRevoke(state, location), signal);
    },
    async probe(vaultPath = stagedAt, signal) {
      return asProbe(async () => {
        await mountCheck.checkMount(vaultPath, signal);
        if (vaultPath !== undefined) await mountCheck.checkRights(vaultPath, signal);
      });
    },
  };
}
