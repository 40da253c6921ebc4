/**
 * How an account's secret looks in AWS Secrets Manager, and what is to be done with the one that is found: pure decisions,
 * applied by `store.ts`.
 *
 * One secret per account; a tag says whose it is. Each password is a version of its own, whose id follows from the operation
 * that staged it. `AWSCURRENT` is what readers get; a staged password has `AWSPENDING`, and a label of its operation. The
 * secret begins with a version without a password: the service makes the first one current, whatever it is asked for.
 */
import { createHash } from 'node:crypto';
import type { SecretLocation, StagedSecret, StageRequest } from '../port.ts';
import { otherPending, pathConflict, secretMissing } from '../failures.ts';
import { escaped } from '../fields.ts';

/** The tag that says whose secret it is. */
export const ACCOUNT_TAG = 'alm_account_id';
export const CURRENT = 'AWSCURRENT';
export const PENDING = 'AWSPENDING';
const PREVIOUS = 'AWSPREVIOUS';
const OPERATION_PREFIX = 'alm-';
/** The longest for which the service keeps a deleted secret. */
export const RECOVERY_WINDOW_DAYS = 30;

/** A version cannot be staged again once it was discarded; so an operation has several. */
const MAX_TRIES = 8;

/** A secret as the service describes it, without its passwords. */
export interface SecretState {
  /** Names this secret and no later one of the same name: what is written goes to it or nowhere. */
  readonly arn: string;
  readonly accountId: string | undefined;
  /** Scheduled for deletion: nobody can read it. */
  readonly isDeleted: boolean;
  /** The labels of each version that has some. */
  readonly labels: ReadonlyMap<string, readonly string[]>;
}

export type Decision =
  | { readonly action: 'done'; readonly versionId: string }
  | { readonly action: 'create' }
  | { readonly action: 'restore' }
  | { readonly action: 'stage' }
  /** Moves `label` to a version, from the one that has it now; the service refuses when another one has it by then. */
  | { readonly action: 'move'; readonly label: string; readonly to: string; readonly from: string | undefined }
  | { readonly action: 'unlabel'; readonly label: string; readonly from: string }
  | { readonly action: 'give-up'; readonly from: string }
  | { readonly action: 'remove' }
  /** Removes it, and looks again. */
  | { readonly action: 'clear' }
  | { readonly action: 'nothing' };

const NOTHING: Decision = { action: 'nothing' };

/**
 * The secret's name in the service. Of names in Active Directory some characters are not allowed there: they are written as
 * `=` and the two hexadecimal digits of each byte (UTF-8), and so is `=` itself.
 */
export function secretName(vaultPath: string): string {
  return escaped(vaultPath, /[A-Za-z0-9/_+.@-]/, '=');
}

const digest = (...parts: readonly string[]): string => createHash('sha256').update(parts.join('\n')).digest('hex');

/** The version id, and the client request token, of one try of an operation. */
export const versionIdOf = ({ accountId, operationId }: Omit<StagedSecret, 'vaultPath'>, attempt: number): string =>
  digest('password', accountId, operationId, String(attempt));

/** The version without a password that an account's secret begins with. */
export const emptyVersionId = (accountId: string): string => digest('empty', accountId);

/** The version that takes the current label away from promotions when the first password is given up. */
export const givenUpVersionId = (accountId: string): string => digest('given up', accountId);

/** The label of what an operation has staged, until its promotion. */
export const operationLabel = ({ accountId, operationId }: Omit<StagedSecret, 'vaultPath'>): string =>
  `${OPERATION_PREFIX}${digest('operation', accountId, operationId).slice(0, 40)}`;

export function isOurs(state: SecretState | undefined, { accountId }: SecretLocation): state is SecretState {
  return state?.accountId === accountId;
}

/** Throws for a secret that is there and is not this account's. */
export function assertNotForeign(state: SecretState | undefined, location: SecretLocation): void {
  if (state && !isOurs(state, location)) throw pathConflict(location.vaultPath);
}

const labelsOf = (state: SecretState, versionId: string): readonly string[] => state.labels.get(versionId) ?? [];

export function holderOf(state: SecretState, label: string): string | undefined {
  return [...state.labels].find(([, labels]) => labels.includes(label))?.[0];
}

