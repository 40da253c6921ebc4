/**
 * Control planes with accounts that sleep: each population in a namespace of its own, with the product's own program
 * as its only worker. The accounts begin where earlier runs handed them on: active, their next deadline months away.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import pg from 'pg';
import { createLifecycleGateway, type LifecycleGateway } from '../api/lifecycle-gateway.ts';
import { periodFrom } from '../contracts/deadlines.ts';
import { accountWorkflowId, CONTROL_TASK_QUEUE } from '../contracts/ids.ts';
import { ACCOUNT_LIFECYCLE, type AccountLifecycleInput } from '../contracts/workflows.ts';
import { applyMigrations } from '../db/apply-migrations.ts';
import { eventually } from '../infra/dev/eventually.ts';
import { ensureDatabase } from '../infra/dev/postgres.ts';
import { forget, launch, terminate } from '../infra/dev/processes.ts';
import { controlPlaneSpec, type Surroundings } from '../infra/dev/programs.ts';
import { readStack, writePrivately, type StackProcess } from '../infra/dev/state.ts';
import { parseKeyRing } from '../infra/runtime/codec-keys.ts';
import { createDataConverter } from '../infra/runtime/data-converter.ts';
import { createNamespace } from '../test/support/namespace.ts';
import { sampleAccount, sampleTemplate } from '../test/support/projection-samples.ts';
import { inParallel } from './measure.ts';

const DOMAIN = 'sleepers.example.test';
const AT_ONCE = 10;

/** Makes populations on the servers of one stack, with a database and codec keys of their own. */
export interface Sleepers {
  /** Starts `count` accounts in a new namespace; they sleep once a control plane has seen each of them. */
  populate(count: number): Promise<Population>;
  /** Removes the database; the namespaces end with the stack. */
  close(): Promise<void>;
}

export interface Population {
  readonly domain: string;
  readonly accountIds: readonly string[];
  readonly gateway: LifecycleGateway;
  /** Starts a control plane for this population; it is the caller's to stop. */
  startControlPlane(): Promise<StackProcess>;
  /** Asks every account for its snapshot, so that the control plane has had each of them in its hands. */
  visitAll(): Promise<void>;
}

export async function openSleepers(stateFolder: string): Promise<Sleepers> {
  const stack = await readStack(stateFolder);
  const name = `sleepers_${Date.now()}`;
  const databaseUrl = Object.assign(new URL(stack.postgres!.url), { pathname: `/${name}` }).href;
  const keys = `bench:${randomBytes(32).toString('base64')}`;
  const around: Surroundings = {
    stateFolder,
    temporalAddress: stack.temporal!.address,
    databaseUrlFile: join(stateFolder, 'secrets', `${name}-database-url`),
    codecKeysFile: join(stateFolder, 'secrets', `${name}-codec-keys`),
  };
  await writePrivately(around.databaseUrlFile, databaseUrl);
  await writePrivately(around.codecKeysFile, keys);
  await ensureDatabase(databaseUrl);
  await applyMigrations(databaseUrl);
  const connection = await Connection.connect({ address: around.temporalAddress });
  const dataConverter = createDataConverter(parseKeyRing(keys));
  return {
    async populate(count) {
      const namespace = await createNamespace(connection);
      return populate(new Client({ connection, namespace, dataConverter }), around, count);
    },
    async close() {
      await connection.close();
      await dropDatabase(stack.postgres!.url, name);
    },
  };
}

/** Ends a control plane or engine that a benchmark has launched, and takes it out of `stack.json`. */
export async function stopLaunched(stateFolder: string, process: StackProcess): Promise<void> {
  await terminate(stateFolder, process);
  await forget(stateFolder, process.role, process.domain);
}

async function populate(client: Client, around: Surroundings, count: number): Promise<Population> {
  const { namespace } = client.options;
  const gateway = createLifecycleGateway(client);
  const accountIds = Array.from({ length: count }, () => randomUUID());
  await inParallel(count, AT_ONCE, async (index) => {
    const input = sleeper(accountIds[index]!);
    const workflowId = accountWorkflowId(DOMAIN, input.accountId);
    await client.workflow.start(ACCOUNT_LIFECYCLE, { workflowId, taskQueue: CONTROL_TASK_QUEUE, args: [input] });
  });
  return {
    domain: DOMAIN,
    accountIds,
    gateway,
    async startControlPlane() {
      const spec = await controlPlaneSpec(around);
      const env = { ...spec.env, TEMPORAL_NAMESPACE: namespace };
      return launch(around.stateFolder, { ...spec, domain: namespace, env });
    },
    async visitAll() {
      await inParallel(count, AT_ONCE, (index) => visit(gateway, accountIds[index]!));
    },
  };
}

/** What the run of an active account begins with. */
function sleeper(accountId: string): AccountLifecycleInput {
  const template = sampleTemplate();
  const { renewalWindow, intervals } = template.lifecycle;
  const period = periodFrom({ interval: intervals[0]!, renewalWindow }, new Date());
  const account = sampleAccount({
    id: accountId,
    domain: DOMAIN,
    state: 'active',
    sequence: 9,
    startsAt: period.startsAt.toISOString(),
    renewalOpensAt: period.renewalOpensAt.toISOString(),
    endsAt: period.endsAt.toISOString(),
    objectGuid: randomUUID(),
    objectSid: 'S-1-5-21-1004336348-1177238915-682003330-51205',
    secret: { vaultPath: `service-accounts/${DOMAIN}/svc-${accountId.slice(0, 13)}`, version: 1 },
  });
  const snapshot = { templateId: account.templateId, version: account.templateVersion, template };
  const nothingWaits = { answered: [], begun: [], provisioning: null, approversChanged: false, left: [] };
  return { accountId, domain: DOMAIN, carried: { account, snapshot, noticedUntil: null, ...nothingWaits } };
}

/** A query has to wait for a control plane that starts, or that has many others to serve. */
async function visit(gateway: LifecycleGateway, accountId: string): Promise<void> {
  const visited = async (): Promise<boolean> => gateway.snapshot(DOMAIN, accountId).then(() => true);
  await eventually(`account ${accountId} answers`, visited, { timeoutMs: 180_000 });
}

async function dropDatabase(url: string, name: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(`drop database ${pg.escapeIdentifier(name)} with (force)`);
  } finally {
    await client.end();
  }
}
