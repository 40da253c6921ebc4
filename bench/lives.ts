/**
 * Lives of accounts without directory, vault and projection: the product's workflow with faked activities, or the bare
 * workflow. Each kind has a namespace of its own, and its control plane and engine are processes of their own.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Client, Connection, WithStartWorkflowOperation } from '@temporalio/client';
import { isRefusal } from '../api/http/refusal.ts';
import { createLifecycleGateway } from '../api/lifecycle-gateway.ts';
import { accountWorkflowId, CONTROL_TASK_QUEUE } from '../contracts/ids.ts';
import { parseKeyRing } from '../infra/runtime/codec-keys.ts';
import { createDataConverter } from '../infra/runtime/data-converter.ts';
import { sampleTemplate } from '../test/support/fake-activities.ts';
import { createNamespace } from '../test/support/namespace.ts';
import { approveBare, submitBare, type bareLifecycle, type bareTimer } from './bare-workflow.ts';

export interface Lives {
  /** Starts a life; answers its id when the request is on record. */
  submit(): Promise<string>;
  /** Gives the one approval. */
  approve(id: string): Promise<void>;
  /** Waits for the last activity on the way to an active account. */
  finished(id: string): Promise<void>;
  close(): Promise<void>;
}

/** Bare workflows that sleep until an instant and end. */
export interface Timers {
  /** Starts one; answers its id. `atMs`: since the epoch. */
  set(atMs: number): Promise<string>;
  /** Waits for its end. */
  finished(id: string): Promise<void>;
  close(): Promise<void>;
}

/** As the product's control plane is started (infra/dev/programs.ts). */
const ONE_LIMIT_FOR_WORKFLOWS = fileURLToPath(new URL('../workers/sandbox-limit.ts', import.meta.url));

type Calls = Pick<Lives, 'submit' | 'approve'>;

/** Starts the workers of one kind on the server at `address`. */
export async function startLives(kind: Kind, address: string): Promise<Lives> {
  const { client, ...workers } = await startWorkers(kind, ['control', 'engine'], address);
  return { ...(kind === 'product' ? productCalls(client) : bareCalls(client)), ...workers };
}

/** Starts the worker of bare timers on the server at `address`. */
export async function startTimers(address: string): Promise<Timers> {
  const { client, ...workers } = await startWorkers('bare', ['control'], address);
  return {
    async set(atMs) {
      const workflowId = randomUUID();
      const options = { workflowId, taskQueue: CONTROL_TASK_QUEUE, args: [atMs] as [number] };
      await client.workflow.start<typeof bareTimer>('bareTimer', options);
      return workflowId;
    },
    ...workers,
  };
}

type Kind = 'product' | 'bare';
type Role = 'control' | 'engine';

interface Workers extends Pick<Lives, 'finished' | 'close'> {
  readonly client: Client;
}

async function startWorkers(kind: Kind, roles: readonly Role[], address: string): Promise<Workers> {
  const connection = await Connection.connect({ address });
  const namespace = await createNamespace(connection);
  const keys = `bench:${randomBytes(32).toString('base64')}`;
  const workers = await Promise.all(roles.map((role) => startWorker([kind, role, address, namespace], keys)));
  const finished = collectFinished(workers);
  const client = new Client({ connection, namespace, dataConverter: createDataConverter(parseKeyRing(keys)) });
  return {
    client,
    finished,
    async close() {
      await Promise.all(workers.map(stopWorker));
      await connection.close();
    },
  };
}

async function startWorker(args: string[], keys: string): Promise<ChildProcess> {
  const program = fileURLToPath(new URL('lives-worker.ts', import.meta.url));
  const worker = fork(program, args, {
    execArgv: ['--import', ONE_LIMIT_FOR_WORKFLOWS],
    env: { ...process.env, NODE_ENV: 'production', ALM_CODEC_KEYS: keys },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  await once(worker, 'message');
  return worker;
}

async function stopWorker(worker: ChildProcess): Promise<void> {
  const ended = once(worker, 'exit');
  worker.disconnect();
  await ended;
}

/** Answers, for a workflow's id, when that workflow was told finished, before or after the question. */
function collectFinished(workers: readonly ChildProcess[]): Lives['finished'] {
  const done = new Set<string>();
  const waiting = new Map<string, () => void>();
  for (const worker of workers) {
    worker.on('message', ({ finished }: { finished?: string }) => {
      if (finished === undefined) return;
      done.add(finished);
      waiting.get(finished)?.();
    });
  }
  return (id) =>
    new Promise((resolve) => {
      if (done.has(id)) resolve();
      else waiting.set(id, resolve);
    });
}

/** By the product's own gateway, as the API calls it. */
function productCalls(client: Client): Calls {
  const gateway = createLifecycleGateway(client);
  const { domain } = sampleTemplate().directory;
  const accountIds = new Map<string, string>();
  return {
    async submit() {
      const accountId = randomUUID();
      const request = {
        templateId: randomUUID(),
        templateVersion: 1,
        samAccountName: `svc-${accountId.slice(0, 8)}`,
        justification: 'A benchmark',
        owners: ['olga'],
        ownerGroups: [],
        acceptTerms: false,
        attributes: {},
      };
      const message = { actor: 'rita', operationId: accountId, request };
      await persistently(() => gateway.submit(domain, accountId, message));
      const id = accountWorkflowId(domain, accountId);
      accountIds.set(id, accountId);
      return id;
    },
    async approve(id) {
      const ballot = { decision: 'approve', reason: null, step: null, standing: [['anna']] } as const;
      const message = { actor: 'anna', operationId: randomUUID(), ...ballot };
      await persistently(() => gateway.act(domain, accountIds.get(id)!, 'decide', message));
    },
  };
}

/** A caller who gets no answer in time repeats the request; it is the same one by its operation id. */
async function persistently(call: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      return void (await call());
    } catch (error) {
      if (!isRefusal(error) || error.code !== 'ServiceUnavailable') throw error;
    }
  }
}

function bareCalls(client: Client): Calls {
  return {
    async submit() {
      const workflowId = randomUUID();
      const startWorkflowOperation = new WithStartWorkflowOperation<typeof bareLifecycle>('bareLifecycle', {
        workflowId,
        taskQueue: CONTROL_TASK_QUEUE,
        workflowIdConflictPolicy: 'USE_EXISTING',
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
      });
      await client.workflow.executeUpdateWithStart(submitBare, { startWorkflowOperation });
      return workflowId;
    },
    approve: async (id) => client.workflow.getHandle(id).executeUpdate(approveBare),
  };
}
