/**
 * Whether the mount is KV version 2. It must be asked before the first write: KV version 1 takes a write meant for
 * version 2 as an ordinary secret, without check-and-set, and answers the reads alike.
 */
import type { KvClient } from './client.ts';
import { mountForbidden, mountMissing, rightsMissing } from './failures.ts';
import { callOn, refusal, type SecretArea } from './secret-calls.ts';

export interface MountCheck {
  /** Throws `VaultMountMissing` or `VaultAccessDenied`. With a path it can tell a missing mount from a missing right. */
  checkMount(path?: string, signal?: AbortSignal): Promise<void>;
  /** Throws `VaultAccessDenied` with every right that the engine's identity lacks on the path. */
  checkRights(path: string, signal?: AbortSignal): Promise<void>;
}

/** How long a mount found right is taken to stay so. */
const TRUSTED_MS = 60_000;

const NEEDED_RIGHTS = {
  data: ['create', 'read', 'update', 'patch'],
  metadata: ['read', 'patch', 'delete'],
  delete: ['update'],
  undelete: ['update'],
} as const satisfies Record<SecretArea, readonly string[]>;
const AREAS = Object.keys(NEEDED_RIGHTS) as SecretArea[];

export function createMountCheck(client: KvClient, mount: string): MountCheck {
  let goodSinceMs = Number.NEGATIVE_INFINITY;

  async function rightsOn(
    paths: readonly string[],
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<string, readonly string[]>> {
    const call = { method: 'POST', path: 'sys/capabilities-self' };
    const response = await client.send({ ...call, body: { paths } }, signal);
    if (response.status !== 200) throw refusal(call, response);
    const data = response.body['data'] as Readonly<Record<string, readonly string[] | undefined>> | null;
    return new Map(paths.map((path) => [path, data?.[path] ?? []]));
  }

  /** The vault says "forbidden" of a mount that is not there, too. A right on a path below it tells the difference. */
  async function explainForbidden(path?: string): Promise<Error> {
    if (path !== undefined) {
      const call = callOn(mount, 'GET', 'data', path);
      const rights = (await rightsOn([call.path])).get(call.path) ?? [];
      if (!rights.includes('deny') && rights.length > 0) return mountMissing(mount, 'there is nothing mounted there');
    }
    return mountForbidden(mount);
  }

  return {
    async checkMount(path, signal) {
      if (performance.now() - goodSinceMs < TRUSTED_MS) return;
      const call = { method: 'GET', path: `sys/internal/ui/mounts/${mount}` };
      const response = await client.send(call, signal);
      if (response.status === 403) throw await explainForbidden(path);
      if (response.status === 404) throw mountMissing(mount, 'there is nothing mounted there');
      if (response.status !== 200) throw refusal(call, response);
      const found = response.body['data'] as { type?: unknown; options?: { version?: unknown } | null } | null;
      if (found?.type !== 'kv') throw mountMissing(mount, 'it is a secrets engine of another kind');
      if (found.options?.version !== '2') throw mountMissing(mount, 'it is KV version 1; version 2 is needed');
      goodSinceMs = performance.now();
    },

    async checkRights(path, signal) {
      const areas = AREAS.map((area) => ({
        needed: NEEDED_RIGHTS[area],
        path: callOn(mount, 'GET', area, path).path,
      }));
      const rights = await rightsOn(
        areas.map((area) => area.path),
        signal,
      );
      const missing = areas.flatMap((area) => {
        const granted = rights.get(area.path) ?? [];
        const lacking = granted.includes('root') ? [] : area.needed.filter((right) => !granted.includes(right));
        return lacking.length === 0 ? [] : [`${lacking.join(', ')} on ${area.path}`];
      });
      if (missing.length > 0) throw rightsMissing(missing);
    },
  };
}
