/** The calls to Key Vault that the adapter is made of. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { SecretClient, SecretProperties } from '@azure/keyvault-secrets';
import { ApplicationFailure } from '@temporalio/common';
import { sensitive, type Sensitive } from '../../../infra/runtime/sensitive.ts';
import { pathConflict } from '../failures.ts';
import type { SecretLocation } from '../port.ts';
import { azureFailure, isDeletedButThere, isDisabled, isSettling, refusalOf, type Refusal } from './failures.ts';
import { isGivenUp, isOurs, type Tags, type Version } from './secret.ts';

/** The current version of a secret, as readers get it. */
export interface Current {
  readonly id: string;
  readonly tags: Tags;
  readonly password: Sensitive<string>;
}

export interface Calls {
  readonly client: SecretClient;
  /** The vault's host, for people. */
  readonly vault: string;
}

/** What Key Vault does later than it says takes seconds; an attempt of a step takes less than this and what is around it. */
const SETTLES_WITHIN_MS = 15_000;
const LOOK_AGAIN_MS = 500;

/** The answer; undefined for a refusal that is `expected`. */
async function unless<Answer>(
  { vault }: Calls,
  operation: string,
  expected: (refusal: Refusal) => boolean,
  call: () => Promise<Answer>,
): Promise<Answer | undefined> {
  try {
    return await call();
  } catch (error) {
    if (expected(refusalOf(error))) return undefined;
    throw azureFailure(vault, operation, error);
  }
}

const isAbsent = ({ status }: Refusal): boolean => status === 404;

const asVersion = ({ id, version, enabled, tags }: SecretProperties): Version => ({
  id: id ?? '',
  version: version ?? '',
  isEnabled: enabled !== false,
  tags: tags ?? {},
});

const options = (signal?: AbortSignal): { abortSignal?: AbortSignal } => (signal ? { abortSignal: signal } : {});

/** What readers get now; undefined when there is nothing, or nothing that may be read. */
export async function readCurrent(calls: Calls, name: string, signal?: AbortSignal): Promise<Current | undefined> {
  const nothing = (refusal: Refusal): boolean => isAbsent(refusal) || isDisabled(refusal);
  const secret = await unless(calls, 'get', nothing, async () => calls.client.getSecret(name, options(signal)));
  if (!secret) return undefined;
  const { id, tags } = secret.properties;
  return { id: id ?? '', tags: tags ?? {}, password: sensitive(secret.value ?? '') };
}

/** Undefined when it cannot be read any more. */
export async function readVersion(
  calls: Calls,
  name: string,
  { version }: Version,
  signal?: AbortSignal,
): Promise<Sensitive<string> | undefined> {
  const nothing = (refusal: Refusal): boolean => isAbsent(refusal) || isDisabled(refusal);
  const secret = await unless(calls, 'get', nothing, async () =>
    calls.client.getSecret(name, { version, ...options(signal) }),
  );
  return secret?.value === undefined ? undefined : sensitive(secret.value);
}

/** All versions, the disabled ones among them; none when there is no secret of this name. */
export async function listVersions(calls: Calls, name: string, signal?: AbortSignal): Promise<Version[]> {
  const versions: Version[] = [];
  await unless(calls, 'list', isAbsent, async () => {
    for await (const properties of calls.client.listPropertiesOfSecretVersions(name, options(signal))) {
      versions.push(asVersion(properties));
    }
  });
  return versions;
}

/** Changes whether a version can be read, and its tags. Gone meanwhile: nothing. */
export async function setVersion(
  calls: Calls,
  name: string,
  { version }: Version,
  changes: { readonly isEnabled: boolean; readonly tags: Tags },
  signal?: AbortSignal,
): Promise<void> {
  await unless(calls, 'set', isAbsent, async () =>
    calls.client.updateSecretProperties(name, version, {
      enabled: changes.isEnabled,
      tags: { ...changes.tags },
      ...options(signal),
    }),
  );
}

/**
 * Writes a new version. A secret of this name that was deleted is recovered first, if it is this account's or was given up.
 * Throws `VaultPathConflict` if it is another's.
 */
export async function setSecret(
  calls: Calls,
  location: SecretLocation,
  name: string,
  { password, tags }: { readonly password: Sensitive<string>; readonly tags: Tags },
  signal?: AbortSignal,
): Promise<void> {
  const properties = { tags: { ...tags }, contentType: 'text/plain', ...options(signal) };
  const write = async (): Promise<unknown> => calls.client.setSecret(name, password.reveal(), properties);
  await settled(calls, signal, async () => {
    try {
      await write();
    } catch (error) {
      if (!isDeletedButThere(refusalOf(error))) throw error;
      await recover(calls, location, name, signal);
      await write();
    }
  });
}

/** The tags of a secret that is deleted and not purged. */
export async function readDeleted(calls: Calls, name: string, signal?: AbortSignal): Promise<Tags | undefined> {
  const deleted = await unless(calls, 'get', isAbsent, async () =>
    calls.client.getDeletedSecret(name, options(signal)),
  );
  return deleted && (deleted.properties.tags ?? {});
}

async function recover(calls: Calls, location: SecretLocation, name: string, signal?: AbortSignal): Promise<void> {
  const tags = await readDeleted(calls, name, signal);
  if (tags && !isOurs(tags, location) && !isGivenUp(tags)) throw pathConflict(location.vaultPath);
  const poller = await calls.client.beginRecoverDeletedSecret(name, {
    intervalInMs: LOOK_AGAIN_MS,
    ...options(signal),
  });
  await poller.pollUntilDone(options(signal));
}

/** Deletes a secret and waits until it is; it can still be recovered then. Gone already: nothing. */
export async function deleteSecret(calls: Calls, name: string, signal?: AbortSignal): Promise<void> {
  await settled(calls, signal, async () => {
    try {
      const poller = await calls.client.beginDeleteSecret(name, { intervalInMs: LOOK_AGAIN_MS, ...options(signal) });
      await poller.pollUntilDone(options(signal));
    } catch (error) {
      if (!isAbsent(refusalOf(error))) throw error;
    }
  });
}

/** Removes a deleted secret for good, unless the vault keeps such, or the engine may not do that. */
export async function purge(calls: Calls, name: string, signal?: AbortSignal): Promise<void> {
  await settled(calls, signal, async () => {
    try {
      await calls.client.purgeDeletedSecret(name, options(signal));
    } catch (error) {
      const { status } = refusalOf(error);
      if (status !== 403 && status !== 404) throw error;
    }
  });
}

/** A failure of the catalogue, or an error of the clients made into one. */
function asFailure({ vault }: Calls, error: unknown): unknown {
  return error instanceof ApplicationFailure ? error : azureFailure(vault, 'change', error);
}

/** Does it again while the vault says that the secret is still being deleted or recovered. */
async function settled(calls: Calls, signal: AbortSignal | undefined, work: () => Promise<void>): Promise<void> {
  const until = performance.now() + SETTLES_WITHIN_MS;
  for (;;) {
    try {
      await work();
      return;
    } catch (error) {
      const refusal = refusalOf(error);
      const passes = isSettling(refusal) || isDeletedButThere(refusal);
      if (!passes || performance.now() > until || signal?.aborted) throw asFailure(calls, error);
    }
    await sleep(LOOK_AGAIN_MS);
  }
}
