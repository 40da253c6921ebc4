/**
 * The one catalogue of error codes. What may be retried, the HTTP status and the title are facts about the code and are
 * looked up here by activities, workflows and the API. `docs/errors.md` has one section per code, held equal by a test.
 * Free of zod: workflows load this file.
 */

/** How the patient step treats a failure: try again by itself, or wait for a person. */
type Retry = 'yes' | 'slowly' | 'no';

interface ErrorFact {
  /** `yes`: retried with backoff; `slowly`: retried at long intervals; `no`: blocks until somebody acts. */
  readonly retry: Retry;
  /** The status of the problem document when this code reaches an HTTP caller. */
  readonly httpStatus: number;
  /** A short title for people. The sentence for the case at hand is the error's `detail`. */
  readonly title: string;
}

const fact = (retry: Retry, httpStatus: number, title: string): ErrorFact => ({ retry, httpStatus, title });

export const ERRORS = {
  // The caller's request.
  InvalidRequest: fact('no', 422, 'The request is not valid'),
  MalformedRequest: fact('no', 400, 'The request is not readable HTTP'),
  MalformedBody: fact('no', 400, 'The body is not readable JSON'),
  PayloadTooLarge: fact('no', 413, 'The request is too large'),
  UnsupportedMediaType: fact('no', 415, 'The body must be application/json'),
  MethodNotAllowed: fact('no', 405, 'This method is not offered here'),
  Unauthenticated: fact('no', 401, 'A valid API token is needed'),
  Forbidden: fact('no', 403, 'Your role does not allow this'),
  NotFound: fact('no', 404, 'There is nothing here'),
  IdempotencyKeyMissing: fact('no', 400, 'This request needs an Idempotency-Key header'),
  IdempotencyKeyReused: fact('no', 409, 'This Idempotency-Key was used for another request'),
  PreconditionRequired: fact('no', 428, 'This request needs an If-Match header'),
  PreconditionFailed: fact('no', 412, 'Somebody else changed it in the meantime'),
  RequestTimeout: fact('no', 408, 'The request took too long to arrive'),
  ServiceUnavailable: fact('yes', 503, 'A part of the service is away; try again'),
  InternalError: fact('no', 500, 'Something went wrong on our side'),

  // What the lifecycle refuses.
  StateConflict: fact('no', 409, 'The state does not allow this'),
  RenewalNotOpen: fact('no', 409, 'The renewal window is not open'),
  SelfApproval: fact('no', 409, 'Nobody decides on their own request'),
  AlreadyDecided: fact('no', 409, 'You have decided on this step already'),
  NotAnApprover: fact('no', 403, 'You are not an approver of the open step'),
  StepNotOpen: fact('no', 409, 'Another step of the approval is open'),
  OwnershipViolation: fact('no', 422, 'The template does not allow these owners'),
  RetirementFinal: fact('no', 409, 'The retirement cannot be undone'),
  NameTaken: fact('no', 409, 'The name is in use'),
  PolicyViolation: fact('no', 422, 'The template does not allow this'),
  TemplateInUse: fact('no', 409, 'Accounts or requests refer to the template'),
  NotPublished: fact('no', 409, 'The template is not published'),
  Frozen: fact('yes', 423, 'An administrator has frozen what would be destroyed'),
  BrakeEngaged: fact('yes', 423, 'Too many destructive steps within an hour'),

  // The directory.
  DirectoryUnavailable: fact('yes', 503, 'No domain controller answers'),
  DirectoryBindRejected: fact('slowly', 503, "The domain refuses the engine's own account"),
  DirectoryAccessDenied: fact('no', 502, 'The engine lacks a right in the domain'),
  DirectoryNameConflict: fact('no', 409, 'An object that is not ours has this name'),
  DirectoryObjectMissing: fact('no', 502, 'The account is no longer in the directory'),
  DirectoryObjectForeign: fact('no', 502, 'The object in the directory is not the one we manage'),
  DirectoryPasswordRejected: fact('no', 502, "The domain's password policy refuses the generated password"),
  DirectoryReadBackMismatch: fact('yes', 502, 'The directory did not keep what was written'),
  DirectoryRejected: fact('no', 502, 'The domain controller refuses the change'),

  // The vault.
  VaultUnavailable: fact('yes', 503, 'The vault does not answer'),
  VaultSealed: fact('yes', 503, 'The vault is sealed'),
  VaultAccessDenied: fact('no', 502, "The vault refuses the engine's identity"),
  VaultMountMissing: fact('no', 502, 'The vault has no such mount, or it is not KV version 2'),
  VaultPathConflict: fact('no', 409, 'A secret that is not ours is at this path'),
  VaultConflict: fact('yes', 502, 'Another engine changed the secret at the same time'),
  VaultSecretMissing: fact('no', 502, 'The secret is no longer in the vault'),
  VaultRejected: fact('no', 502, 'The vault refuses the request'),

  // Between the parts.
  EngineOffline: fact('yes', 503, 'No engine of the domain is running'),
  EngineTimeout: fact('yes', 503, 'The engine did not finish in time'),
  UnexpectedError: fact('slowly', 500, 'The engine met an error it does not know'),
} as const satisfies Record<string, ErrorFact>;

export type ErrorCode = keyof typeof ERRORS;

/** Whether `value` is a code of the catalogue: failure types arrive from the wire as strings. */
export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(ERRORS, value);
}
