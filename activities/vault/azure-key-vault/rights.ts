/** Whether the engine may do what it needs to, tried on a secret that does not exist. */
import type { Calls } from './calls.ts';
import { azureFailure, refusalOf } from './failures.ts';

/** No name of ours: it has no digest. */
const NOBODYS_NAME = 'alm-rights-check';
const NO_VERSION = '0'.repeat(32);

type Attempt = (calls: Calls, signal: { abortSignal?: AbortSignal }) => Promise<unknown>;

const ATTEMPTS: Readonly<Record<string, Attempt>> = {
  get: async ({ client }, signal) => client.getSecret(NOBODYS_NAME, signal),
  list: async ({ client }, signal) => client.listPropertiesOfSecretVersions(NOBODYS_NAME, signal).next(),
  set: async ({ client }, signal) =>
    client.updateSecretProperties(NOBODYS_NAME, NO_VERSION, { enabled: false, ...signal }),
  delete: async ({ client }, signal) => client.beginDeleteSecret(NOBODYS_NAME, signal),
  recover: async ({ client }, signal) => client.beginRecoverDeletedSecret(NOBODYS_NAME, signal),
};

/** The rights that are missing. The one to purge is not needed: what is not purged ends by itself. */
export async function missingRights(calls: Calls, signal?: AbortSignal): Promise<string[]> {
  const missing: string[] = [];
  for (const [right, attempt] of Object.entries(ATTEMPTS)) {
    try {
      await attempt(calls, signal ? { abortSignal: signal } : {});
      // Somebody has a secret of that name: it is left alone, and nothing more is known.
      break;
    } catch (error) {
      const { status, innerCode } = refusalOf(error);
      if (status === 403 && innerCode !== 'ForbiddenByFirewall') missing.push(right);
      else if (status !== 404) throw azureFailure(calls.vault, right, error);
    }
  }
  return missing;
}
