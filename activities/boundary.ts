/** The edge of every activity: inputs are parsed, and nothing gets out that the catalogue does not know. */
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { z } from 'zod';
import { failure } from './failure.ts';

/**
 * Does `work` with the parsed input. Rejects with `InvalidRequest` for an input that `program` does not understand;
 * failures of the catalogue and cancellations pass; any other error is a bug, of which only name and place are told.
 */
export async function atBoundary<Schema extends z.ZodType, Result>(
  program: 'engine' | 'control plane',
  schema: Schema,
  input: unknown,
  work: (request: z.infer<Schema>) => Promise<Result>,
): Promise<Result> {
  const parsed = schema.safeParse(input);
  if (!parsed.success) {
    const fields = parsed.error.issues.map((issue) => issue.path.join('.')).join(', ');
    throw failure('InvalidRequest', `The ${program} does not understand this input: it may be too old for it.`, {
      fields,
    });
  }
  try {
    return await work(parsed.data);
  } catch (error) {
    if (error instanceof ApplicationFailure || error instanceof CancelledFailure) throw error;
    throw failure('UnexpectedError', `The ${program} met an error it does not know.`, {
      error: error instanceof Error ? error.name : typeof error,
      at: placeOf(error),
    });
  }
}

/** Where an unknown error came from. Its message is left out: it may quote what it failed on. */
function placeOf(error: unknown): string | null {
  const frame = error instanceof Error ? /^\s+at .*$/m.exec(error.stack ?? '')?.[0] : undefined;
  return frame?.trim() ?? null;
}
