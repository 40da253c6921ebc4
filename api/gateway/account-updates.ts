/** Updates of account workflows: done once, and answered with the first answer however often they are repeated. */
import { WithStartWorkflowOperation, type Client } from '@temporalio/client';
import type { Workflow } from '@temporalio/common';
import type { Account } from '../../contracts/account.ts';
import { accountWorkflowId, CONTROL_TASK_QUEUE } from '../../contracts/ids.ts';
import type { AccountAction } from '../../contracts/lifecycle.ts';
import {
  ACCOUNT_LIFECYCLE,
  ANSWER_QUERY,
  SNAPSHOT_QUERY,
  UPDATES,
  type AccountLifecycleInput,
  type Caller,
  type Messages,
  type SubmitMessage,
} from '../../contracts/workflows.ts';
import { refusal } from '../http/refusal.ts';
import { createAsker } from './queries.ts';
import { isMissing, noAnswer, rethrow, translated } from './temporal-errors.ts';
import { ping, QUERY_DEADLINE_MS, within } from './time-limits.ts';
import { createTurns } from './turns.ts';

export interface AccountGateway {
  /** Starts the account's workflow if it is not there, and answers the account once the request is on record. */
  submit(domain: string, accountId: string, message: SubmitMessage): Promise<Account>;
  /** Asks a workflow for an action. The same `operationId` again gets the first answer. */
  act<A extends AccountAction>(domain: string, accountId: string, action: A, message: Messages[A]): Promise<Account>;
  /** What an operation was answered, if the account remembers it; null also when there is no such workflow any more. */
  earlierAnswer(domain: string, accountId: string, operationId: string): Promise<Account | null>;
  /** The account as its workflow has it; null while its request is not accepted. NotFound after retention. */
  snapshot(domain: string, accountId: string): Promise<Account | null>;
}

/** `updateDeadlineMs`: how long the workflow's answer to an update is waited for. */
export function createAccountGateway(client: Client, updateDeadlineMs: number): AccountGateway {
  const update = createUpdater(client, updateDeadlineMs);
  const ask = createAsker(client);
  return {
    submit: (domain, accountId, message) => {
      const workflowId = accountWorkflowId(domain, accountId);
      return update(workflowId, UPDATES.submit, message, () =>
        client.workflow.executeUpdateWithStart<Workflow, Account, [SubmitMessage]>(UPDATES.submit, {
          updateId: message.operationId,
          args: [message],
          startWorkflowOperation: new WithStartWorkflowOperation(ACCOUNT_LIFECYCLE, {
            workflowId,
            taskQueue: CONTROL_TASK_QUEUE,
            args: [{ accountId, domain } satisfies AccountLifecycleInput],
            workflowIdConflictPolicy: 'USE_EXISTING',
            workflowIdReusePolicy: 'REJECT_DUPLICATE',
          }),
        }),
      );
    },
    act: (domain, accountId, action, message) => {
      const workflowId = accountWorkflowId(domain, accountId);
      const handle = client.workflow.getHandle(workflowId);
      return update(workflowId, action, message, () =>
        handle.executeUpdate<Account, [Caller]>(UPDATES[action], { updateId: message.operationId, args: [message] }),
      );
    },
    earlierAnswer: (domain, accountId, operationId) =>
      ask<Account | null>(accountWorkflowId(domain, accountId), ANSWER_QUERY, operationId).catch((error: unknown) => {
        if (isMissing(error)) return null;
        throw translated(error);
      }),
    snapshot: (domain, accountId) =>
      ask<Account | null>(accountWorkflowId(domain, accountId), SNAPSHOT_QUERY).catch(rethrow),
  };
}

/** How long after an answer of Temporal's nobody asks whether it is there: that would say no more, and costs a call. */
const PRESENT_MS = 500;

/**
 * How many updates of one account this program has under way. Temporal takes ten of one workflow, from all programs, and
 * worse than sending the others away: by doing so it also drops those that it has taken and not delivered yet. All come
 * again and drop each other, and a crowd of approvers gets nowhere for as long as it stays.
 */
const UNDER_WAY = 5;
/** What is not answered by then waits for an engine, and others need not wait for it. */
const TURN_MS = 2_000;

function createUpdater(client: Client, updateDeadlineMs: number) {
  const inTurn = createTurns(UNDER_WAY, TURN_MS);
  let answeredAtMs = -Infinity;
  /** What an update answered, for a workflow that has ended since. */
  const earlierAnswer = async (workflowId: string, operationId: string): Promise<Account | undefined> => {
    const update = client.workflow.getHandle(workflowId).getUpdateHandle<Account>(operationId);
    return within(client, QUERY_DEADLINE_MS, () => update.result()).catch((error: unknown) => {
      if (isMissing(error)) return undefined;
      throw translated(error);
    });
  };
  const statusOf = (workflowId: string) =>
    within(client, QUERY_DEADLINE_MS, () => client.workflow.getHandle(workflowId).describe()).catch(rethrow);

  return async (workflowId: string, name: string, message: Caller, send: () => Promise<Account>): Promise<Account> => {
    // An update may take its time, a Temporal that is not there may not: the client would try for the whole deadline.
    if (performance.now() - answeredAtMs >= PRESENT_MS) await ping(client).catch(rethrow);
    const deadline = Date.now() + updateDeadlineMs;
    for (let round = 1; round <= 2; round += 1) {
      try {
        const account = await inTurn(workflowId, () => client.withDeadline(deadline, send));
        answeredAtMs = performance.now();
        return account;
      } catch (error) {
        if (!isMissing(error)) throw translated(error);
      }
      const first = await earlierAnswer(workflowId, message.operationId);
      if (first) return first;
      const { status } = await statusOf(workflowId);
      if (status.name !== 'RUNNING') {
        throw refusal('StateConflict', `The account has ended: ${name} is not possible any more.`);
      }
      // It began a new run while its answer was waited for. The new run knows the operation, or has not done it.
    }
    throw noAnswer();
  };
}
