/** A Temporal namespace of its own for each test file: no workflow or worker of the stack is in it. */
import { randomUUID } from 'node:crypto';
import { Client, type Connection } from '@temporalio/client';
import { eventually } from '../../infra/dev/eventually.ts';

const DAY_SECONDS = 86_400;
/** Servers of the stack are quick, machines that run tests are not always. */
const PATIENCE = { timeoutMs: 20_000, intervalMs: 200 };

/** The name of a new namespace, once the server knows it everywhere. */
export async function createNamespace(connection: Connection): Promise<string> {
  const name = `test-${randomUUID()}`;
  await connection.workflowService.registerNamespace({
    namespace: name,
    workflowExecutionRetentionPeriod: { seconds: DAY_SECONDS } as never,
  });
  const probe = new Client({ connection, namespace: name });
  await eventually(`namespace ${name} is known`, () => probe.workflow.count().then(() => true), PATIENCE);
  return name;
}
