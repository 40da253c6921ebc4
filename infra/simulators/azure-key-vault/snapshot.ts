/** A read-only look at the simulator, for tests. It has secret values in it: not for printing. */
import type { SecretVersion, Store, TransitionKind } from './store.ts';

export interface CallRecord {
  readonly method: string;
  /** Decoded, without the query. */
  readonly path: string;
  /** `cut` when the caller got no answer. */
  readonly status: number | 'cut';
}

export interface SecretSnapshot {
  readonly name: string;
  readonly state: 'active' | 'deleted' | TransitionKind;
  /** Oldest first. */
  readonly versions: readonly Readonly<SecretVersion>[];
}

export interface Snapshot {
  /** In the order of names; purged ones are gone. */
  readonly secrets: readonly SecretSnapshot[];
  /** Every call so far, in the order in which they ended. */
  readonly calls: readonly CallRecord[];
  readonly tokensIssued: number;
}

export function takeSnapshot(store: Store, calls: readonly CallRecord[], tokensIssued: number): Snapshot {
  const secrets = store.names().flatMap((key): SecretSnapshot[] => {
    const { secret, unsettled } = store.peek(key);
    if (!secret) return [];
    const settled = secret.deletedAt === undefined ? 'active' : 'deleted';
    return [{ name: secret.name, state: unsettled ?? settled, versions: secret.versions }];
  });
  return structuredClone({ secrets, calls, tokensIssued });
}
