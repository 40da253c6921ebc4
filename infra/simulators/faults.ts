/** Trouble on demand: a test says which of the next calls go wrong, and how. What a vendor answers then, its simulator knows. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { NextFunction, Request, Response } from 'express';

/** What any server may do to a call. */
type CommonAction =
  | { readonly kind: 'delay'; readonly ms: number }
  /** Cuts the connection before the call has an effect. */
  | { readonly kind: 'cut-before' }
  /** Lets the call have its effect and cuts the connection instead of answering. */
  | { readonly kind: 'cut-after' };

export type FaultAction<VendorAction> = CommonAction | VendorAction;

export interface FaultRule<VendorAction> {
  /** Such as `PUT`; by default every method. */
  readonly method?: string;
  /** Tested against the decoded path without the query; by default every path of every listener. */
  readonly path?: RegExp;
  /** How many matching calls go wrong; by default one. */
  readonly times?: number;
  /** How many matching calls pass before the first that goes wrong. */
  readonly skip?: number;
  readonly action: FaultAction<VendorAction>;
}

export interface Faults<VendorAction> {
  /** Of several rules that match a call, the oldest with calls left applies, alone. */
  add(rule: FaultRule<VendorAction>): void;
  /** How many calls will still go wrong. */
  pending(): number;
  clear(): void;
}

export type TakeFault<VendorAction> = (method: string, path: string) => FaultAction<VendorAction> | undefined;

/** The list of faults, and the function that takes the one for a call off it. */
export function createFaults<VendorAction>(): {
  readonly faults: Faults<VendorAction>;
  readonly take: TakeFault<VendorAction>;
} {
  let armed: { readonly rule: FaultRule<VendorAction>; skip: number; left: number }[] = [];
  const faults: Faults<VendorAction> = {
    add(rule) {
      // Such a pattern remembers where it stopped: the same path would match only every other time.
      if (rule.path && /[gy]/.test(rule.path.flags)) throw new Error('the pattern of a fault must not be g or y');
      armed.push({ rule, skip: rule.skip ?? 0, left: rule.times ?? 1 });
    },
    pending: () => armed.reduce((sum, { left }) => sum + left, 0),
    clear: () => (armed = []),
  };
  const take: TakeFault<VendorAction> = (method, path) => {
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

/** Lets a fault happen to a call; the first handler of every listener. `answer` is for what the vendor would say. */
export function faultHandler<VendorAction extends { readonly kind: string }>(
  take: TakeFault<VendorAction>,
  answer: (response: Response, action: VendorAction) => void,
) {
  return async (request: Request, response: Response, next: NextFunction): Promise<void> => {
    const action = take(request.method, decodedPath(request));
    if (action === undefined) return next();
    if (isDelay(action)) {
      await sleep(action.ms, undefined, { ref: false });
      return next();
    }
    if (action.kind === 'cut-before') {
      request.socket.destroy();
    } else if (action.kind === 'cut-after') {
      loseTheAnswer(request, response);
      next();
    } else {
      answer(response, action as VendorAction);
    }
  };
}

const isDelay = (action: { readonly kind: string }): action is Extract<CommonAction, { kind: 'delay' }> =>
  action.kind === 'delay';

function loseTheAnswer(request: Request, response: Response): void {
  response.write = () => true;
  response.end = () => {
    request.socket.destroy();
    return response;
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
