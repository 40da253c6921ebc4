/** What every refusal looks like: a problem document (RFC 9457). */
import { z } from 'zod';
import { ERRORS, type ErrorCode } from '../errors.ts';

export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

/** One bad field. */
export const fieldErrorSchema = z.object({
  location: z.enum(['body', 'query', 'path', 'header']),
  field: z.string().describe('In a body a JSON pointer (RFC 6901), elsewhere a name'),
  message: z.string(),
});

export const problemSchema = z
  .object({
    type: z.string().describe('A URI that stands for the code'),
    title: z.string(),
    status: z.number().int(),
    code: z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]).describe('Stable: programs decide by it'),
    detail: z.string().describe('What happened and what to do, for people'),
    requestId: z.string().describe('Finds the request in the logs'),
    errors: z.array(fieldErrorSchema).optional().describe('One entry per bad field'),
  })
  .describe('Why a request was refused (RFC 9457)');

export type FieldError = z.infer<typeof fieldErrorSchema>;
export type Problem = z.infer<typeof problemSchema>;

/** The URI of a code's problem type. */
export function problemType(code: ErrorCode): string {
  return `urn:account-lifecycle-manager:error:${code}`;
}
