/**
 * What the simulator answers, and how it refuses: `{ code, message }` with the status in `code` too; the gateway in front
 * of the vault leaves `code` out (docs.delinea.com, DevOps Secrets Vault; the vendor's OpenAPI file, `HTTPError` and `MessageResponse`).
 */
import type { Response } from 'express';
import { refusal } from '../refusal.ts';

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; without it the answer has no body. */
  readonly body?: unknown;
  /** Sent as it is, for what does not come from the vault itself. */
  readonly text?: string;
}

export function vaultRefusal(code: number, message: string): Answer {
  return { status: code, body: { code, message } };
}

/** 400, what the vault says to anything malformed and to duplicates. */
export function badRequest(message: string): Error {
  return refusal(vaultRefusal(400, message));
}

/** 401 of the vault: the credentials of a log-on are wrong (dsv-cli, `cicd-integration/integration_test.go`). */
export function notAuthenticated(): Error {
  return refusal(vaultRefusal(401, 'unable to authenticate'));
}

/** 401 of the gateway: there is no token, or it is not valid, or it has run out. It has no `code`. */
export const UNAUTHORIZED: Answer = { status: 401, body: { message: 'Unauthorized' } };

/** 403 (dsv-cli, `tests/e2e/e2e_resilience_test.go`). */
export function forbidden(): Error {
  return refusal(vaultRefusal(403, 'Invalid permissions'));
}

/** 404; the text is that of thycotic/dsv-sdk-go's test of roles and of dsv-cli's tests of roles, pools and engines. */
export function notFound(): Error {
  return refusal(vaultRefusal(404, 'unable to find item with specified identifier'));
}

/** The wire's time: whole seconds, UTC; python-dsv-sdk parses nothing else. */
export function timestamp(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}

export function send(response: Response, answer: Answer): void {
  response.status(answer.status).set(answer.headers ?? {});
  if (answer.text !== undefined) response.type('text/plain').send(answer.text);
  else if (answer.body === undefined) response.end();
  else response.json(answer.body);
}
