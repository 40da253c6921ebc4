/**
 * The only way from the outside to the workflows, and the only file that loads the Temporal client. Refusals of the
 * workflow arrive as `Refusal`s with its code; Temporal or the control plane being away as ServiceUnavailable.
 */
import {
  Client,
  Connection,
  defaultGrpcRetryOptions,
  isGrpcServiceError,
  makeGrpcRetryInterceptor,
  ServiceError,
  WithStartWorkflowOperation,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { ApplicationFailure, type Workflow } from '@temporalio/common';
import { decodeFromPayloadsAtIndex } from '@temporalio/common/lib/internal-non-workflow/index.js';
import type { Account } from '../contracts/account.ts';
import type { RecordTransitionInput } from '../contracts/activities.ts';
import { isErrorCode } from '../contracts/errors.ts';
import type { EngineStatus } from '../contracts/http/domains.ts';
import { accountWorkflowId, CONTROL_TASK_QUEUE, domainTaskQueue } from '../contracts/ids.ts';
import type { AccountAction } from '../contracts/lifecycle.ts';
import {
  ACCOUNT_LIFECYCLE,
  SNAPSHOT_QUERY,
  UPDATES,
  type AccountLifecycleInput,
  type ActionMessage,
  type DecideMessage,
  type SubmitMessage,
} from '../contracts/workflows.ts';
import { createDataConverter } from '../infra/runtime/data-converter.ts';
import type { TemporalConfiguration } from '../infra/runtime/programs.ts';
import { connectionOptions } from '../infra/runtime/temporal.ts';
import { createEngineStatus } from './engine-status.ts';
import { isRefusal, notFound, refusal } from './http/refusal.ts';

export type RecordTransition = RecordTransitionInput;

/** An account at the start of a run: what led to it is in earlier histories, if anywhere. */
export interface CarriedState {
  readonly account: Account;
  readonly event: null;
}

export interface LifecycleGateway {
  /** Starts the account's workflow if it is not there, and answers the account once the request is on record. */
  submit(domain: string, accountId: string, message: SubmitMessage): Promise<Account>;
  /** Asks a workflow for an action. The same `operationId` again gets the first answer. */
  act(domain: string, accountId: string, action: 'decide', message: DecideMessage): Promise<Account>;
  act(domain: string, accountId: string, action: AccountAction, message: ActionMessage): Promise<Account>;
  /** The account as its workflow has it; null while its request is not accepted. NotFound after retention. */
  snapshot(domain: string, accountId: string): Promise<Account | null>;
  /** Never rejects. */
  engineStatus(fqdn: string): Promise<EngineStatus>;
  /**
   * Every transition that any account workflow, open or ended, has sent to the projection, as histories have them; and
   * for each run that goes on with an account, the account as it was handed on, for the runs before it are forgotten
   * after the namespace's retention.
   */
  recordedTransitions(): AsyncIterable<RecordTransition | CarriedState>;
  /** Rejects when Temporal does not answer. */
  ping(): Promise<void>;
}

export interface OpenGateway {
  readonly gateway: LifecycleGateway;
  close(): Promise<void>;
}

/** Longer than a control plane needs to restart, shorter than proxies wait. */
const UPDATE_DEADLINE_MS = 25_000;
const QUERY_DEADLINE_MS = 10_000;
const PROBE_DEADLINE_MS = 4_000;
/** `TASK_QUEUE_TYPE_ACTIVITY` of Temporal's API. */
const ACTIVITY_QUEUE = 2;

/** Codes of gRPC. */
const GRPC = {
  cancelled: 1,
  deadlineExceeded: 4,
  notFound: 5,
  resourceExhausted: 8,
  failedPrecondition: 9,
  aborted: 10,
  unavailable: 14,
};
const AWAY: readonly number[] = [
  GRPC.cancelled,
  GRPC.deadlineExceeded,
  GRPC.resourceExhausted,
  // The workflow's own task fails over and over: it waits for an operator.
  GRPC.failedPrecondition,
  GRPC.aborted,
  GRPC.unavailable,
];

/**
 * A call to a Temporal that is away is tried again until its deadline, at short intervals: by default the client pauses for
 * up to 5 s, beyond the deadline too, and the channel below it may keep away for two minutes from a server that is back.
 */
const backoff = defaultGrpcRetryOptions({ maxAttempts: 100 });
const PERSEVERANCE = {
  interceptors: [
    makeGrpcRetryInterceptor({
      ...backoff,
      delayFunction: (attempt, status) => {
        const pauseMs = backoff.delayFunction(attempt, status);
        return Number(status.code) === GRPC.resourceExhausted ? pauseMs : Math.min(pauseMs, 500);
      },
    }),
  ],
  channelArgs: { 'grpc.max_reconnect_backoff_ms': 2_000 },
};

/** A gateway of its own connection, which is made when first needed: programs start with Temporal away. */
export function openLifecycleGateway(settings: TemporalConfiguration): OpenGateway {
  const connection = Connection.lazy({ ...connectionOptions(settings), ...PERSEVERANCE });
  const { temporalNamespace: namespace, codecKeys } = settings;
  const client = new Client({ connection, namespace, dataConverter: createDataConverter(codecKeys) });
  return { gateway: createLifecycleGateway(client), close: () => connection.close() };
}

/** The gateway of one namespace. The client must have the product's data converter. */
export function createLifecycleGateway(client: Client, updateDeadlineMs = UPDATE_DEADLINE_MS): LifecycleGateway {
  const within = <T>(deadlineMs: number, work: () => Promise<T>): Promise<T> =>
    client.withDeadline(Date.now() + deadlineMs, work);

  /** What an update answered, for a workflow that has ended since. */
  const earlierAnswer = async (workflowId: string, operationId: string): Promise<Account | undefined> => {
    const update = client.workflow.getHandle(workflowId).getUpdateHandle<Account>(operationId);
    return within(QUERY_DEADLINE_MS, () => update.result()).catch((error: unknown) => {
      if (isMissing(error)) return undefined;
      throw translated(error);
    });
  };

  const ping = () => within(PROBE_DEADLINE_MS, () => client.workflowService.getSystemInfo({}));

  const update = async (workflowId: string, name: string, message: ActionMessage, send: () => Promise<Account>) => {
    // An update may take its time, a Temporal that is not there may not: the client would try for the whole deadline.
    await ping().catch(rethrow);
    const deadline = Date.now() + updateDeadlineMs;
    for (let round = 1; round <= 2; round += 1) {
      try {
        return await client.withDeadline(deadline, send);
      } catch (error) {
        if (!isMissing(error)) throw translated(error);
      }
      const first = await earlierAnswer(workflowId, message.operationId);
      if (first) return first;
      const { status } = await within(QUERY_DEADLINE_MS, () => client.workflow.getHandle(workflowId).describe()).catch(
        rethrow,
      );
      if (status.name !== 'RUNNING') {
        throw refusal('StateConflict', `The account has ended: ${name} is not possible any more.`);
      }
      // It began a new run while its answer was waited for. The new run knows the operation, or has not done it.
    }
    throw noAnswer();
  };

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
    act: (domain: string, accountId: string, action: AccountAction, message: ActionMessage) => {
      const workflowId = accountWorkflowId(domain, accountId);
      const handle = client.workflow.getHandle(workflowId);
      return update(workflowId, action, message, () =>
        handle.executeUpdate<Account, [ActionMessage]>(UPDATES[action], {
          updateId: message.operationId,
          args: [message],
        }),
      );
    },
    snapshot: (domain, accountId) => {
      const handle = client.workflow.getHandle(accountWorkflowId(domain, accountId));
      return within(QUERY_DEADLINE_MS, () => handle.query<Account | null>(SNAPSHOT_QUERY)).catch(rethrow);
    },
    engineStatus: createEngineStatus(
      (fqdn) => within(PROBE_DEADLINE_MS, () => readPollers(client, fqdn)),
      () => new Date(),
    ),
    recordedTransitions: () => recordedTransitions(client),
    ping: async () => void (await ping()),
  };
}

