/** The engine's token for a vault: obtained by a log-on, cached, renewed before it ends; one request for all who wait. */
import type { Sensitive } from '../../infra/runtime/sensitive.ts';

/** A token as the vault grants it. A lease of 0 never ends. */
export interface Grant {
  readonly token: Sensitive<string>;
  readonly leaseSeconds: number;
  readonly renewable: boolean;
}

export interface SessionCalls {
  /** Throws when the vault refuses or does not answer. */
  logOn(): Promise<Grant>;
  /** `undefined` when this token cannot be renewed, for whatever reason. */
  renew(token: Sensitive<string>): Promise<Grant | undefined>;
}

export interface Session {
  /** A token that is good now. Logs on or renews when needed. */
  token(): Promise<Sensitive<string>>;
  /** The vault refused this token: the next call logs on anew, unless somebody already did. */
  drop(token: Sensitive<string>): void;
}

/** The part of its lease after which a token is renewed. */
const RENEW_AFTER = 2 / 3;

/** A renewal that grants less than this part of the first lease is near the token's maximum: time for a new one. */
const WORTHWHILE_RENEWAL = 1 / 2;

/** `nowMs` is a clock that never jumps. There is no timer: an idle engine lets its token end and logs on again. */
export function createSession(calls: SessionCalls, nowMs: () => number = () => performance.now()): Session {
  let held: { readonly grant: Grant; readonly sinceMs: number; readonly firstLeaseSeconds: number } | undefined;
  let underWay: Promise<Sensitive<string>> | undefined;

  const share = (): number =>
    held && held.grant.leaseSeconds > 0 ? (nowMs() - held.sinceMs) / (held.grant.leaseSeconds * 1000) : 0;

  async function obtain(): Promise<Sensitive<string>> {
    // Counted from before the call: the lease began no later than this.
    const sinceMs = nowMs();
    const renewed = held?.grant.renewable && share() < 1 ? await calls.renew(held.grant.token) : undefined;
    if (held && renewed && renewed.leaseSeconds >= held.firstLeaseSeconds * WORTHWHILE_RENEWAL) {
      // The same token goes on: callers that hold it must still be able to drop it.
      held = { ...held, grant: { ...renewed, token: held.grant.token }, sinceMs };
    } else {
      const grant = await calls.logOn();
      held = { grant, sinceMs, firstLeaseSeconds: grant.leaseSeconds };
    }
    return held.grant.token;
  }

  return {
    async token() {
      if (held && share() < RENEW_AFTER) return held.grant.token;
      underWay ??= obtain().finally(() => {
        underWay = undefined;
      });
      return underWay;
    },
    drop(token) {
      if (held?.grant.token === token) held = undefined;
    },
  };
}
