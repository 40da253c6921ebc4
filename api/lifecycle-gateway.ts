/**
 * The only way from the outside to the workflows: no other file but those of `gateway/` loads the Temporal client. Refusals
 * of the workflow arrive as `Refusal`s with its code; Temporal or the control plane being away as ServiceUnavailable.
 */
import { Client, Connection, defaultGrpcRetryOptions, makeGrpcRetryInterceptor } from '@temporalio/client';
import type { EngineStatus } from '../contracts/http/domains.ts';
import { domainTaskQueue } from '../contracts/ids.ts';
import { createDataConverter } from '../infra/runtime/data-converter.ts';
import type { TemporalConfiguration } from '../infra/runtime/programs.ts';
import { connectionOptions } from '../infra/runtime/temporal.ts';
import type { Clock } from './clock.ts';
import { createEngineStatus } from './engine-status.ts';
import { createAccountGateway, type AccountGateway } from './gateway/account-updates.ts';
import { createMigrationGateway, type MigrationGateway } from './gateway/migrations.ts';
import { createReassessment, type Reassess } from './gateway/reassessment.ts';
import { recordedTransitions, type RecordedTransition } from './gateway/recorded-transitions.ts';
import { createInspection, type InspectTemplate } from './gateway/template-inspection.ts';
import { GRPC } from './gateway/temporal-errors.ts';
import { ping, PROBE_DEADLINE_MS, within } from './gateway/time-limits.ts';

export interface LifecycleGateway extends AccountGateway, MigrationGateway {
  readonly inspectTemplate: InspectTemplate;
  readonly reassess: Reassess;
  /** Never rejects. */
  engineStatus(fqdn: string): Promise<EngineStatus>;
  /** What histories have, for a rebuild of the projection. */
  recordedTransitions(): AsyncIterable<RecordedTransition>;
  /** Rejects when Temporal does not answer. */
  ping(): Promise<void>;
}

export interface OpenGateway {
  readonly gateway: LifecycleGateway;
  close(): Promise<void>;
}

/** `TASK_QUEUE_TYPE_ACTIVITY` of Temporal's API. */
const ACTIVITY_QUEUE = 2;

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
export function openLifecycleGateway(settings: TemporalConfiguration, clock = DEFAULTS.clock): OpenGateway {
  const connection = Connection.lazy({ ...connectionOptions(settings), ...PERSEVERANCE });
  const { temporalNamespace: namespace, codecKeys } = settings;
  const client = new Client({ connection, namespace, dataConverter: createDataConverter(codecKeys) });
  return { gateway: createLifecycleGateway(client, { clock }), close: () => connection.close() };
}

interface Options {
  /** For an update's answer: longer than a control plane needs to restart, shorter than proxies wait. */
  readonly updateDeadlineMs: number;
  readonly clock: Clock;
}

const DEFAULTS: Options = {
  updateDeadlineMs: 25_000,
  clock: () => new Date(),
};

/** The gateway of one namespace. The client must have the product's data converter. */
export function createLifecycleGateway(client: Client, options: Partial<Options> = {}): LifecycleGateway {
  const { updateDeadlineMs, clock } = { ...DEFAULTS, ...options };
  return {
    ...createAccountGateway(client, updateDeadlineMs),
    ...createMigrationGateway(client),
    inspectTemplate: createInspection(client),
    reassess: createReassessment(client, clock),
    engineStatus: createEngineStatus(
      (fqdn) => within(client, PROBE_DEADLINE_MS, () => readPollers(client, fqdn)),
      clock,
    ),
    recordedTransitions: () => recordedTransitions(client),
    ping: () => ping(client),
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
