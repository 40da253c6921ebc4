/** The control plane's program with a build id: Temporal knows its release, all work becomes its own, and goes back again. */
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Account } from '../../contracts/account.ts';
import { accountWorkflowId } from '../../contracts/ids.ts';
import { REASSESS_ACCOUNTS } from '../../contracts/workflows.ts';
import { run } from '../../infra/dev/command.ts';
import { eventually } from '../../infra/dev/eventually.ts';
import { freePort } from '../../infra/dev/ports.ts';
import { launch, type LaunchSpec } from '../../infra/dev/processes.ts';
import { awaitReady } from '../../infra/dev/ready.ts';
import { DOMAINS, startProcess, stopProcess } from '../../infra/dev/stack.ts';
import { readStack } from '../../infra/dev/state.ts';
import { ensureTemporal } from '../../infra/dev/temporal.ts';
import { DEPLOYMENT_NAME } from '../../workers/deployment.ts';
import { openPeople, truthOf, USABLE, type People } from '../support/accounts.ts';
import { stateFolder } from '../support/our-stack.ts';

const [CORP] = DOMAINS;
/** The second process of its role in the stack has a name of its own. */
const BESIDE = 'release';
const BUILD_ID = `test-${randomUUID().slice(0, 8)}`;
const PATIENCE = { timeoutMs: 30_000, intervalMs: 200 };

let people: People;
let client: Client;
let address: string;

beforeAll(async () => {
  people = await openPeople(stateFolder);
  ({ address } = (await readStack(stateFolder)).temporal!);
  client = new Client({ connection: await Connection.connect({ address }) });
});
afterAll(() => client.connection.close());

async function deployment(verb: string, ...more: string[]): Promise<string> {
  const command = await ensureTemporal(() => undefined);
  return run(command, [
    'worker',
    'deployment',
    verb,
    '--address',
    address,
    '--deployment-name',
    DEPLOYMENT_NAME,
    ...more,
  ]);
}

/** The release under which Temporal has the workflow's newest task; null: none. */
async function releaseOfWorkflow(workflowId: string): Promise<string | null> {
  const { raw } = await client.workflow.getHandle(workflowId).describe();
  return raw.workflowExecutionInfo?.versioningInfo?.deploymentVersion?.buildId ?? null;
}

const releaseOf = ({ domain, id }: Account) => releaseOfWorkflow(accountWorkflowId(domain, id));

/** Off and on again in the directory, by two moves of the workflow. */
async function goesOn(account: Account): Promise<void> {
  await people.client.act('owner', account, 'disable');
  const on = await people.client.act('owner', account, 'enable');
  expect(await truthOf(stateFolder, await people.client.read(on))).toEqual(USABLE);
}

/** The stack's control plane with a build id, in a process beside it. */
async function startRelease(): Promise<void> {
  const spec = JSON.parse(await readFile(join(stateFolder, 'launch', 'control-plane.json'), 'utf8')) as LaunchSpec;
  const env = { ...spec.env, ALM_METRICS_PORT: String(await freePort()), ALM_DEPLOYMENT_BUILD_ID: BUILD_ID };
  await launch(stateFolder, { ...spec, domain: BESIDE, env });
  await awaitReady(stateFolder, 'control-plane', BESIDE);
}

test('it registers its release, works once that is made current, and leaves all work to those without one again', async () => {
  const old = await people.provide(CORP);
  await expect(deployment('set-current-version', '--build-id', BUILD_ID, '--yes')).rejects.toThrow();
  await startRelease();
  const polled = async () => {
    const answer = await deployment('describe-version', '--build-id', BUILD_ID, '--output', 'json');
    const { taskQueuesInfos } = JSON.parse(answer) as { taskQueuesInfos: { name: string; type: string }[] };
    return taskQueuesInfos.map(({ name, type }) => `${name} ${type}`).sort();
  };
  const isPolling = async (): Promise<boolean> => (await polled()).length === 2;
  await eventually('it polls for workflows and activities', isPolling, PATIENCE);
  expect(await polled()).toEqual(['control activity', 'control workflow']);
  await goesOn(old);
  expect(await releaseOf(old)).toBeNull();

  try {
    await deployment('set-current-version', '--build-id', BUILD_ID, '--yes');
    await stopProcess(stateFolder, 'control-plane');
    const fresh = await people.provide(CORP);
    for (const account of [old, fresh]) {
      await goesOn(account);
      expect(await releaseOf(account)).toBe(BUILD_ID);
    }
    await startProcess(stateFolder, 'control-plane');
    await deployment('set-current-version', '--unversioned', '--yes');
    // What began under the release ends under it: changes of users that other tests made are followed up a little later.
    const isOver = async (): Promise<boolean> => {
      const running = `WorkflowType = '${REASSESS_ACCOUNTS}' AND ExecutionStatus = 'Running'`;
      for await (const { workflowId } of client.workflow.list({ query: running })) {
        if ((await releaseOfWorkflow(workflowId)) === BUILD_ID) return false;
      }
      return true;
    };
    await eventually('what was pinned has ended', isOver, PATIENCE);
    await stopProcess(stateFolder, 'control-plane', BESIDE);
    for (const account of [old, fresh]) {
      await goesOn(account);
      expect(await releaseOf(account)).toBeNull();
    }
  } finally {
    // For the tests of other files, whatever went wrong here.
    await startProcess(stateFolder, 'control-plane');
    await deployment('set-current-version', '--unversioned', '--yes').catch(() => undefined);
    await stopProcess(stateFolder, 'control-plane', BESIDE);
  }
}, 300_000);
