/**
 * Which versions of a secret are out of reach, and which of them we took out of reach: pure reading and deciding. Older
 * versions count too, because the one that staged the password has it as well. The versions taken out are noted in the
 * metadata before it happens, so that those come back and none that people had deleted themselves.
 */
import { asRecord } from './secret.ts';

/** The key in `custom_metadata` with the suspended versions, such as `1,2`. */
const SUSPENDED = 'alm_suspended_versions';

/** A value of `custom_metadata` holds so many bytes. */
const MAX_NOTE_LENGTH = 512;

export interface SecretVersions {
  /** Versions whose data readers get. */
  readonly inReach: readonly number[];
  /** Versions that were deleted, or will be at a time that is set, and can be brought back. */
  readonly deleted: readonly number[];
  /** Versions that a suspension took, or was about to take, out of reach. */
  readonly suspended: readonly number[];
}

export const NO_VERSIONS: SecretVersions = { inReach: [], deleted: [], suspended: [] };

/** Reads the answer to `GET metadata/<path>`. `nowMs` (since 1970) tells a deletion that is still to come. */
export function parseVersions(body: Readonly<Record<string, unknown>>, nowMs: number): SecretVersions {
  const data = asRecord(body['data']);
  const versions = Object.entries(asRecord(data['versions'])).map(([version, facts]) => {
    const { deletion_time: deletedAt, destroyed } = asRecord(facts);
    const deletedMs = typeof deletedAt === 'string' && deletedAt !== '' ? Date.parse(deletedAt) : Infinity;
    return { version: Number(version), deletedMs, isDestroyed: destroyed === true };
  });
  const kept = versions.filter(({ isDestroyed }) => !isDestroyed);
  const noted = asRecord(data['custom_metadata'])[SUSPENDED];
  return {
    inReach: kept.filter(({ deletedMs }) => deletedMs > nowMs).map(({ version }) => version),
    deleted: kept.filter(({ deletedMs }) => deletedMs !== Infinity).map(({ version }) => version),
    suspended: typeof noted === 'string' ? noted.split(',').map(Number).filter(Number.isSafeInteger) : [],
  };
}

/** What the metadata says of these versions; none: nothing any more. The newest ones are noted as far as there is room. */
export function suspensionNote(versions: readonly number[]): Readonly<Record<string, string | null>> {
  const newestFirst = [...new Set(versions)].sort((a, b) => b - a);
  while (newestFirst.join(',').length > MAX_NOTE_LENGTH) newestFirst.pop();
  return { [SUSPENDED]: newestFirst.length === 0 ? null : newestFirst.reverse().join(',') };
}
