/**
 * Control planes with accounts that sleep: each population in a namespace of its own, with the product's own program
 * as its only worker. The accounts begin where earlier runs handed them on: active, their next deadline months away.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import pg from 'pg';
import { createLifecycleGateway, type LifecycleGateway } from '../api/lifecycle-gateway.ts';
import type { Account } from '../contracts/account.ts';
import { accountWorkflowId, CONTROL_TASK_QUEUE } from '../contracts/ids.ts';
import { ACCOUNT_LIFECYCLE, type AccountLifecycleInput } from '../contracts/workflows.ts';
import { applyMigrations } from '../db/apply-migrations.ts';
import { openDatabase, type Database } from '../db/client.ts';
import { eventually } from '../infra/dev/eventually.ts';
import { freePort } from '../infra/dev/ports.ts';
import { ensureDatabase } from '../infra/dev/postgres.ts';
import { forget, launch, terminate } from '../infra/dev/processes.ts';
import { apiSpec, controlPlaneSpec, type Surroundings } from '../infra/dev/programs.ts';
import { awaitReady } from '../infra/dev/ready.ts';
import { readStack, writePrivately, type Stack, type StackProcess } from '../infra/dev/state.ts';
import { parseKeyRing } from '../infra/runtime/codec-keys.ts';
import { createDataConverter } from '../infra/runtime/data-converter.ts';
import { createNamespace } from '../test/support/namespace.ts';
import { inParallel } from './measure.ts';
import { recordLife, settle, sleeper, SLEEPERS_DOMAIN } from './sleeper.ts';

const AT_ONCE = 10;
const PROGRESS_EVERY = 500;

type Say = (text: string) => void;

/** Makes populations on the servers of one stack, with a database and codec keys of their own. */
export interface Sleepers {
  readonly databaseUrl: string;
  /** Starts `count` accounts in a new namespace; they sleep once a control plane has seen each of them. */
  populate(count: number): Promise<Population>;
  /** Removes the database; the namespaces end with the stack. */
  close(): Promise<void>;
}

export interface Population {
  readonly domain: string;
  /** Of all its accounts, oldest first. */
  readonly accountIds: readonly string[];
  readonly gateway: LifecycleGateway;
  /** Starts a control plane for this population; it is the caller's to stop. */
  startControlPlane(): Promise<StackProcess>;
  /** Starts an API for this population; its process is the caller's to stop. */
  startApi(): Promise<{ readonly process: StackProcess; readonly api: NonNullable<Stack['api']> }>;
  /** Asks every account for its snapshot, so that the control plane has had each of them in its hands. */
  visitAll(): Promise<void>;
  /**
   * Starts more accounts, in `changes` not as all others, each put into the projection too and seen by the control plane,
   * which must run. `say` is told how far it is.
   */
  grow(count: number, say: Say, changes?: Partial<Account>): Promise<void>;
}

/** Where a population is, and by which ways to reach it. */
interface Place {
  readonly around: Surroundings;
  readonly client: Client;
  readonly db: Database;
  readonly tokens: NonNullable<Stack['api']>['tokens'];
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
  const database = openDatabase(databaseUrl);
  const tokens = await settle(database.db);
  const connection = await Connection.connect({ address: around.temporalAddress });
  const dataConverter = createDataConverter(parseKeyRing(keys));
  return {
    databaseUrl,
    async populate(count) {
      const namespace = await createNamespace(connection);
      const client = new Client({ connection, namespace, dataConverter });
      return populate({ around, client, db: database.db, tokens }, count);
    },
    async close() {
      await connection.close();
      await database.close();
      await dropDatabase(stack.postgres!.url, name);
    },
  };
}

/** Ends a program that a benchmark has launched, and takes it out of `stack.json`. */
export async function stopLaunched(stateFolder: string, process: StackProcess): Promise<void> {
  await terminate(stateFolder, process);
  await forget(stateFolder, process.role, process.domain);
}

async function populate(place: Place, count: number): Promise<Population> {
  const { client, db } = place;
  const gateway = createLifecycleGateway(client);
  const accountIds = Array.from({ length: count }, () => randomUUID() as string);
  await inParallel(count, AT_ONCE, (index) => start(client, sleeper(accountIds[index]!)));
  return {
    domain: SLEEPERS_DOMAIN,
    accountIds,
    gateway,
    startControlPlane: () => startControlPlane(place),
    startApi: () => startApi(place),
    visitAll: () => inParallel(accountIds.length, AT_ONCE, (index) => visit(gateway, accountIds[index]!)),
    async grow(more, say, changes) {
      const begin = performance.now();
      let done = 0;
      await inParallel(more, AT_ONCE, async () => {
        const input = sleeper(randomUUID(), changes);
        accountIds.push(input.accountId);
        await start(client, input);
        await Promise.all([visit(gateway, input.accountId), recordLife(db, input.carried!.account)]);
        done += 1;
        if (done % PROGRESS_EVERY === 0) say(`asleep: ${done} of ${more}, ${perSecond(done, begin)} a second`);
      });
    },
  };
}

function perSecond(done: number, begin: number): string {
  return ((done * 1000) / (performance.now() - begin)).toFixed(0);
}

async function start(client: Client, input: AccountLifecycleInput): Promise<void> {
  const workflowId = accountWorkflowId(SLEEPERS_DOMAIN, input.accountId);
  await client.workflow.start(ACCOUNT_LIFECYCLE, { workflowId, taskQueue: CONTROL_TASK_QUEUE, args: [input] });
}

async function startControlPlane({ around, client }: Place): Promise<StackProcess> {
  const { namespace } = client.options;
  const spec = await controlPlaneSpec(around);
  const env = { ...spec.env, TEMPORAL_NAMESPACE: namespace };
  return launch(around.stateFolder, { ...spec, domain: namespace, env });
}

async function startApi({ around, client, tokens }: Place): ReturnType<Population['startApi']> {
  const { namespace } = client.options;
  const port = await freePort();
  const spec = await apiSpec(around, port);
  const env = { ...spec.env, TEMPORAL_NAMESPACE: namespace };
  const process = await launch(around.stateFolder, { ...spec, domain: namespace, env });
  await awaitReady(around.stateFolder, 'api', namespace);
  return { process, api: { url: `http://127.0.0.1:${port}`, tokens } };
}

/** A query has to wait for a control plane that starts, or that has many others to serve. */
async function visit(gateway: LifecycleGateway, accountId: string): Promise<void> {
  const visited = async (): Promise<boolean> => gateway.snapshot(SLEEPERS_DOMAIN, accountId).then(() => true);
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
