/** Who is calling: the user of the bearer token. */
import type { Request } from 'express';
import type { User } from '../../contracts/permissions.ts';
import type { Database } from '../../db/client.ts';
import { findUserByTokenHash } from '../../db/queries/users.ts';
import type { Logger } from '../../infra/runtime/logger.ts';
import type { Clock } from '../clock.ts';
import { refusal } from '../http/refusal.ts';
import { hashToken, isToken } from './tokens.ts';

export type Authenticate = (request: Request, logger: Logger) => Promise<User>;

/** Somebody who guesses must not be able to fill the disk with log lines. */
const LOGGED_FAILURES_PER_MINUTE = 20;
const MINUTE_MS = 60_000;

/** A function that finds the caller of a request, with what groups and delegations make of them now, and refuses with Unauthenticated in the same words whatever is wrong. */
export function createAuthenticator(db: Database, clock: Clock): Authenticate {
  const mayLog = createLogBudget(clock);
  return async (request, logger) => {
    const token = /^Bearer +(\S+)$/i.exec(request.get('authorization') ?? '')?.[1];
    const now = clock().toISOString();
    const user =
      token !== undefined && isToken(token) ? await findUserByTokenHash(db, hashToken(token), now) : undefined;
    if (user && !user.disabled) {
      const { name, role, groups, standsFor } = user;
      return { name, role, groups, standsFor };
    }
    if (token !== undefined && mayLog()) {
      const reason = user ? 'disabled' : 'unknown-token';
      logger.warn({ reason, user: user?.name, address: request.socket.remoteAddress }, 'a log-on was refused');
    }
    throw refusal('Unauthenticated', 'Send a valid API token: "Authorization: Bearer alm_…".');
  };
}

function createLogBudget(clock: Clock): () => boolean {
  let minute = 0;
  let logged = 0;
  return () => {
    const now = Math.floor(clock().getTime() / MINUTE_MS);
    if (now !== minute) [minute, logged] = [now, 0];
    logged += 1;
    return logged <= LOGGED_FAILURES_PER_MINUTE;
  };
}
