/**
 * The vault's secrets. Deleting, recovering and purging take time, as in the real one: for a while reads still show the
 * old state, and for longer writes are refused (learn.microsoft.com, Key Vault REST API).
 */
import { conflict } from './answer.ts';

/** Over when this many later calls have named the secret and this much time has passed. */
export interface Lag {
  readonly calls?: number;
  readonly ms?: number;
}

export interface TransitionLag {
  /** Until then reads answer 404. (For a purge: until then the deleted secret can still be read.) */
  readonly visible?: Lag;
  /** Until then, and never before `visible`, writes answer 409. */
  readonly settled?: Lag;
}

export interface Consistency {
  readonly deleting?: TransitionLag;
  readonly recovering?: TransitionLag;
  readonly purging?: TransitionLag;
}

export type TransitionKind = keyof Consistency;

export interface SecretVersion {
  /** 32 lower-case hexadecimal digits. */
  readonly id: string;
  readonly value: string;
  contentType?: string | undefined;
  tags?: Readonly<Record<string, string>> | undefined;
  enabled: boolean;
  nbf?: number | undefined;
  exp?: number | undefined;
  readonly created: number;
  updated: number;
}

export interface StoredSecret {
  /** As it was first written; names differ in more than case. */
  readonly name: string;
  /** Oldest first. */
  readonly versions: SecretVersion[];
  deletedAt?: number | undefined;
  transition?: Transition | undefined;
}

interface Transition {
  readonly kind: TransitionKind;
  readonly sinceMs: number;
  calls: number;
}

export interface Sight {
  /** What reads show: `absent` also while a change is not visible yet. */
  readonly shown: 'absent' | 'active' | 'deleted';
  /** The change that writes still collide with. */
  readonly unsettled?: TransitionKind | undefined;
  /** There unless there is nothing under the name, and nothing on its way out. */
  readonly secret?: StoredSecret | undefined;
}

export interface Store {
  /** How a call that names the secret sees it; counts the call. */
  see(name: string): Sight;
  /** The same for lists and tests: counts nothing. */
  peek(name: string): Sight;
  names(): string[];
  put(secret: StoredSecret): void;
  begin(secret: StoredSecret, kind: TransitionKind): void;
  readonly setConsistency: (consistency: Consistency) => void;
}

/** Strict by default: the first call after a change sees the old state, and writes collide until the fourth. */
export const DEFAULT_LAG: Required<TransitionLag> = { visible: { calls: 1 }, settled: { calls: 3 } };

export function createStore(
  nowMs: () => number,
  retentionSeconds: number,
  initialConsistency: Consistency = {},
): Store {
  const secrets = new Map<string, StoredSecret>();
  let consistency = initialConsistency;

  const isOver = (lag: Lag, { sinceMs, calls }: Transition) =>
    calls >= (lag.calls ?? 0) && nowMs() - sinceMs >= (lag.ms ?? 0);

  /** The secret without what time has ended: a change that has settled, a purge, a retention period. */
  function current(name: string): StoredSecret | undefined {
    const key = name.toLowerCase();
    const secret = secrets.get(key);
    if (!secret) return undefined;
    const { transition, deletedAt } = secret;
    if (transition && isOver(lagOf(transition).visible, transition) && isOver(lagOf(transition).settled, transition)) {
      secret.transition = undefined;
      if (transition.kind === 'purging') secrets.delete(key);
    }
    if (deletedAt !== undefined && nowMs() / 1_000 >= deletedAt + retentionSeconds) secrets.delete(key);
    return secrets.get(key);
  }

  const lagOf = ({ kind }: Transition) => ({ ...DEFAULT_LAG, ...consistency[kind] });

  function peek(name: string): Sight {
    const secret = current(name);
    if (!secret) return { shown: 'absent' };
    const { transition } = secret;
    const settledState = secret.deletedAt === undefined ? 'active' : 'deleted';
    if (!transition) return { shown: settledState, secret };
    const visible = isOver(lagOf(transition).visible, transition);
    const shown = transition.kind === 'purging' ? !visible : visible;
    return { shown: shown ? settledState : 'absent', unsettled: transition.kind, secret };
  }

  return {
    peek,
    see(name) {
      const sight = peek(name);
      if (sight.secret?.transition) sight.secret.transition.calls += 1;
      return sight;
    },
    names: () => [...secrets.keys()].filter((name) => current(name)).sort(),
    put: (secret) => secrets.set(secret.name.toLowerCase(), secret),
    begin: (secret, kind) => (secret.transition = { kind, sinceMs: nowMs(), calls: 0 }),
    setConsistency: (next) => (consistency = next),
  };
}

/** Throws 409 while a change of the secret has not settled. */
export function assertSettled(name: string, { unsettled }: Sight): void {
  if (unsettled === 'recovering') throw conflict(name, 'ObjectIsBeingRecovered');
  if (unsettled) throw conflict(name, 'ObjectIsBeingDeleted');
}

/** For tests that are about something else: every change is there at once. */
export const SETTLES_AT_ONCE: Consistency = {
  deleting: { visible: {}, settled: {} },
  recovering: { visible: {}, settled: {} },
  purging: { visible: {}, settled: {} },
};
