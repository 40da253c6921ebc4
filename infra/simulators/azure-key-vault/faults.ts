/** Trouble on demand: a test says which of the next calls go wrong, and how. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { NextFunction, Request, Response } from 'express';
import { send, vaultRefusal, type Answer } from './answer.ts';

export type FaultAction =
  | { readonly kind: 'delay'; readonly ms: number }
  | { readonly kind: 'server-error'; readonly status?: 500 | 502 | 503 | 504 }
  | { readonly kind: 'throttle'; readonly retryAfterSeconds: number }
  /** The vault's answer to a token that has run out, with its challenge. */
  | { readonly kind: 'expired-token' }
  /** Any other refusal, such as 403 `Forbidden` with `ForbiddenByFirewall`. */
  | { readonly kind: 'refuse'; readonly status: number; readonly code: string; readonly innerCode?: string }
  /** Cuts the connection before the call has an effect. */
  | { readonly kind: 'cut-before' }
  /** Lets the call have its effect and cuts the connection instead of answering. */
  | { readonly kind: 'cut-after' };

export interface FaultRule {
  /** Such as `PUT`; by default every method. */
  readonly method?: string;
  /** Tested against the decoded path without the query; by default every path, the token authority's included. */
  readonly path?: RegExp;
  /** How many matching calls go wrong; by default one. */
  readonly times?: number;
  /** How many matching calls pass before the first that goes wrong. */
  readonly skip?: number;
  readonly action: FaultAction;
}

export interface Faults {
  /** Of several rules that match a call, the oldest with calls left applies, alone. */
  add(rule: FaultRule): void;
  /** How many calls will still go wrong. */
  pending(): number;
  clear(): void;
}

interface Armed {
  readonly rule: FaultRule;
  skip: number;
  left: number;
}

/** The list of faults, and the function that takes the one for a call off it. */
export function createFaults(): { faults: Faults; take: (method: string, path: string) => FaultAction | undefined } {
  let armed: Armed[] = [];
  const faults: Faults = {
    add(rule) {
      // A sticky or global pattern remembers where it stopped, so the same path would match only every other time.
      if (rule.path && /[gy]/.test(rule.path.flags)) throw new Error('the pattern of a fault must not be g or y');
      armed.push({ rule, skip: rule.skip ?? 0, left: rule.times ?? 1 });
    },
    pending: () => armed.reduce((sum, { left }) => sum + left, 0),
    clear: () => (armed = []),
  };
  return {
    faults,
    take(method, path) {
      const found = armed.find(
        ({ rule }) => (!rule.method || rule.method === method) && (!rule.path || rule.path.test(path)),
      );
      if (!found) return undefined;
      if (found.skip > 0) {
        found.skip -= 1;
        return undefined;
      }
      found.left -= 1;
      if (found.left <= 0) armed = armed.filter((one) => one !== found);
      return found.rule.action;
    },
  };
}

/** Lets a fault happen to a call; the first handler of every listener. */
export function faultHandler(
  take: (method: string, path: string) => FaultAction | undefined,
  expiredToken: () => Answer,
): (request: Request, response: Response, next: NextFunction) => Promise<void> {
  return async (request, response, next) => {
    const action = take(request.method, decodedPath(request));
    if (!action) return next();
    switch (action.kind) {
      case 'delay':
        await sleep(action.ms, undefined, { ref: false });
        return next();
      case 'cut-before':
        request.socket.destroy();
        return;
      case 'cut-after':
        response.end = () => {
          request.socket.destroy();
          return response;
        };
        return next();
      case 'expired-token':
        return send(response, expiredToken());
      default:
        return send(response, faultyAnswer(action));
    }
  };
}

/** The path as faults and the record of calls name it; as it came when it cannot be decoded. */
export function decodedPath(request: Request): string {
  try {
    return decodeURIComponent(request.path);
  } catch {
    return request.path;
  }
}

function faultyAnswer(action: Extract<FaultAction, { kind: 'server-error' | 'throttle' | 'refuse' }>): Answer {
  if (action.kind === 'refuse') {
    return vaultRefusal(action.status, action.code, 'The simulator was told to refuse this.', action.innerCode);
  }
  if (action.kind === 'server-error') {
    return vaultRefusal(action.status ?? 500, 'InternalServerError', 'The simulator was told to fail.');
  }
  const throttled = vaultRefusal(429, 'Throttled', 'Too many requests were made.');
  return { ...throttled, headers: { 'retry-after': String(action.retryAfterSeconds) } };
}
