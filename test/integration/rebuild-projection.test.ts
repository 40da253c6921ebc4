/** The disaster test: the projection's tables are emptied, and the program writes them anew from the workflows. */
import { execFile } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createPlatformActivities } from '../../activities/platform/activities.ts';
import { createLifecycleGateway, type LifecycleGateway } from '../../api/lifecycle-gateway.ts';
import { CONTROL_TASK_QUEUE } from '../../contracts/ids.ts';
import { reserveAccountName } from '../../db/project-account.ts';
import { createDomain } from '../../db/queries/domains.ts';
import { createTemplate, publishTemplate } from '../../db/queries/publish-templates.ts';
import { createUser } from '../../db/queries/users.ts';
import { eventually } from '../../infra/dev/eventually.ts';
import { parseKeyRing } from '../../infra/runtime/codec-keys.ts';
import { createDataConverter } from '../../infra/runtime/data-converter.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { createNamespace } from '../support/namespace.ts';
import { stateFolder } from '../support/our-stack.ts';
import { sampleSubmission, sampleTemplate } from '../support/projection-samples.ts';

const FQDN = 'corp.example.com';
const PROGRAM = fileURLToPath(new URL('../../workers/rebuild-projection.ts', import.meta.url));
const PATIENCE = { timeoutMs: 20_000, intervalMs: 200 };
const codecKeys = `test:${randomBytes(32).toString('base64')}`;
const dataConverter = createDataConverter(parseKeyRing(codecKeys));
const templateId = randomUUID();

let database: TestDatabase;
let address: string;
let namespace: string;
let connection: Connection;
let native: NativeConnection;
let gateway: LifecycleGateway;
let worker: Worker;
let running: Promise<void>;

beforeAll(async () => {
  const stack = JSON.parse(await readFile(join(stateFolder, 'stack.json'), 'utf8'));
  address = stack.temporal.address;
  database = await createTestDatabase();
  await makeTemplate();
  connection = await Connection.connect({ address });
  namespace = await createNamespace(connection);
  gateway = createLifecycleGateway(new Client({ connection, namespace, dataConverter }));
  native = await NativeConnection.connect({ address });
  worker = await Worker.create({
    connection: native,
    namespace,
    taskQueue: CONTROL_TASK_QUEUE,
    workflowsPath: fileURLToPath(new URL('../../workflows/index.ts', import.meta.url)),
    activities: createPlatformActivities({ db: database.db, clock: () => new Date() }),
    dataConverter,
  });
  running = worker.run();
});

afterAll(async () => {
  worker.shutdown();
  await running;
  await native.close();
  await connection.close();
  await database.drop();
});

async function makeTemplate(): Promise<void> {
  const createdAt = new Date().toISOString();
  await createUser(database.db, { name: 'ada', role: 'administrator', tokenHash: 'ada', createdAt });
  await createUser(database.db, { name: 'anna', role: 'approver', tokenHash: 'anna', createdAt });
  await createDomain(database.db, FQDN, createdAt);
  await createTemplate(database.db, { id: templateId, template: sampleTemplate(), by: 'ada', at: createdAt });
  await publishTemplate(database.db, { id: templateId, by: 'ada', at: createdAt });
}

const by = (actor: string) => ({ actor, operationId: randomUUID() });

async function submit(samAccountName: string): Promise<string> {
  const accountId = randomUUID();
  await gateway.submit(FQDN, accountId, sampleSubmission({ templateId, samAccountName, owners: [] }));
  return accountId;
}

/** Anna's decision, who is the approver of the only step. */
const decide = (accountId: string, decision: 'approve' | 'deny', reason: string | null = null) =>
  gateway.act(FQDN, accountId, 'decide', { ...by('anna'), standing: [['anna']], step: null, decision, reason });

/** All that the projection has. When exactly a name was reserved is known to the first writing only. */
async function projection(): Promise<unknown> {
  return {
    accounts: await database.run('select * from accounts order by id'),
    events: await database.run('select * from account_events order by account_id, sequence'),
    parties: await database.run('select * from account_parties order by account_id, party'),
    names: await database.run(
      'select account_id, domain, sam_account_name, template_id, released_at from name_reservations order by account_id',
    ),
  };
}

/** Runs the program to its end, and gives its last log line. Rejects when it fails. */
async function rebuild(databaseUrl = database.url): Promise<Record<string, unknown>> {
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM], {
    env: {
      DATABASE_URL: databaseUrl,
      TEMPORAL_ADDRESS: address,
      TEMPORAL_NAMESPACE: namespace,
      ALM_CODEC_KEYS: codecKeys,
    },
  });
  return JSON.parse(stdout.trim().split('\n').at(-1)!);
}

test('the projection written from the workflows is the one that was lost, and writing it again changes nothing', async () => {
  const waiting = await submit('svc-waiting');
  await decide(await submit('svc-denied'), 'deny', 'No need.');
  await gateway.act(FQDN, await submit('svc-withdrawn'), 'withdraw', by('rita'));
  const approved = await submit('svc-approved');
  await decide(approved, 'approve');
  const ended = () => database.run(`select from name_reservations where released_at is not null`);
  await eventually('two have ended', async () => (await ended()).length === 2, PATIENCE);
  const before = await projection();
  const told = await database.run('select * from notices order by id');

  await database.run('truncate account_events, account_parties, accounts, name_reservations');
  const complete = { msg: 'the projection is complete', accounts: 4 };
  // What workflows can be listed is known to Temporal a little later than the workflows themselves.
  await eventually('all are rebuilt', async () => (await rebuild())['accounts'] === 4, PATIENCE);
  expect(await projection()).toEqual(before);
  expect(await rebuild()).toMatchObject(complete);
  expect(await projection()).toEqual(before);
  expect(await database.run('select * from notices order by id')).toEqual(told);

  const name = { accountId: randomUUID(), domain: FQDN, templateId, reservedAt: new Date().toISOString() };
  expect(await reserveAccountName(database.db, { ...name, samAccountName: 'svc-waiting' })).toBe('taken');
  expect(await reserveAccountName(database.db, { ...name, samAccountName: 'svc-denied' })).toBe('reserved');
  expect(await gateway.snapshot(FQDN, waiting)).toMatchObject({ state: 'submitted' });
});

test('a database that is away is told, and the exit code says so', async () => {
  const failed = await rebuild('postgres://nobody:canary@127.0.0.1:1/none').catch((error: unknown) => error);
  expect(failed).toMatchObject({ code: 1, stdout: expect.stringContaining('run it again') });
  expect(failed).toMatchObject({ stdout: expect.not.stringContaining('canary') });
});
