/** What the simulator answers, and how it refuses. */
import type { Response } from 'express';
import { refusal } from '../refusal.ts';

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** Why the vault refuses, in the error's `innererror.code` (learn.microsoft.com, Key Vault REST API). */
export type InnerCode =
  | 'AccessDenied'
  | 'ForbiddenByRbac'
  | 'ObjectIsBeingDeleted'
  | 'ObjectIsBeingRecovered'
  | 'ObjectIsDeletedButRecoverable'
  | 'SecretDisabled';

/** The vault's form of an error: `{ error: { code, message, innererror } }`. */
export function vaultRefusal(status: number, code: string, message: string, innerCode?: string): Answer {
  return { status, body: { error: { code, message, ...(innerCode ? { innererror: { code: innerCode } } : {}) } } };
}

/** 400 `BadParameter`, what the vault says to anything malformed. */
export function badParameter(message: string): Error {
  return refusal(vaultRefusal(400, 'BadParameter', message));
}

/** 409 with the inner code that tells what to do: wait, or recover or purge first. */
export function conflict(name: string, innerCode?: InnerCode): Error {
  return refusal(vaultRefusal(409, 'Conflict', `The state of secret ${name} does not allow this.`, innerCode));
}

/** 404 `SecretNotFound`; the same whether the name or only the version is missing. */
export function notFound(what: string): Error {
  return refusal(
    vaultRefusal(404, 'SecretNotFound', `A secret with (name/id) ${what} was not found in this key vault.`),
  );
}

/** 403, with the reason in the inner code where the vault gives one. */
export function forbidden(message: string, innerCode?: InnerCode): Error {
  return refusal(vaultRefusal(403, 'Forbidden', message, innerCode));
}

/** Sends an answer; one without a body has none on the wire either. */
export function send(response: Response, answer: Answer): void {
  response.status(answer.status).set(answer.headers ?? {});
  if (answer.body === undefined) response.end();
  else response.json(answer.body);
}
