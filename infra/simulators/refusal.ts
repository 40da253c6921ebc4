/** An error that carries the answer to give: whatever finds that a call must be refused throws it. */

export interface Refusal<Answer> extends Error {
  readonly answer: Answer;
}

export function refusal<Answer extends { readonly status: number }>(answer: Answer): Refusal<Answer> {
  return Object.assign(new Error(`the simulator answers ${answer.status}`), { answer });
}

/** The answer that an error carries, if it is one of ours. */
export function answerOf<Answer>(error: unknown): Answer | undefined {
  return error instanceof Error && 'answer' in error ? (error as Refusal<Answer>).answer : undefined;
}
