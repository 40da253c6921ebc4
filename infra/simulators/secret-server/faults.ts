/** What the server says when a test tells it to fail. */
import type { Response } from 'express';

export type ServerFault =
  | { readonly kind: 'server-error' }
  | { readonly kind: 'throttle'; readonly retryAfterSeconds: number }
  /** The public sources leave open which of the two an old version answers. */
  | { readonly kind: 'expired-token'; readonly status?: 401 | 403 };

export function answerFault(response: Response, fault: ServerFault): void {
  switch (fault.kind) {
    case 'server-error':
      response.status(500).json({
        message: 'An error has occurred.',
        exceptionMessage: 'ordered by a test',
        exceptionType: 'System.Exception',
        stackTrace: 'at Simulator.Ordered()',
      });
      return;
    case 'throttle':
      response.status(429).set('retry-after', String(fault.retryAfterSeconds)).json({ message: 'Too many requests.' });
      return;
    case 'expired-token':
      if (fault.status === 403) response.status(403).json({ message: 'Authentication failed or expired token.' });
      else response.status(401).end();
  }
}
