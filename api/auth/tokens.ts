/** API tokens: made here, shown once, stored as a hash. */
import { createHash, randomBytes } from 'node:crypto';
import { sensitive, type Sensitive } from '../../infra/runtime/sensitive.ts';

const TOKEN = /^alm_[A-Za-z0-9_-]{43}$/;
const TOKEN_BYTES = 32;

/** A new token of 256 random bits. */
export function newToken(): Sensitive<string> {
  return sensitive(`alm_${randomBytes(TOKEN_BYTES).toString('base64url')}`);
}

export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

/**
 * What is stored of a token. A plain hash suffices: 256 random bits cannot be guessed. Users are looked up by it, so
 * what the time of a look-up tells is about the hash of a guess, and leads to no token.
 */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
