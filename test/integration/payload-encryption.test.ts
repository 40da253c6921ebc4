/** What Temporal stores of a conversation is unreadable without our keys: every way into a history, failures included. */
import { randomBytes, randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Client, Connection, WorkflowFailedError, WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../../infra/dev/eventually.ts';
import { readStack } from '../../infra/dev/state.ts';
import { parseKeyRing } from '../../infra/runtime/codec-keys.ts';
import { createDataConverter } from '../../infra/runtime/data-converter.ts';
import { createNamespace } from '../support/namespace.ts';
import { stateFolder } from '../support/our-stack.ts';
import { heard, talkative, tell, told, type Talk } from '../support/talkative-workflow.ts';

// Errors are what the second test is about.
Runtime.install({
  logger: new DefaultLogger('ERROR', () => undefined),
  telemetryOptions: { logging: { filter: { core: 'ERROR' }, forward: {} } },
});

const CANARY = `canary-${randomUUID()}`;
const TASK_QUEUE = 'talk';
const dataConverter = createDataConverter(parseKeyRing(`k1:${randomBytes(32).toString('base64')}`));

let connection: Connection;
let native: NativeConnection;
let namespace: string;
let worker: Worker;
let running: Promise<void>;

const activities: Talk = {
  repeat: async (text) => text,
  fail: async (text) => {
    throw ApplicationFailure.nonRetryable(`failed on ${text}`, 'VaultRejected', { text });
  },
};

beforeAll(async () => {
  const address = (await readStack(stateFolder)).temporal!.address;
  connection = await Connection.connect({ address });
  native = await NativeConnection.connect({ address });
  namespace = await createNamespace(connection);
  worker = await Worker.create({
    connection: native,
    namespace,
    taskQueue: TASK_QUEUE,
    workflowsPath: fileURLToPath(new URL('../support/talkative-workflow.ts', import.meta.url)),
    activities,
    dataConverter,
  });
  running = worker.run();
});

afterAll(async () => {
  worker.shutdown();
  await running;
  await Promise.all([native.close(), connection.close()]);
});

/** Everything the server tells of a run to somebody who has access to it and no key. */
async function storedText(workflowId: string): Promise<string> {
  const history = await new Client({ connection, namespace }).workflow.getHandle(workflowId).fetchHistory();
  return readable(history).join('\n');
}

/** All strings and bytes in a value, the bytes as text. */
function readable(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (value instanceof Uint8Array) return [Buffer.from(value).toString('latin1')];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => [key, ...readable(item)]);
}

test('with the keys everything is there; without them only types and ids are', async () => {
  const client = new Client({ connection, namespace, dataConverter });
  const workflowId = `talk:${randomUUID()}`;
  const handle = await client.workflow.start(talkative, {
    taskQueue: TASK_QUEUE,
    workflowId,
    args: [`${CANARY}-start`],
    memo: { note: `${CANARY}-memo` },
  });
  expect(await handle.executeUpdate(tell, { args: [`${CANARY}-update`] })).toBe(`${CANARY}-update`);
  const refusal: unknown = await handle
    .executeUpdate(tell, { args: [`${CANARY}-refuse`] })
    .catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(WorkflowUpdateFailedError);
  expect((refusal as WorkflowUpdateFailedError).cause).toMatchObject({
    type: 'PolicyViolation',
    message: `refused ${CANARY}-refuse`,
  });
  expect(await handle.query(heard)).toContain(`${CANARY}-update`);
  await handle.signal(told, `${CANARY}-signal`);
  const ended: unknown = await handle.result().catch((error: unknown) => error);
  expect(ended).toBeInstanceOf(WorkflowFailedError);
  const failure = (ended as WorkflowFailedError).cause as ApplicationFailure;
  expect(failure.message).toContain(`${CANARY}-signal`);
  expect(failure.cause?.cause).toMatchObject({ type: 'VaultRejected', message: `failed on ${CANARY}-start` });

  const stored = await storedText(workflowId);
  expect(stored).toContain('talkative'); // types are readable, so the text below is the whole history
  expect(stored).toContain('VaultRejected');
  expect(stored).toContain('Encoded failure');
  expect(stored).not.toContain('canary');
  expect(stored).not.toContain('talkative-workflow.ts'); // stack traces
});

test('who has no key can neither read nor be understood', async () => {
  const client = new Client({ connection, namespace, dataConverter });
  const intruder = new Client({
    connection,
    namespace,
    dataConverter: createDataConverter(parseKeyRing(`other:${randomBytes(32).toString('base64')}`)),
  });
  const handle = await client.workflow.start(talkative, {
    taskQueue: TASK_QUEUE,
    workflowId: `talk:${randomUUID()}`,
    args: ['text'],
  });
  await expect(intruder.workflow.getHandle(handle.workflowId).query(heard)).rejects.toThrow(/no key "k1"/);
  await new Client({ connection, namespace }).workflow.getHandle(handle.workflowId).signal(told, 'in clear');
  // The task that would have acted on it fails, and the workflow stays where it was.
  const events = await eventually(
    'the workflow task fails',
    async () => {
      const { events = [] } = await handle.fetchHistory();
      return events?.some((event) => event.workflowTaskFailedEventAttributes) && events;
    },
    { timeoutMs: 20_000 },
  );
  expect(events.filter((event) => event.workflowExecutionFailedEventAttributes)).toEqual([]);
  await handle.terminate();
});
