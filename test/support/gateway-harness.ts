/** A gateway with the real workflows behind it, in a namespace of its own on a real Temporal server. Engines are away. */
import { randomBytes, randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { createLifecycleGateway, type LifecycleGateway } from '../../api/lifecycle-gateway.ts';
import type { Account } from '../../contracts/account.ts';
import type { EngineActivities } from '../../contracts/activities.ts';
import { accountWorkflowId, CONTROL_TASK_QUEUE, domainTaskQueue } from '../../contracts/ids.ts';
import { ACCOUNT_LIFECYCLE, type AccountLifecycleInput } from '../../contracts/workflows.ts';
import { parseKeyRing } from '../../infra/runtime/codec-keys.ts';
import { createDataConverter } from '../../infra/runtime/data-converter.ts';
import { createFakeActivities, type FakeActivities } from './fake-activities.ts';
import { createNamespace } from './namespace.ts';
import { sampleAccount, sampleTemplate } from './projection-samples.ts';

export interface GatewayHarness {
  readonly connection: Connection;
  readonly namespace: string;
  readonly dataConverter: ReturnType<typeof createDataConverter>;
  readonly client: Client;
  readonly gateway: LifecycleGateway;
  /** What the control plane runs. The name `svc-taken` is taken. */
  readonly fakes: FakeActivities;
  /** A workflow that was handed an active account of `FQDN`. */
  living(overrides?: Partial<Account>): Promise<Account>;
  /** An engine of a domain, which is not running yet. */
  engineOf(fqdn: string, steps: Partial<EngineActivities>): Promise<Worker>;
  close(): Promise<void>;
}

export const FQDN = 'corp.example.com';

/** Servers of the stack are quick, machines that run tests are not always. */
export const PATIENCE = { timeoutMs: 20_000, intervalMs: 200 };

const workflowsPath = fileURLToPath(new URL('../../workflows/index.ts', import.meta.url));

/** `address`: of the Temporal server. */
export async function startGatewayHarness(address: string): Promise<GatewayHarness> {
  const dataConverter = createDataConverter(parseKeyRing(`test:${randomBytes(32).toString('base64')}`));
  const connection = await Connection.connect({ address });
  const namespace = await createNamespace(connection);
  const client = new Client({ connection, namespace, dataConverter });
  const native = await NativeConnection.connect({ address });
  const fakes = fakesWithTakenName();
  const workerOf = (options: { taskQueue: string; activities: object; workflowsPath?: string }): Promise<Worker> =>
    Worker.create({ connection: native, namespace, dataConverter, ...options });
  const worker = await workerOf({ taskQueue: CONTROL_TASK_QUEUE, activities: fakes.activities, workflowsPath });
  const running = worker.run();
  return {
    ...{ connection, namespace, dataConverter, client, fakes },
    gateway: createLifecycleGateway(client, { updateDeadlineMs: 10_000 }),
    living: async (overrides) => {
      const account = livingAccount(overrides);
      await client.workflow.start(ACCOUNT_LIFECYCLE, {
        workflowId: accountWorkflowId(account.domain, account.id),
        taskQueue: CONTROL_TASK_QUEUE,
        args: [handedOn(account)],
      });
      return account;
    },
    engineOf: (fqdn, steps) => workerOf({ taskQueue: domainTaskQueue(fqdn), activities: steps }),
    close: async () => {
      worker.shutdown();
      await running;
      await native.close();
      await connection.close();
    },
  };
}

function fakesWithTakenName(): FakeActivities {
  const fakes = createFakeActivities(() => sampleTemplate());
  fakes.behave({
    reserveName: async ({ request: { samAccountName, templateId, templateVersion } }) =>
      samAccountName === 'svc-taken'
        ? { outcome: 'refused', code: 'NameTaken', message: 'svc-taken is in use.' }
        : { outcome: 'reserved', snapshot: { templateId, version: templateVersion, template: sampleTemplate() } },
  });
  return fakes;
}

/** An active account of `FQDN`, years before its end. */
export function livingAccount(overrides: Partial<Account> = {}): Account {
  const [startsAt, later] = ['2026-01-31T00:00:00.000Z', '2999-01-01T00:00:00.000Z'];
  return sampleAccount({
    domain: FQDN,
    state: 'active',
    sequence: 7,
    objectGuid: randomUUID(),
    ...{ startsAt, renewalOpensAt: later, endsAt: later },
    ...overrides,
  });
}

/** What a run that has nothing under way hands to the next one. */
export function handedOn(account: Account): AccountLifecycleInput {
  const snapshot = { templateId: account.templateId, version: 1, template: sampleTemplate() };
  return {
    accountId: account.id,
    domain: account.domain,
    carried: {
      ...{ account, snapshot, noticedUntil: null, answered: [], begun: [] },
      ...{ provisioning: null, approversChanged: false, left: [] },
    },
  };
}
