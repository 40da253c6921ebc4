/** Questions to workflows. */
import type { Client } from '@temporalio/client';
import { QUERY_DEADLINE_MS } from './time-limits.ts';
import { createTurns } from './turns.ts';

/** Asks a workflow the query `name` and answers what it said; rejects as the client does. */
type Ask = <Answer>(workflowId: string, name: string, ...args: string[]) => Promise<Answer>;

/** When one has no answer by then, its workflow is stuck or nobody is there: the next need not wait for that. */
const TURN_MS = 2_000;

/**
 * One question at a time of each workflow: Temporal keeps one for a workflow that is busy, and sends others away, which its
 * client then tries again after a second or two.
 */
export function createAsker(client: Client): Ask {
  const inTurn = createTurns(1, TURN_MS);
  return (workflowId, name, ...args) => {
    const deadline = Date.now() + QUERY_DEADLINE_MS;
    const handle = client.workflow.getHandle(workflowId);
    return inTurn(workflowId, () => client.withDeadline(deadline, () => handle.query(name, ...args)));
  };
}
