/** The calls of KV v2 that a secret needs, their answers told apart. */
import type { ApplicationFailure } from '@temporalio/common';
import type { SecretLocation } from '../port.ts';
import type { KvClient, VaultResponse } from './client.ts';
import { badPath, contended, type CallName } from '../failures.ts';
import { accessDenied, mountMissing, rejected, upgrading } from './failures.ts';
import { ACCOUNT_MARK, parseSecret, type SecretState, type SecretWrite } from './secret.ts';
import { NO_VERSIONS, parseVersions, suspensionNote, type SecretVersions } from './versions.ts';

/** What KV v2 keeps of a secret, and does with it, each below a path of its own. */
export type SecretArea = 'data' | 'metadata' | 'delete' | 'undelete';

export interface SecretCalls {
  /** What is at the path, deleted or not. */
  read(path: string, signal?: AbortSignal): Promise<SecretState>;
  /** The new version; `undefined` when the newest one is not `cas` any more, or the vault refuses for another reason. */
  write(path: string, write: SecretWrite, cas: number, signal?: AbortSignal): Promise<number | undefined>;
  /** Says in the metadata whose secret it is; other keys there stay. */
  mark(path: string, accountId: string, signal?: AbortSignal): Promise<void>;
  /** All versions of the secret, those out of reach too. */
  readVersions(path: string, signal?: AbortSignal): Promise<SecretVersions>;
  /** Notes in the metadata, beside the account's mark, which versions are suspended; none: takes the note away. */
  noteSuspended(location: SecretLocation, versions: readonly number[], signal?: AbortSignal): Promise<void>;
  /** Takes these versions out of reach (`delete`), or brings them back (`undelete`). Already so: nothing changes. */
  setReach(path: string, area: 'delete' | 'undelete', versions: readonly number[], signal?: AbortSignal): Promise<void>;
  /** Deletes all versions and the metadata. */
  remove(path: string, signal?: AbortSignal): Promise<void>;
}

export function createSecretCalls(client: KvClient, mount: string): SecretCalls {
  async function patchMetadata(
    path: string,
    custom_metadata: Readonly<Record<string, string | null>>,
    signal?: AbortSignal,
  ): Promise<void> {
    const call = callOn(mount, 'PATCH', 'metadata', path);
    const response = await client.send({ ...call, body: { custom_metadata } }, signal);
    if (response.status === 404) throw contended(path);
    if (response.status >= 300) throw refusal(call, response);
  }

  return {
    async read(path, signal) {
      const call = callOn(mount, 'GET', 'data', path);
      const response = await client.send(call, signal);
      if (response.status === 404 && hasErrors(response)) throw mountMissing(mount, 'there is nothing mounted there');
      // A read has no parameter to be wrong: this is how a mount answers in the first moments after it was made.
      if (response.status === 400) throw upgrading(mount);
      if (response.status !== 200 && response.status !== 404) throw refusal(call, response);
      return parseSecret(response.body);
    },

    async write(path, write, cas, signal) {
      const call = callOn(mount, write.action === 'patch' ? 'PATCH' : 'POST', 'data', path);
      const body = { options: { cas }, data: write.fields };
      const response = await client.send({ ...call, body }, signal);
      // 400 is also KV's answer to a failed check-and-set; 404 to a patch means that the secret was removed meanwhile.
      if (response.status === 400 || response.status === 404) return undefined;
      const version = (response.body['data'] as { version?: unknown } | undefined)?.version;
      if (response.status === 200 && typeof version === 'number') return version;
      throw response.status < 300 ? mountMissing(mount, 'it is not KV version 2') : refusal(call, response);
    },

    mark: (path, accountId, signal) => patchMetadata(path, { [ACCOUNT_MARK]: accountId }, signal),

    async readVersions(path, signal) {
      const call = callOn(mount, 'GET', 'metadata', path);
      const response = await client.send(call, signal);
      if (response.status === 404) return NO_VERSIONS;
      if (response.status !== 200) throw refusal(call, response);
      return parseVersions(response.body, Date.now());
    },

    noteSuspended: ({ vaultPath, accountId }, versions, signal) =>
      patchMetadata(vaultPath, { [ACCOUNT_MARK]: accountId, ...suspensionNote(versions) }, signal),

    async setReach(path, area, versions, signal) {
      const call = callOn(mount, 'POST', area, path);
      const response = await client.send({ ...call, body: { versions } }, signal);
      if (response.status >= 300 && response.status !== 404) throw refusal(call, response);
    },

    async remove(path, signal) {
      const call = callOn(mount, 'DELETE', 'metadata', path);
      const response = await client.send(call, signal);
      if (response.status >= 300 && response.status !== 404) throw refusal(call, response);
    },
  };
}

/** Names a call on a secret. Escapes each segment; a path that could leave its folder never reaches the vault. */
export function callOn(mount: string, method: string, area: SecretArea, path: string): CallName {
  const segments = path.split('/');
  if (segments.some((segment) => segment === '' || segment === '.' || segment === '..')) throw badPath(path);
  return { method, path: `${mount}/${area}/${segments.map(encodeURIComponent).join('/')}` };
}

/** What an answer means that is not among the expected ones. */
export function refusal(call: CallName, { status }: VaultResponse): ApplicationFailure {
  return status === 401 || status === 403 ? accessDenied(call) : rejected(call, status);
}

/** A 404 with a text is the router's ("no handler"); one without is KV's ("no such secret"). */
function hasErrors({ body }: VaultResponse): boolean {
  return Array.isArray(body['errors']) && body['errors'].length > 0;
}
