/** A migration of thousands of accounts: in runs of bounded length, at its pace, and with every message kept between two. */
import { fileURLToPath } from 'node:url';
import type { WorkflowHandle } from '@temporalio/client';
import proto, { type temporal } from '@temporalio/proto';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { bundleWorkflowCode, Worker } from '@temporalio/worker';
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { CONTROL_TASK_QUEUE, migrationWorkflowId } from '../../contracts/ids.ts';
import {
  MIGRATE_ACCOUNTS,
  MIGRATION_PROGRESS_QUERY,
  MIGRATION_SIGNALS,
  type MigrateAccountsInput,
  type MigrationProgress,
} from '../../contracts/workflows.ts';
import { eventually } from '../../infra/dev/eventually.ts';
import { accountIdOf, EVERYBODY, fateOf } from '../support/everybody.ts';
import { createFakeActivities, sampleTemplate } from '../support/fake-activities.ts';
import { installQuietRuntime, quietLogger } from '../support/quiet-runtime.ts';
import { freeClock, untilIdle } from '../support/skipping-clock.ts';

const PER_MINUTE = 600;
const LONGEST_HISTORY = 2_000;
/** From here on a migration goes on in a new run after its next pause. */
const LONG_HISTORY = 1_000;
const HOUR_MS = 3_600_000;

type HistoryEvent = temporal.api.history.v1.IHistoryEvent;

installQuietRuntime();

let environment: TestWorkflowEnvironment;
let worker: Worker;
let ended: Promise<void>;
const running: WorkflowHandle[] = [];

beforeAll(async () => {
  const everybody = fileURLToPath(new URL('../support/everybody.ts', import.meta.url));
  const bundle = { workflowsPath: everybody, workflowInterceptorModules: [everybody], logger: quietLogger };
  const workflowBundle = await bundleWorkflowCode(bundle);
  environment = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path: inject('testServer') } },
  });
  const { nativeConnection: connection } = environment;
  const { activities } = createFakeActivities(() => sampleTemplate());
  worker = await Worker.create({ connection, taskQueue: CONTROL_TASK_QUEUE, activities, workflowBundle });
  ended = worker.run();
});
beforeEach(() => freeClock(environment));
afterEach(async () => {
  for (const handle of running.splice(0)) {
    await untilIdle(handle);
    await handle.terminate().catch(() => undefined);
  }
});
afterAll(async () => {
  worker.shutdown();
  await ended;
  await environment.teardown();
});

/** A migration of so many accounts. */
async function begin(migrationId: string, count: number): Promise<WorkflowHandle> {
  const accounts = Array.from({ length: count }, (_, index) => ({
    accountId: accountIdOf(index + 1),
    domain: 'corp.example.test',
  }));
  const input: MigrateAccountsInput = {
    ...{ migrationId, accounts, actor: 'ada', perMinute: PER_MINUTE },
    changes: { owners: ['olga'] },
  };
  const { workflow } = environment.client;
  await workflow.start(EVERYBODY, { workflowId: EVERYBODY, taskQueue: CONTROL_TASK_QUEUE });
  const started = { workflowId: migrationWorkflowId(migrationId), taskQueue: CONTROL_TASK_QUEUE, args: [input] };
  await workflow.start(MIGRATE_ACCOUNTS, started);
  // Handles of no run in particular: they go on in the next one.
  const migration = workflow.getHandle(started.workflowId);
  running.push(migration, workflow.getHandle(EVERYBODY));
  return migration;
}

const tell = (migration: WorkflowHandle, signal: string) => migration.signal(signal, { actor: 'ada' });
const progressOf = (migration: WorkflowHandle) => migration.query<MigrationProgress>(MIGRATION_PROGRESS_QUERY);
const runIdOf = async (migration: WorkflowHandle) => (await migration.describe()).runId;

/** Skips time until the run has a long history, and its pause before the next run has begun. */
async function comeToTheLastPause(migration: WorkflowHandle): Promise<string> {
  for (;;) {
    const { events } = await migration.fetchHistory();
    if (events!.length >= LONG_HISTORY) return runIdOf(migration);
    await environment.sleep(500);
  }
}

/** Sends a signal while the task is at work that ends the run. */
async function tellInTheLastTask(migration: WorkflowHandle, signal: string): Promise<void> {
  await comeToTheLastPause(migration);
  const turning = environment.sleep('2 seconds');
  const isAtWork = async (): Promise<boolean> => {
    const { events } = await migration.fetchHistory();
    const [fired, , started] = events!.slice(-3);
    return Boolean(fired?.timerFiredEventAttributes && started?.workflowTaskStartedEventAttributes);
  };
  await eventually('the pause is over', isAtWork, { timeoutMs: 10_000, intervalMs: 10 });
  await tell(migration, signal);
  await turning;
}

/** The histories of all runs, oldest first. */
async function historiesOf({ workflowId }: WorkflowHandle): Promise<HistoryEvent[][]> {
  const runs: HistoryEvent[][] = [];
  const { workflow } = environment.client;
  for (let runId: string | null | undefined = await runIdOf(workflow.getHandle(workflowId)); runId;) {
    const { events } = await workflow.getHandle(workflowId, runId).fetchHistory();
    runs.unshift(events ?? []);
    runId = events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId;
  }
  return runs;
}

