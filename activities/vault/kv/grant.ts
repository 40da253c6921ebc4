/** What a log-on and a renewal of the vault answer. */
import { sensitive } from '../../../infra/runtime/sensitive.ts';
import type { Grant } from '../session.ts';

/** Reads `auth` of a log-on's or renewal's answer; `undefined` when there is none. */
export function parseGrant(body: unknown): Grant | undefined {
  const auth = (body as { auth?: { client_token?: unknown; lease_duration?: unknown; renewable?: unknown } | null })
    .auth;
  if (!auth || typeof auth.client_token !== 'string' || typeof auth.lease_duration !== 'number') return undefined;
  return {
    token: sensitive(auth.client_token),
    leaseSeconds: auth.lease_duration,
    renewable: auth.renewable === true,
  };
}
