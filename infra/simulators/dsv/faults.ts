/** Trouble on demand: a test says which of the next calls go wrong, and how. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { NextFunction, Request, Response } from 'express';
import { send, UNAUTHORIZED, type Answer } from './answer.ts';

export type FaultAction =
  | { readonly kind: 'delay'; readonly ms: number }
  /** A 5xx that is not JSON, as a gateway gives it. */
  | { readonly kind: 'server-error'; readonly status?: 500 | 502 | 503 | 504 }
  | { readonly kind: 'throttle'; readonly retryAfterSeconds: number }
  /** The gateway's answer to a token that has run out; the token stays good for the calls after it. */
  | { readonly kind: 'expired-token' }
  /** Cuts the connection before the call has an effect. */
  | { readonly kind: 'cut-before' }
  /** Lets the call have its effect and cuts the connection instead of answering. */
  | { readonly kind: 'cut-after' };

export interface FaultRule {
  /** Such as `PUT`; by default every method. */
  readonly method?: string;
  /** Tested against the decoded path without the query, such as `/v1/secrets/a/b`; by default every path. */
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

type Take = (method: string, path: string) => FaultAction | undefined;

/** The list of faults, and the function that takes the one for a call off it. */
export function createFaults(): { readonly faults: Faults; readonly take: Take } {
  let armed: { readonly rule: FaultRule; skip: number; left: number }[] = [];
  const faults: Faults = {
    add(rule) {
      // Such a pattern remembers where it stopped: the same path would match only every other time.
      if (rule.path && /[gy]/.test(rule.path.flags)) throw new Error('the pattern of a fault must not be g or y');
      armed.push({ rule, skip: rule.skip ?? 0, left: rule.times ?? 1 });
    },
    pending: () => armed.reduce((sum, { left }) => sum + left, 0),
    clear: () => (armed = []),
  };
  const take: Take = (method, path) => {
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
  };
  return { faults, take };
}

/** Lets a fault happen to a call; the first handler. */
export function faultHandler(take: Take) {
  return async (request: Request, response: Response, next: NextFunction): Promise<void> => {
    const action = take(request.method, decodedPath(request));
    if (action === undefined) return next();
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

function faultyAnswer(action: Extract<FaultAction, { kind: 'server-error' | 'throttle' | 'expired-token' }>): Answer {
  if (action.kind === 'expired-token') return UNAUTHORIZED;
  if (action.kind === 'server-error') return { status: action.status ?? 500, text: 'The simulator was told to fail.' };
  // The vendor documents no 429; this is the form of the gateway's own answers (docs.delinea.com, DevOps Secrets Vault).
  const headers = { 'retry-after': String(action.retryAfterSeconds) };
  return { status: 429, headers, body: { message: 'Too Many Requests' } };
}
