/** What the vault says when a test tells it to fail. */
import type { Response } from 'express';
import { send, vaultRefusal, type Answer } from './answer.ts';

export type VaultFault =
  | { readonly kind: 'server-error'; readonly status?: 500 | 502 | 503 | 504 }
  | { readonly kind: 'throttle'; readonly retryAfterSeconds: number }
  /** The vault's answer to a token that has run out, with its challenge. */
  | { readonly kind: 'expired-token' }
  /** Any other refusal, such as 403 `Forbidden` with `ForbiddenByFirewall`. */
  | { readonly kind: 'refuse'; readonly status: number; readonly code: string; readonly innerCode?: string };

/** `expired` gives the answer to a token that has run out. */
export function answerFault(expired: () => Answer): (response: Response, fault: VaultFault) => void {
  return (response, fault) => send(response, fault.kind === 'expired-token' ? expired() : faultyAnswer(fault));
}

function faultyAnswer(fault: Exclude<VaultFault, { kind: 'expired-token' }>): Answer {
  switch (fault.kind) {
    case 'refuse':
      return vaultRefusal(fault.status, fault.code, 'The simulator was told to refuse this.', fault.innerCode);
    case 'server-error':
      return vaultRefusal(fault.status ?? 500, 'InternalServerError', 'The simulator was told to fail.');
    case 'throttle':
      return {
        ...vaultRefusal(429, 'Throttled', 'Too many requests were made.'),
        headers: { 'retry-after': String(fault.retryAfterSeconds) },
      };
  }
}
