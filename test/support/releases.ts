/**
 * Releases of the control plane beside each other on a real Temporal server, in a namespace of its own; what each of them
 * does is recorded apart. One engine serves them all. Operators act by Temporal's own command line.
 */
import { randomBytes } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import {
  createLifecycleGateway,
  openLifecycleGateway,
  type LifecycleGateway,
  type OpenGateway,
} from '../../api/lifecycle-gateway.ts';
import type { Account } from '../../contracts/account.ts';
import { accountWorkflowId, CONTROL_TASK_QUEUE, domainTaskQueue } from '../../contracts/ids.ts';
import { ACCOUNT_LIFECYCLE } from '../../contracts/workflows.ts';
import { run } from '../../infra/dev/command.ts';
import { eventually } from '../../infra/dev/eventually.ts';
import { ensureTemporal } from '../../infra/dev/temporal.ts';
import { parseKeyRing } from '../../infra/runtime/codec-keys.ts';
import { createDataConverter } from '../../infra/runtime/data-converter.ts';
import { DEPLOYMENT_NAME, deploymentOptions } from '../../workers/deployment.ts';
import { createFakeActivities, type FakeActivities } from './fake-activities.ts';
import { FQDN, handedOn, livingAccount, PATIENCE } from './gateway-harness.ts';
import { createNamespace } from './namespace.ts';
import { sampleTemplate } from './projection-samples.ts';

/** A control plane that runs. */
export interface Release {
  readonly fakes: FakeActivities;
  /** The newest event of the account that it sent to the projection; 0 when it sent none. */
  lastSequence(accountId: string): number;
  stop(): Promise<void>;
}

export interface Releases {
  readonly client: Client;
  readonly gateway: LifecycleGateway;
  /** The engine of `FQDN`. */
  readonly engine: FakeActivities;
  /** Starts a control plane with the workflows of a file; without `buildId` it belongs to no release. */
  start(codePath: string, buildId?: string): Promise<Release>;
  /** A gateway as the API opens it, with a connection of its own. */
  open(): OpenGateway;
  /** What operators do once a release polls: all work is its own from now on. `null`: those without a release. */
  makeCurrent(buildId: string | null): Promise<void>;
  /** Hands an active account to a workflow. */
  living(overrides?: Partial<Account>): Promise<Account>;
  close(): Promise<void>;
}

const PLAIN = {
  temporalApiKey: undefined,
  temporalTls: false,
  temporalCaPem: undefined,
  temporalCertPem: undefined,
  temporalKeyPem: undefined,
};

/** `address`: of the Temporal server. */
export async function startReleases(address: string): Promise<Releases> {
  const codecKeys = parseKeyRing(`test:${randomBytes(32).toString('base64')}`);
  const dataConverter = createDataConverter(codecKeys);
  const connection = await Connection.connect({ address });
  const native = await NativeConnection.connect({ address });
  const namespace = await createNamespace(connection);
  const client = new Client({ connection, namespace, dataConverter });
  const command = await ensureTemporal(() => undefined);
  const deployment = (verb: string, ...more: string[]): Promise<string> => {
    const where = ['--address', address, '--namespace', namespace, '--deployment-name', DEPLOYMENT_NAME];
    return run(command, ['worker', 'deployment', verb, ...where, ...more]);
  };
  const running: Release[] = [];
  const begin = async (fakes: FakeActivities, options: Partial<Parameters<typeof Worker.create>[0]>) => {
    const release = await runWorker(fakes, { connection: native, namespace, dataConverter, ...options });
    running.push(release);
    return release;
  };
  const engine = createFakeActivities(() => sampleTemplate());
  await begin(engine, { taskQueue: domainTaskQueue(FQDN) });
  return {
    ...{ client, engine },
    gateway: createLifecycleGateway(client, { updateDeadlineMs: 10_000 }),
    start: (codePath, buildId) =>
      begin(
        createFakeActivities(() => sampleTemplate()),
        { taskQueue: CONTROL_TASK_QUEUE, workflowBundle: { codePath }, ...deploymentOptions(buildId) },
      ),
    open: () => openLifecycleGateway({ ...PLAIN, temporalAddress: address, temporalNamespace: namespace, codecKeys }),
    makeCurrent: async (buildId) => {
      const which = buildId === null ? ['--unversioned'] : ['--build-id', buildId];
      // The server refuses a release that does not poll all task queues of the one before yet.
      const madeCurrent = () => deployment('set-current-version', ...which, '--yes').then(() => true);
      await eventually(`release ${buildId} polls, and is made current`, madeCurrent, PATIENCE);
    },
    living: async (overrides) => {
      const account = livingAccount(overrides);
      await client.workflow.start(ACCOUNT_LIFECYCLE, {
        workflowId: accountWorkflowId(account.domain, account.id),
        taskQueue: CONTROL_TASK_QUEUE,
        args: [handedOn(account)],
      });
      return account;
    },
    close: async () => {
      await Promise.all(running.map((release) => release.stop()));
      await native.close();
      await connection.close();
    },
  };
}

async function runWorker(
  fakes: FakeActivities,
  options: Partial<Parameters<typeof Worker.create>[0]>,
): Promise<Release> {
  const worker = await Worker.create({ taskQueue: '', activities: fakes.activities, ...options });
  const ended = worker.run();
  return {
    fakes,
    lastSequence: (accountId) =>
      Math.max(
        0,
        ...fakes
          .inputsOf('recordTransition')
          .flatMap(({ events }) => events)
          .filter((event) => event.accountId === accountId)
          .map(({ sequence }) => sequence),
      ),
    stop: async () => {
      if (worker.getState() === 'RUNNING') worker.shutdown();
      await ended;
    },
  };
}
