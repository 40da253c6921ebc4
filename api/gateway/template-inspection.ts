/** The dry run of a template through the engine of its domain. */
import { randomUUID } from 'node:crypto';
import { WorkflowFailedError, type Client } from '@temporalio/client';
import { CONTROL_TASK_QUEUE, inspectionWorkflowId } from '../../contracts/ids.ts';
import { INSPECT_TEMPLATE, type InspectTemplateInput, type InspectTemplateResult } from '../../contracts/workflows.ts';
import { isRefusal } from '../http/refusal.ts';
import { translated } from './temporal-errors.ts';
import { within } from './time-limits.ts';

const INSPECTION_DEADLINE_MS = 10_000;
/** For the way to the control plane and back: then an engine that is away is told by the workflow, part by part. */
const WAY_SHARE = 0.2;
/** A control plane that is away does not find old questions when it comes back. */
const ABANDONED_AFTER = '1 minute';

/** What is asked; how long the workflow may take follows from how long the caller waits. */
type Question = Omit<InspectTemplateInput, 'limitMs'>;

/** Answers within `limitMs`. That an engine, or anything on the way to it, is away is a result, not an error. */
export type InspectTemplate = (question: Question, limitMs?: number) => Promise<InspectTemplateResult>;

export function createInspection(client: Client): InspectTemplate {
  return async (question, limitMs = INSPECTION_DEADLINE_MS) => {
    const input: InspectTemplateInput = { ...question, limitMs: Math.round(limitMs * (1 - WAY_SHARE)) };
    try {
      return await within(client, limitMs, () =>
        client.workflow.execute<(input: InspectTemplateInput) => Promise<InspectTemplateResult>>(INSPECT_TEMPLATE, {
          workflowId: inspectionWorkflowId(randomUUID()),
          taskQueue: CONTROL_TASK_QUEUE,
          args: [input],
          workflowExecutionTimeout: ABANDONED_AFTER,
        }),
      );
    } catch (error) {
      return failedInspection(input, translated(error));
    }
  };
}

function failedInspection({ folder }: Question, error: unknown): InspectTemplateResult {
  const failure = failureOf(error);
  return { directory: failure, vault: folder === null ? null : failure };
}

function failureOf(error: unknown) {
  if (isRefusal(error)) return { failed: 'away', message: 'Nobody answered in time.' } as const;
  if (error instanceof WorkflowFailedError) return { failed: 'error', message: 'The dry run did not end.' } as const;
  throw error;
}
