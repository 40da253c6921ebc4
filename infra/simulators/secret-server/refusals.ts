/** The vendor's answers to what it does not do (docs.delinea.com, Secret Server REST API): 400 for nearly everything. */

export interface Answer {
  readonly status: number;
  /** Absent: no body. */
  readonly body?: unknown;
}

export interface Refusal extends Error {
  readonly answer: Answer;
}

/** An error that the server turns into `answer`. */
export function refusal(answer: Answer): Refusal {
  return Object.assign(new Error(`refused with ${answer.status}`), { answer });
}

export function isRefusal(error: unknown): error is Refusal {
  return error instanceof Error && 'answer' in error;
}

/** Missing, forbidden and inactive are one answer. */
export function accessDenied(): Refusal {
  return coded('API_AccessDenied', 'Access Denied');
}

/** A refusal with a code that was seen in the wild. */
export function coded(errorCode: string, message: string): Refusal {
  return refusal({ status: 400, body: { errorCode, message } });
}

/** Refused without a code: the sources know none for it, so nobody may build on one. */
export function uncoded(message: string): Refusal {
  return refusal({ status: 400, body: { message } });
}

/** Refused by the binding of arguments: which member, and what about it. */
export function invalid(member: string, problem: string): Refusal {
  return refusal({ status: 400, body: { message: 'The request is invalid.', modelState: { [member]: [problem] } } });
}

/** An operation that this version does not have. */
export function unknownRoute(): Refusal {
  return refusal({ status: 404, body: { message: 'No HTTP resource was found that matches the request URI.' } });
}
