/**
 * How an account's password looks in Azure Key Vault, and what is to be made of what is found: pure decisions, applied by
 * `store.ts`.
 *
 * Two secrets for each account: the one that people read, and one beside it for a password that is not proved yet. A disabled
 * version is no place for that: while the newest version is disabled nobody can read any without naming it. The value is
 * the password and nothing else; tags say the rest. The vault has no check-and-set: of two attempts that stage at once the
 * later one counts, by the tag that says when it began, because that is the attempt whose answer counts.
 */
import { createHash } from 'node:crypto';
import type { SecretLocation, StagedSecret, StageRequest } from '../port.ts';
import { otherPending, pathConflict } from '../failures.ts';

export type Tags = Readonly<Record<string, string>>;

/** A version without its value. */
export interface Version {
  /** 32 hexadecimal digits. */
  readonly version: string;
  /** The address of the version: what people look it up by. */
  readonly id: string;
  readonly isEnabled: boolean;
  readonly tags: Tags;
}

export const TAG = {
  account: 'alm_account_id',
  operation: 'alm_operation_id',
  /** When the attempt began that staged it, as an instant. */
  stagedAt: 'alm_staged_at',
  /** `promoted`, `discarded`, `suspended` or `given-up`: why a version is disabled. */
  state: 'alm_state',
  username: 'username',
  domain: 'domain',
} as const;
const OURS: ReadonlySet<string> = new Set(Object.values(TAG));

/** The most that a secret may have. */
const MAX_TAGS = 15;
const MAX_TAG_LENGTH = 256;

/** Of 127 characters that a name may have; the rest is for the digest and for the second secret. */
const READABLE_LENGTH = 100;

/**
 * The name of the secret that people read. Key Vault allows letters, digits and hyphens only, and does not tell upper from
 * lower case: so the path is made readable, and a digest of it makes it the only one.
 */
export function secretName(vaultPath: string): string {
  const readable = vaultPath
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(-READABLE_LENGTH)
    .replace(/^-+|-+$/g, '');
  return `${readable}-${createHash('sha256').update(vaultPath).digest('hex').slice(0, 16)}`;
}

/** The name of the secret with a password that is not proved yet. */
export const pendingName = (vaultPath: string): string => `${secretName(vaultPath)}-pending`;

export function isOurs(tags: Tags | undefined, { accountId }: Pick<SecretLocation, 'accountId'>): boolean {
  return tags?.[TAG.account] === accountId;
}

/** What was somebody's and is nobody's any more may be taken over. */
export const isGivenUp = (tags: Tags): boolean => tags[TAG.state] === 'given-up';

/** Throws for a secret that is there and is not this account's. */
export function assertNotForeign(tags: Tags | undefined, location: SecretLocation): void {
  if (tags && !isOurs(tags, location)) throw pathConflict(location.vaultPath);
}

/** Throws where one of the versions is somebody else's; what was given up is nobody's. */
export function assertNoneForeign(versions: readonly Version[], location: SecretLocation): void {
  for (const { tags } of versions) if (!isGivenUp(tags)) assertNotForeign(tags, location);
}

export const isSuspended = ({ tags }: Version): boolean => tags[TAG.state] === 'suspended';

/** Also while it is suspended: it comes back. */
const isPending = (version: Version): boolean =>
  isSuspended(version) || (version.isEnabled && version.tags[TAG.state] === undefined);

const isOf = ({ tags }: Version, { operationId }: Pick<StagedSecret, 'operationId'>): boolean =>
  tags[TAG.operation] === operationId;

/** The version whose password counts, of all that attempts of this operation have staged. */
export function elected(pending: readonly Version[], staged: Pick<StagedSecret, 'operationId'>): Version | undefined {
  const order = ({ tags, version }: Version): string => `${tags[TAG.stagedAt] ?? ''} ${version}`;
  return pending
    .filter((version) => isPending(version) && isOf(version, staged))
    .reduce<Version | undefined>((best, version) => (best && order(best) > order(version) ? best : version), undefined);
}

/** The versions that this operation has staged and that can still be read. */
export const leftOf = (pending: readonly Version[], staged: Pick<StagedSecret, 'operationId'>): Version[] =>
  pending.filter((version) => (version.isEnabled || isSuspended(version)) && isOf(version, staged));

/**
 * Throws where another operation's password is pending: the directory may have it by now. What the operation of the current
 * password has left, when its promotion was cut off, is not pending any more.
 */
export function assertNoOther(pending: readonly Version[], request: StageRequest, current: Tags | undefined): void {
  const done = current?.[TAG.operation];
  const isOther = (version: Version): boolean =>
    isPending(version) && !isOf(version, request) && version.tags[TAG.operation] !== done;
  if (pending.some(isOther)) throw otherPending(request.vaultPath);
}

export const hasPending = (pending: readonly Version[]): boolean => pending.some(isPending);

/** The tags of a password that is being staged by an attempt that began at `beganAt`. */
export function stagedTags(request: StageRequest, beganAt: Date): Tags {
  const { accountId, operationId, username, domain } = request;
  return fitting({
    [TAG.account]: accountId,
    [TAG.operation]: operationId,
    [TAG.stagedAt]: beganAt.toISOString(),
    [TAG.username]: username,
    [TAG.domain]: domain,
  });
}

/** The tags of the password that becomes the current one: those of people on the one before stay. */
export function promotedTags(staged: Tags, before: Tags | undefined): Tags {
  const { [TAG.stagedAt]: _stagedAt, ...own } = staged;
  const theirs = Object.entries(before ?? {}).filter(([name]) => !OURS.has(name));
  // One is left for the state.
  return Object.fromEntries([...Object.entries(own), ...theirs].slice(0, MAX_TAGS - 1));
}

function fitting(tags: Tags): Tags {
  return Object.fromEntries(Object.entries(tags).map(([name, value]) => [name, value.slice(0, MAX_TAG_LENGTH)]));
}

export function withState(tags: Tags, state: 'promoted' | 'discarded' | 'suspended' | 'given-up'): Tags {
  const own = Object.entries(tags).filter(([name]) => OURS.has(name));
  const theirs = Object.entries(tags).filter(([name]) => !OURS.has(name));
  // Tags of people give way: what is to be out of reach must not stay in reach for them.
  const kept = [...own, ...theirs].filter(([name]) => name !== TAG.state).slice(0, MAX_TAGS - 1);
  return { ...Object.fromEntries(kept), [TAG.state]: state };
}

export function withoutState(tags: Tags): Tags {
  const { [TAG.state]: _state, ...rest } = tags;
  return rest;
}

/** What has become of a pending version since it was read: whoever promotes it must take that back. */
export function fateOf(now: readonly Version[], { version: read }: Version): 'suspended' | 'given up' | undefined {
  const found = now.find(({ version }) => version === read);
  if (!found) return 'given up';
  const state = found.tags[TAG.state];
  if (state === undefined || state === 'promoted') return undefined;
  return state === 'suspended' ? 'suspended' : 'given up';
}