/** The version of the operation that is current, if its password is. */
function currentOf(state: SecretState, staged: StagedSecret): string | undefined {
  const current = holderOf(state, CURRENT);
  const ids = Array.from({ length: MAX_TRIES }, (_, attempt) => versionIdOf(staged, attempt));
  return ids.find((id) => id === current);
}

/** The version in which this operation's password is, pending or current. */
export function versionOf(state: SecretState, staged: StagedSecret): string | undefined {
  return holderOf(state, operationLabel(staged)) ?? currentOf(state, staged);
}

/** Staged by whomever, and neither promoted nor superseded. */
function isPendingOfAnother(labels: readonly string[], staged: StagedSecret): boolean {
  if (labels.includes(CURRENT) || labels.includes(PREVIOUS)) return false;
  return labels.some((label) => label.startsWith(OPERATION_PREFIX) && label !== operationLabel(staged));
}

const isLatePending = (labels: readonly string[]): boolean => labels.includes(PENDING) && !labels.includes(CURRENT);

/** What a promotion that was cut off has left: its version is current, or was. */
function leftOver(state: SecretState): Decision | undefined {
  for (const [versionId, labels] of state.labels) {
    if (!labels.includes(CURRENT) && !labels.includes(PREVIOUS)) continue;
    const label = labels.find((each) => each.startsWith(OPERATION_PREFIX));
    if (label) return { action: 'unlabel', label, from: versionId };
  }
  return undefined;
}

export function decideStage(state: SecretState | undefined, request: StageRequest): Decision {
  if (!state) return { action: 'create' };
  assertNotForeign(state, request);
  if (state.isDeleted) return { action: 'restore' };
  const versionId = versionOf(state, request);
  const others = [...state.labels.values()].some((labels) => isPendingOfAnother(labels, request));
  // Of two operations that stage at once the later one has taken the pending label, and steps back.
  if (versionId !== undefined && others && isLatePending(labelsOf(state, versionId))) {
    return { action: 'unlabel', label: operationLabel(request), from: versionId };
  }
  if (versionId !== undefined) return { action: 'done', versionId };
  if (holderOf(state, CURRENT) === givenUpVersionId(request.accountId)) return { action: 'clear' };
  const left = leftOver(state);
  if (left) return left;
  // It may be the one the directory has by now.
  if (others) throw otherPending(request.vaultPath);
  return { action: 'stage' };
}

export function decidePromote(state: SecretState | undefined, staged: StagedSecret): Decision {
  assertNotForeign(state, staged);
  const versionId = state && !state.isDeleted ? versionOf(state, staged) : undefined;
  if (!state || versionId === undefined) throw secretMissing(staged.vaultPath);
  const current = holderOf(state, CURRENT);
  if (current === versionId) return leftOver(state) ?? { action: 'done', versionId };
  // Superseded before its label was taken off: a late promotion must not bring the old password back.
  if (labelsOf(state, versionId).includes(PREVIOUS)) throw secretMissing(staged.vaultPath);
  return { action: 'move', label: CURRENT, to: versionId, from: current };
}

/**
 * The pending version loses its labels first. A promotion that runs at the same time still knows its version: before a secret
 * without any password is removed, the current label goes to a version that promotions do not expect it on.
 */
export function decideDiscard(state: SecretState | undefined, staged: StagedSecret): Decision {
  if (!isOurs(state, staged)) return NOTHING;
  const current = holderOf(state, CURRENT);
  const own = operationLabel(staged);
  const versionId = holderOf(state, own);
  if (versionId !== undefined && versionId !== current && !state.isDeleted) {
    const label = labelsOf(state, versionId).includes(PENDING) ? PENDING : own;
    return { action: 'unlabel', label, from: versionId };
  }
  const hasPending = [...state.labels.values()].some((labels) => isPendingOfAnother(labels, staged));
  if (hasPending) return NOTHING;
  if (current === emptyVersionId(staged.accountId)) {
    return state.isDeleted ? { action: 'remove' } : { action: 'give-up', from: current };
  }
  return current === givenUpVersionId(staged.accountId) ? { action: 'remove' } : NOTHING;
}

export function decideRevoke(state: SecretState | undefined, location: SecretLocation): Decision {
  assertNotForeign(state, location);
  return state ? { action: 'remove' } : NOTHING;
}

/** The attempt whose version an operation stages next, after so many that it cannot have any more. */
export function attemptAfter(refused: number, vaultPath: string): number {
  if (refused >= MAX_TRIES) throw otherPending(vaultPath);
  return refused;
}
