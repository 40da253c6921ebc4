/**
 * How an account's secret looks in KV v2, and what is to be done with the one that is found: pure decisions, applied
 * by `store.ts` under check-and-set.
 *
 * One path per account. `password` is the current one and all that readers need; a change of password adds
 * `password_pending` beside it, so that readers of the newest version never see a password that does not work yet.
 */
import { sensitive, type Sensitive } from '../../../infra/runtime/sensitive.ts';
import type { SecretLocation, StagedSecret, StageRequest } from '../port.ts';
import { otherPending, pathConflict, secretMissing } from '../failures.ts';

/** Field names in the secret. */
const FIELDS = {
  username: 'username',
  domain: 'domain',
  password: 'password',
  pendingPassword: 'password_pending',
  accountId: 'alm_account_id',
  operationId: 'alm_operation_id',
  pendingOperationId: 'alm_pending_operation_id',
} as const;

/** The key in `custom_metadata` that says whose secret it is: it outlives a deletion of the newest version. */
export const ACCOUNT_MARK = 'alm_account_id';

interface PasswordOfOperation {
  readonly operationId: string | undefined;
  readonly password: Sensitive<string>;
}

/** What is at a path. */
export interface SecretState {
  /** The newest version, also when it is deleted; 0 when there never was one. It is the `cas` of the next write. */
  readonly version: number;
  /** Whether the newest version has data. */
  readonly exists: boolean;
  /** The account the secret says it belongs to. */
  readonly accountId: string | undefined;
  /** The account that `custom_metadata` says it belongs to. */
  readonly markedFor: string | undefined;
  readonly current: PasswordOfOperation | undefined;
  readonly pending: PasswordOfOperation | undefined;
}

/** A whole new version, or a patch of the newest one: `null` removes a field, and fields not named stay. */
export interface SecretWrite {
  readonly action: 'replace' | 'patch';
  readonly fields: Readonly<Record<string, string | null>>;
  /** Decide once more on what is there after the write. */
  readonly thenLookAgain?: true;
}

/** `remove` deletes the secret with all its versions. */
export type Decision = { readonly action: 'keep' } | { readonly action: 'remove' } | SecretWrite;

const KEEP: Decision = { action: 'keep' };
const REMOVE: Decision = { action: 'remove' };

/** Reads the answer to `GET data/<path>`: 200, or 404 with or without the metadata of a deleted version. */
export function parseSecret(body: Readonly<Record<string, unknown>>): SecretState {
  const envelope = asRecord(body['data']);
  const metadata = asRecord(envelope['metadata']);
  const exists = typeof envelope['data'] === 'object' && envelope['data'] !== null;
  const fields = asRecord(envelope['data']);
  const password = (passwordField: string, operationField: string): PasswordOfOperation | undefined => {
    const value = fields[passwordField];
    if (typeof value !== 'string' || value === '') return undefined;
    return { operationId: asText(fields[operationField]), password: sensitive(value) };
  };
  return {
    version: typeof metadata['version'] === 'number' ? metadata['version'] : 0,
    exists,
    accountId: asText(fields[FIELDS.accountId]),
    markedFor: asText(asRecord(metadata['custom_metadata'])[ACCOUNT_MARK]),
    current: password(FIELDS.password, FIELDS.operationId),
    pending: password(FIELDS.pendingPassword, FIELDS.pendingOperationId),
  };
}

export const asRecord = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

const asText = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/** A deleted secret without a mark is nobody's: its owner gave the path up. */
export function decideStage(state: SecretState, request: StageRequest): Decision {
  if (isForeign(state, request)) throw pathConflict(request.vaultPath);
  if (passwordOf(state, request.operationId)) return KEEP;
  // It may be the one the directory has by now: writing over it could lose the only copy of a live password.
  if (state.pending) throw otherPending(request.vaultPath);
  return {
    action: state.exists ? 'patch' : 'replace',
    fields: {
      [FIELDS.username]: request.username,
      [FIELDS.domain]: request.domain,
      [FIELDS.pendingPassword]: request.password.reveal(),
      [FIELDS.pendingOperationId]: request.operationId,
      [FIELDS.accountId]: request.accountId,
    },
  };
}

export function decidePromote(state: SecretState, staged: StagedSecret): Decision {
  if (isForeign(state, staged)) throw pathConflict(staged.vaultPath);
  if (state.current?.operationId === staged.operationId) return KEEP;
  if (state.pending?.operationId !== staged.operationId) throw secretMissing(staged.vaultPath);
  return {
    action: 'patch',
    fields: {
      [FIELDS.password]: state.pending.password.reveal(),
      [FIELDS.operationId]: staged.operationId,
      [FIELDS.pendingPassword]: null,
      [FIELDS.pendingOperationId]: null,
    },
  };
}

/**
 * The pending password goes first, under check-and-set: a promotion that runs at the same time either comes before,
 * and its password stays, or fails. Only then is it safe to delete what has neither password.
 */
export function decideDiscard(state: SecretState, staged: StagedSecret): Decision {
  if (isForeign(state, staged)) return KEEP;
  if (!state.exists) return isOurs(state, staged) ? REMOVE : KEEP;
  if (state.pending?.operationId === staged.operationId) {
    const fields = { [FIELDS.pendingPassword]: null, [FIELDS.pendingOperationId]: null };
    return { action: 'patch', fields, thenLookAgain: true };
  }
  return state.current || state.pending ? KEEP : REMOVE;
}

export function decideRevoke(state: SecretState, location: SecretLocation): Decision {
  if (isForeign(state, location)) throw pathConflict(location.vaultPath);
  return isOurs(state, location) ? REMOVE : KEEP;
}

/** The password that this operation staged, pending or current. */
export function passwordOf(state: SecretState, operationId: string): Sensitive<string> | undefined {
  return [state.pending, state.current].find((entry) => entry?.operationId === operationId)?.password;
}

/** People may edit a secret and lose its marker; the mark in the metadata then still says whose it is. */
const ownerOf = (state: SecretState): string | undefined => state.accountId ?? state.markedFor;

/** Ours, nobody's, or (thrown) somebody else's. */
export function assertNotForeign(state: SecretState, location: SecretLocation): void {
  if (isForeign(state, location)) throw pathConflict(location.vaultPath);
}

export const isOurs = (state: SecretState, location: SecretLocation): boolean => ownerOf(state) === location.accountId;

function isForeign(state: SecretState, location: SecretLocation): boolean {
  return !isOurs(state, location) && (state.exists || state.markedFor !== undefined);
}