async function readPollers(client: Client, fqdn: string): Promise<Date[]> {
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace: client.options.namespace,
    taskQueue: { name: domainTaskQueue(fqdn) },
    taskQueueType: ACTIVITY_QUEUE,
  });
  return (pollers ?? []).map(({ lastAccessTime }) => {
    const { seconds, nanos } = lastAccessTime ?? {};
    return new Date(Number(seconds ?? 0) * 1000 + Math.floor((nanos ?? 0) / 1e6));
  });
}

async function* recordedTransitions(client: Client): AsyncGenerator<RecordTransition | CarriedState> {
  const decode = <T>(payloads: Parameters<typeof decodeFromPayloadsAtIndex>[2]): Promise<T> =>
    decodeFromPayloadsAtIndex<T>(client.options.loadedDataConverter, 0, payloads);
  for await (const { workflowId, runId } of client.workflow.list({ query: `WorkflowType = '${ACCOUNT_LIFECYCLE}'` })) {
    const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    for (const event of events ?? []) {
      const started = event.workflowExecutionStartedEventAttributes;
      if (started) {
        const { carried } = await decode<AccountLifecycleInput>(started.input?.payloads);
        if (carried) yield { account: carried.account, event: null };
      }
      const scheduled = event.activityTaskScheduledEventAttributes;
      if (scheduled?.activityType?.name === ('recordTransition' satisfies keyof RecordingActivities)) {
        yield await decode<RecordTransition>(scheduled.input?.payloads);
      }
    }
  }
}

type RecordingActivities = Pick<import('../contracts/activities.ts').PlatformActivities, 'recordTransition'>;

/** No such workflow, or none that still runs. */
function isMissing(error: unknown): boolean {
  if (error instanceof WorkflowNotFoundError || error instanceof WorkflowExecutionAlreadyStartedError) return true;
  return isGrpcServiceError(error) && Number(error.code) === GRPC.notFound;
}

function rethrow(error: unknown): never {
  throw isMissing(error) ? notFound() : translated(error);
}

/** The refusal that stands for an error of the client, or the error itself when it is not known. */
function translated(error: unknown): unknown {
  if (isRefusal(error)) return error;
  if (error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure) {
    const { type, message } = error.cause;
    if (isErrorCode(type)) return refusal(type, message);
    // Temporal's own type: the workflow ended before it could answer.
    if (type === 'AcceptedUpdateCompletedWorkflow') return refusal('StateConflict');
    return error;
  }
  // The client wraps what the server or the way to it said.
  const status = error instanceof ServiceError ? error.cause : error;
  const isAway =
    error instanceof WorkflowUpdateRPCTimeoutOrCancelledError ||
    (isGrpcServiceError(status) && AWAY.includes(status.code));
  return isAway ? noAnswer() : error;
}

function noAnswer() {
  return refusal(
    'ServiceUnavailable',
    'No answer from the workflows in time. Repeat the request with the same Idempotency-Key: nothing is done twice.',
  );
}
