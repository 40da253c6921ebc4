/**
 * Loaded by path from clients, workers and the workflow bundle: messages and stack traces of failures become a payload
 * of their own, which the codec then encrypts. Failure types stay readable.
 */
import { DefaultFailureConverter } from '@temporalio/common';

export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
