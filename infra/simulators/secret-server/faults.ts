/** Failures that a test orders for the next calls; nothing here is random. */
import type { NextFunction, Request, Response } from 'express';
import { setTimeout as sleep } from 'node:timers/promises';

export type FaultEffect =
  | { readonly kind: 'delay'; readonly ms: number }
  | { readonly kind: 'serverError' }
  | { readonly kind: 'throttled'; readonly retryAfterSeconds: number }
  /** The public sources leave open which of the two an old version answers. */
  | { readonly kind: 'tokenExpired'; readonly status?: 401 | 403 }
  /** The connection ends and nothing was done. */
  | { readonly kind: 'cutBefore' }
  /** The connection ends after the work: the answer is lost. */
  | { readonly kind: 'cutAfter' };

export interface Fault {
  /** Any method when absent. */
  readonly method?: string;
  /** Tested against the path without its query, the virtual directory included. */
  readonly path: RegExp;
  /** How many matching calls it hits; 1 when absent. */
  readonly times?: number;
  readonly effect: FaultEffect;
}

export interface Faults {
  add(fault: Fault): void;
  clear(): void;
  /** How many ordered hits have not happened yet. */
  pending(): number;
  /** Put before all routes. */
  readonly middleware: (request: Request, response: Response, next: NextFunction) => Promise<void>;
}

/** An empty list of faults. The first one that matches a call is used up by it. */
export function createFaults(): Faults {
  let orders: { readonly fault: Fault; left: number }[] = [];

  function take(request: Request): FaultEffect | undefined {
    const order = orders.find(({ fault }) => {
      const sameMethod = fault.method === undefined || fault.method.toUpperCase() === request.method;
      return sameMethod && fault.path.test(request.path);
    });
    if (!order) return undefined;
    order.left -= 1;
    orders = orders.filter(({ left }) => left > 0);
    return order.fault.effect;
  }

  return {
    add: (fault) => void orders.push({ fault, left: fault.times ?? 1 }),
    clear: () => void (orders = []),
    pending: () => orders.reduce((sum, { left }) => sum + left, 0),
    middleware: async (request, response, next) => {
      const effect = take(request);
      if (!effect || (await suffer(effect, request, response)) === 'goes on') next();
    },
  };
}

async function suffer(effect: FaultEffect, request: Request, response: Response): Promise<'goes on' | 'answered'> {
  switch (effect.kind) {
    case 'delay':
      await sleep(effect.ms);
      return 'goes on';
    case 'serverError':
      response.status(500).json({
        message: 'An error has occurred.',
        exceptionMessage: 'ordered by a test',
        exceptionType: 'System.Exception',
        stackTrace: 'at Simulator.Ordered()',
      });
      return 'answered';
    case 'throttled':
      response.status(429).set('retry-after', String(effect.retryAfterSeconds)).json({ message: 'Too many requests.' });
      return 'answered';
    case 'tokenExpired':
      if (effect.status === 403) response.status(403).json({ message: 'Authentication failed or expired token.' });
      else response.status(401).end();
      return 'answered';
    case 'cutBefore':
      request.socket.destroy();
      return 'answered';
    case 'cutAfter':
      loseTheAnswer(request, response);
      return 'goes on';
  }
}

function loseTheAnswer(request: Request, response: Response): void {
  response.write = () => true;
  response.end = () => {
    request.socket.destroy();
    return response;
  };
}