/** In milliseconds since the epoch. */
function instantOf({ eventTime }: HistoryEvent): number {
  return Number(eventTime!.seconds) * 1_000 + Math.floor(Number(eventTime!.nanos) / 1e6);
}

/** When each account was asked. */
function askedAt(events: readonly HistoryEvent[]): number[] {
  return events.filter((event) => event.signalExternalWorkflowExecutionInitiatedEventAttributes).map(instantOf);
}

/** How often a run was about to end when something came. */
function interrupted(events: readonly HistoryEvent[]): number {
  const { WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND: cause } = proto.temporal.api.enums.v1.WorkflowTaskFailedCause;
  return events.filter((event) => event.workflowTaskFailedEventAttributes?.cause === cause).length;
}

/** How many were asked within a minute, at most. */
function fastestMinute(instants: readonly number[]): number {
  return Math.max(...instants.map((from, index) => instants.slice(index).filter((at) => at < from + 60_000).length));
}

test('two thousand: each once, at its pace, through many runs, with pauses before and between them', async () => {
  const count = 2_000;
  const migration = await begin('many', count);

  const first = await comeToTheLastPause(migration);
  await tell(migration, MIGRATION_SIGNALS.pause);
  await environment.sleep('10 minutes');
  const paused = await progressOf(migration);
  expect(paused).toMatchObject({ state: 'paused', total: count });
  expect(await runIdOf(migration)).not.toBe(first);
  await environment.sleep('10 minutes');
  expect((await progressOf(migration)).outcomes).toHaveLength(paused.outcomes.length);
  await tell(migration, MIGRATION_SIGNALS.resume);

  await tellInTheLastTask(migration, MIGRATION_SIGNALS.pause);
  await environment.sleep('10 minutes');
  expect(await progressOf(migration)).toMatchObject({ state: 'paused' });
  await tell(migration, MIGRATION_SIGNALS.resume);

  const result = (await migration.result()) as MigrationProgress;
  expect(result).toMatchObject({ state: 'completed', total: count });
  expect(result.outcomes).toHaveLength(count);
  const fates = Object.fromEntries(result.outcomes.map(({ accountId, outcome, code }) => [accountId, code ?? outcome]));
  const all = Array.from({ length: count }, (_, index) => accountIdOf(index + 1));
  expect(fates).toEqual(Object.fromEntries(all.map((accountId) => [accountId, fateOf(accountId)])));

  const runs = await historiesOf(migration);
  expect(runs.length).toBeGreaterThan(5);
  expect(Math.max(...runs.map(({ length }) => length))).toBeLessThan(LONGEST_HISTORY);
  expect(askedAt(runs.flat())).toHaveLength(count);
  expect(fastestMinute(askedAt(runs.flat()))).toBeLessThanOrEqual(PER_MINUTE);
  expect(interrupted(runs.flat())).toBeGreaterThan(0);
}, 180_000);

test('a cancellation between two runs is heard: nobody else is asked, and who was asked is waited for', async () => {
  const migration = await begin('cancelled', 500);
  await tellInTheLastTask(migration, MIGRATION_SIGNALS.cancel);
  const result = (await migration.result()) as MigrationProgress;
  const events = (await historiesOf(migration)).flat();
  expect(result).toMatchObject({ state: 'cancelled', total: 500 });
  expect(result.outcomes).toHaveLength(askedAt(events).length);
  expect(askedAt(events).length).toBeLessThan(500);
  expect(interrupted(events)).toBe(1);
}, 120_000);

test('a cancellation at the very beginning of a run is heard', async () => {
  const migration = await begin('cancelled later', 500);
  const before = await comeToTheLastPause(migration);
  const turning = environment.sleep('3 seconds');
  while ((await runIdOf(migration)) === before) await new Promise((resolve) => setTimeout(resolve, 2));
  await tell(migration, MIGRATION_SIGNALS.cancel);
  await turning;
  expect(await migration.result()).toMatchObject({ state: 'cancelled', total: 500 });
  expect(askedAt((await historiesOf(migration)).flat()).length).toBeLessThan(500);
}, 120_000);

test('one that says nothing is given up after an hour, and holds up nobody', async () => {
  const migration = await begin('silent', 10);
  const result = (await migration.result()) as MigrationProgress;
  expect(result.outcomes.at(-1)).toMatchObject({ accountId: accountIdOf(9), code: 'EngineTimeout' });
  expect(result.outcomes).toHaveLength(10);
  const events = (await historiesOf(migration)).flat();
  const asked = askedAt(events);
  expect(asked.at(-1)! - asked[0]!).toBeLessThan(60_000);
  // The workflow's clock is that of its task, the server's a moment later.
  expect(instantOf(events.at(-1)!) - asked[0]!).toBeGreaterThan(HOUR_MS - 60_000);
}, 60_000);
