/** How the code behind a route says no: a code of the catalogue and a sentence, which become a problem document. */
import { ERRORS, type ErrorCode } from '../../contracts/errors.ts';
import type { FieldError } from '../../contracts/http/problem.ts';

export interface Refusal extends Error {
  readonly name: 'Refusal';
  readonly code: ErrorCode;
  readonly errors: readonly FieldError[] | undefined;
}

/** An error to throw. `detail` is for people; without one it is the code's title. */
export function refusal(code: ErrorCode, detail?: string, errors?: readonly FieldError[]): Refusal {
  return Object.assign(new Error(detail ?? `${ERRORS[code].title}.`), { name: 'Refusal' as const, code, errors });
}

/** What is not there, and what the caller may not know of. Always the same words, so that nobody can tell which. */
export function notFound(): Refusal {
  return refusal('NotFound');
}

/** The request breaks rules, one entry for each bad field. */
export function invalid(errors: readonly FieldError[]): Refusal {
  const fields = errors.length === 1 ? 'One field is' : `${errors.length} fields are`;
  return refusal('InvalidRequest', `${fields} not valid; see "errors".`, errors);
}

export function isRefusal(error: unknown): error is Refusal {
  return error instanceof Error && error.name === 'Refusal';
}
