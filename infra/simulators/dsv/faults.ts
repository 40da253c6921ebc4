/** What the vault, or the gateway in front of it, says when a test tells it to fail. */
import type { Response } from 'express';
import { send, UNAUTHORIZED, type Answer } from './answer.ts';

export type VaultFault =
  /** A 5xx that is not JSON, as a gateway gives it. */
  | { readonly kind: 'server-error'; readonly status?: 500 | 502 | 503 | 504 }
  | { readonly kind: 'throttle'; readonly retryAfterSeconds: number }
  /** The gateway's answer to a token that has run out; the token stays good for the calls after it. */
  | { readonly kind: 'expired-token' };

export function answerFault(response: Response, fault: VaultFault): void {
  send(response, faultyAnswer(fault));
}

function faultyAnswer(fault: VaultFault): Answer {
  switch (fault.kind) {
    case 'expired-token':
      return UNAUTHORIZED;
    case 'server-error':
      return { status: fault.status ?? 500, text: 'The simulator was told to fail.' };
    case 'throttle':
      // The vendor documents no 429; this is the form of the gateway's own answers (docs.delinea.com, DevOps Secrets Vault).
      return {
        status: 429,
        headers: { 'retry-after': String(fault.retryAfterSeconds) },
        body: { message: 'Too Many Requests' },
      };
  }
}
