/**
 * One `accountLifecycle` at a time on the time-skipping server, with faked activities and an engine that can be away.
 * One workflow at a time, because the server's clock jumps over the tasks of others.
 */
import { randomUUID } from 'node:crypto';
import {
  isGrpcCancelledError,
  isGrpcDeadlineError,
  WithStartWorkflowOperation,
  WorkflowUpdateFailedError,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { temporal } from '@temporalio/proto';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import type { Account, AccountEvent } from '../../contracts/account.ts';
import type { NotifyInput, PlatformActivities } from '../../contracts/activities.ts';
import { accountWorkflowId, CONTROL_TASK_QUEUE, domainTaskQueue } from '../../contracts/ids.ts';
import type { AccountAction } from '../../contracts/lifecycle.ts';
import { standingOf } from '../../contracts/standing.ts';
import {
  ACCOUNT_LIFECYCLE,
  UPDATES,
  type AccountLifecycleInput,
  type Caller,
  type DecideMessage,
  type Messages,
  type SubmitMessage,
} from '../../contracts/workflows.ts';
import * as messages from '../../workflows/account-lifecycle/messages.ts';
import type { accountLifecycle } from '../../workflows/index.ts';
import { eventually } from '../../infra/dev/eventually.ts';
import {
  createFakeActivities,
  sampleTemplate,
  type ActivityName,
  type FakeActivities,
  type TemplateParts,
} from './fake-activities.ts';
import { installQuietRuntime } from './quiet-runtime.ts';
import { freeClock, skipWithoutEngine, untilIdle } from './skipping-clock.ts';

/** A query is answered within milliseconds. */
const QUERY_LIMIT_MS = 3_000;
const QUERY_TRIES = 4;
const POLLING = { timeoutMs: 10_000, intervalMs: 20 };

export const DOMAIN = 'corp.example.test';
export const REQUESTER = 'rita';
export const OWNER = 'olga';
export const APPROVER = 'anna';
export const ADMINISTRATOR = 'ada';

type Duration = Parameters<TestWorkflowEnvironment['sleep']>[0];
type HistoryEvent = temporal.api.history.v1.IHistoryEvent;

/** An answer of an update: the account, or the catalogue code with which it was refused. */
export type Answer = { readonly account: Account } | { readonly code: string; readonly message: string };

/** Actions whose message is nothing but who asks. */
export type PlainAction = {
  [A in AccountAction]: Caller extends Messages[A] ? A : never;
}[AccountAction];

export interface Story {
  readonly accountId: string;
  readonly workflowId: string;
  submit(changes?: Partial<SubmitMessage>): Promise<Answer>;
  /** Decides with the standing that the product would find: of a user named on a step, or of a member of `groups`. */
  decide(
    actor: string,
    decision: 'approve' | 'deny',
    more?: Partial<DecideMessage> & { groups?: string[] },
  ): Promise<Answer>;
  act(action: PlainAction, actor: string, operationId?: string): Promise<Answer>;
  /** An action whose message says more than who asks. */
  ask<A extends AccountAction>(action: A, message: Omit<Messages[A], 'operationId'> & Partial<Caller>): Promise<Answer>;
  /** Submits and gives the one approval of the sample template. */
  approve(): Promise<void>;
  /** …and waits until the account is active. */
  activate(): Promise<Account>;
  snapshot(): Promise<Account | null>;
  /** The server's clock, in milliseconds since the epoch. */
  now(): Promise<number>;
  /** Skips time, after the skips asked for before. What is under way should be in the workflow's hands by then: see `called`. */
  sleep(duration: Duration): Promise<void>;
  /** Skips time while the engine is away and its tasks wait. Use an environment of its own for such a test. */
  sleepWithoutEngine(durationMs: number): Promise<void>;
  /** Waits (without skipping time) until the activity was called `times` times, now and before. Fails after ten seconds. */
  called(activity: ActivityName, times: number): Promise<void>;
  /** Waits (without skipping time) until the snapshot is as wanted. Fails after ten seconds, with what it was. */
  until(wanted: (account: Account) => boolean): Promise<Account>;
  /** Waits, skipping time, for the end of the account's whole chain of runs. */
  result(): Promise<Account | null>;
  cancel(): Promise<void>;
  /** Waits until the workflow has asked an activity to be cancelled. */
  cancelArrives(): Promise<void>;
  /** The history of the newest run, or of a given one. */
  history(runId?: string): Promise<HistoryEvent[]>;
  /** Every event that reached the projection, by sequence number, without the retries. */
  recorded(): AccountEvent[];
  /** Every notice that was asked for, in the order of the asking, without what retries repeat. */
  noticed(): { readonly kind: string; readonly dueAt: string; readonly audiences: readonly string[] }[];
  approversChanged(): Promise<void>;
  ownerLeft(user: string): Promise<void>;
  /** What the workflow remembers of an operation. */
  answer(operationId: string): Promise<Account | null>;
  runId(): Promise<string>;
  /** Waits until no task of the workflow is being worked on. */
  rests(): Promise<void>;
  /** Waits until another run than this one has begun. */
  laterRun(runId: string): Promise<void>;
}

export interface Harness {
  readonly fakes: FakeActivities;
  readonly environment: TestWorkflowEnvironment;
  /** A new account, alone in its environment; the one before is terminated. */
  story(template?: TemplateParts): Promise<Story>;
  startEngine(): Promise<void>;
  stopEngine(): Promise<void>;
  close(): Promise<void>;
}

/** What a harness runs on, as files: the server's program and the bundled workflows. */
export interface HarnessParts {
  readonly testServer: string;
  readonly workflowBundle: string;
}

/** Starts a server, a control plane and an engine. Slow (2 s): once a file. In tests, vitest's set-up has the parts. */
export async function createHarness(parts?: HarnessParts): Promise<Harness> {
  const { testServer, workflowBundle } = parts ?? (await partsOfTests());
  installQuietRuntime();
  const environment = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path: testServer } },
  });
  let template = sampleTemplate();
  const fakes = createFakeActivities(() => template);
  const control = await run(environment, CONTROL_TASK_QUEUE, activitiesOf(fakes, true), workflowBundle);
  const engineActivities = activitiesOf(fakes, false);
  let engine: RunningWorker | undefined;
  let current: Story | undefined;

  const startEngine = async (): Promise<void> => {
    engine ??= await run(environment, domainTaskQueue(DOMAIN), engineActivities);
  };
  const stopEngine = async (): Promise<void> => {
    await engine?.stop();
    engine = undefined;
  };
  const end = async (): Promise<void> => {
    if (!current) return;
    const handle = environment.client.workflow.getHandle(current.workflowId);
    current = undefined;
    await untilIdle(handle);
    await handle.terminate().catch(() => undefined);
  };
  return {
    fakes,
    environment,
    startEngine,
    stopEngine,
    async story(changes = {}) {
      await end();
      await freeClock(environment);
      fakes.reset();
      template = sampleTemplate(changes);
      await startEngine();
      current = openStory(environment, fakes);
      return current;
    },
    async close() {
      await end();
      await Promise.all([stopEngine(), control.stop()]);
      await environment.teardown();
    },
  };
}

/** What runs beside the database; everything else is an engine's. */
const PLATFORM = [
  'reserveName',
  'recordTransition',
  'notify',
  'findDeciders',
  'findSuccessors',
  'awaitChange',
  'findMigration',
  'findAffected',
  'admitDestructiveStep',
] as const satisfies readonly (keyof PlatformActivities)[];

function activitiesOf({ activities }: FakeActivities, isPlatform: boolean): object {
  const isTheirs = (name: string): boolean => (PLATFORM as readonly string[]).includes(name) === isPlatform;
  return Object.fromEntries(Object.entries(activities).filter(([name]) => isTheirs(name)));
}

async function partsOfTests(): Promise<HarnessParts> {
  const { inject } = await import('vitest');
  return { testServer: inject('testServer'), workflowBundle: inject('workflowBundle') };
}

interface RunningWorker {
  stop(): Promise<void>;
}

async function run(
  environment: TestWorkflowEnvironment,
  taskQueue: string,
  activities: object,
  workflowBundle?: string,
): Promise<RunningWorker> {
  const worker = await Worker.create({
    connection: environment.nativeConnection,
    taskQueue,
    activities,
    ...(workflowBundle ? { workflowBundle: { codePath: workflowBundle } } : {}),
  });
  const ended = worker.run();
  return {
    async stop() {
      worker.shutdown();
      await ended;
    },
  };
}

function openStory(environment: TestWorkflowEnvironment, fakes: FakeActivities): Story {
  const accountId = randomUUID();
  const workflowId = accountWorkflowId(DOMAIN, accountId);
  const { workflow } = environment.client;
  const handle = () => workflow.getHandle<typeof accountLifecycle>(workflowId);
  let skipping = Promise.resolve();
  const newOperation = (): string => randomUUID();

  const story: Story = {
    accountId,
    workflowId,
    submit: (changes = {}) => {
      const message = { ...sampleSubmission(accountId), ...changes };
      const startWorkflowOperation = new WithStartWorkflowOperation<typeof accountLifecycle>(ACCOUNT_LIFECYCLE, {
        workflowId,
        taskQueue: CONTROL_TASK_QUEUE,
        args: [{ accountId, domain: DOMAIN } satisfies AccountLifecycleInput],
        workflowIdConflictPolicy: 'USE_EXISTING',
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
      });
      return answered(
        workflow.executeUpdateWithStart(messages.updates.submit, { startWorkflowOperation, args: [message] }),
      );
    },
    decide: async (actor, decision, { groups = [], ...more } = {}) => {
      const approval = (await story.snapshot())?.approval;
      const user = { name: actor, role: 'approver' as const, groups, standsFor: [] };
      const standing = approval ? standingOf(user, approval) : [];
      const reason = decision === 'deny' ? 'Not needed any more' : null;
      return story.ask('decide', { actor, decision, reason, standing, step: null, ...more });
    },
    act: (action, actor, operationId = newOperation()) => story.ask(action, { actor, operationId }),
    ask: (action, message) => {
      const asked = { operationId: newOperation(), ...message };
      return answered(handle().executeUpdate<Account, [Caller]>(UPDATES[action], { args: [asked] }));
    },
    async approve() {
      accountIn(await story.submit());
      accountIn(await story.decide(APPROVER, 'approve'));
    },
    async activate() {
      await story.approve();
      return story.until((account) => account.state === 'active');
    },
    snapshot: () => asked(environment, () => handle().query(messages.snapshotQuery)),
    now: () => environment.currentTimeMs(),
    sleep: (duration) => (skipping = skipping.then(() => environment.sleep(duration))),
    sleepWithoutEngine: (durationMs) => skipWithoutEngine(environment, durationMs),
    async called(activity, times) {
      await eventually(`${activity} is called`, async () => fakes.inputsOf(activity).length >= times, POLLING);
    },
    until: (wanted) => eventually('the account gets there', () => wantedSnapshot(story, wanted), POLLING),
    result: () => handle().result(),
    async cancel() {
      await handle().cancel();
    },
    async cancelArrives() {
      const isAsked = async (): Promise<boolean> =>
        (await story.history()).some((event) => event.activityTaskCancelRequestedEventAttributes);
      await eventually('an activity is asked to be cancelled', isAsked, POLLING);
    },
    async history(runId) {
      const { events } = await workflow.getHandle(workflowId, runId).fetchHistory();
      return events ?? [];
    },
    recorded() {
      const events = fakes.inputsOf('recordTransition').flatMap((input) => input.events);
      const mine = events.filter((event) => event.accountId === accountId);
      return [...new Map(mine.map((event) => [event.sequence, event])).values()].sort(
        (a, b) => a.sequence - b.sequence,
      );
    },
    noticed() {
      const inputs = fakes.calls.flatMap(({ activity, input }) =>
        activity === 'recordTransition' || activity === 'notify' ? [input as NotifyInput] : [],
      );
      const notices = inputs.flatMap((input) => input.notices ?? []);
      return [...new Map(notices.map((notice) => [`${notice.kind} ${notice.dueAt}`, notice])).values()];
    },
    approversChanged: () => handle().signal(messages.approversChangedSignal),
    ownerLeft: (user) => handle().signal(messages.ownerLeftSignal, { user }),
    answer: (operationId) => asked(environment, () => handle().query(messages.answerQuery, operationId)),
    async laterRun(runId) {
      await eventually('the workflow continues as new', async () => (await story.runId()) !== runId, POLLING);
    },
    runId: async () => (await handle().describe()).runId,
    rests: () => untilIdle(handle()),
  };
  return story;
}

/** The test server loses a query now and then, and never answers it then: it is asked again. */
async function asked<T>(environment: TestWorkflowEnvironment, query: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await environment.client.connection.withDeadline(Date.now() + QUERY_LIMIT_MS, query);
    } catch (error) {
      if (tries === QUERY_TRIES || !isLost(error)) throw error;
    }
  }
}

/** The server notices the deadline too, and may say so first: it cancels the call then. */
function isLost(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return [error, cause].some((one) => isGrpcDeadlineError(one) || isGrpcCancelledError(one));
}

async function wantedSnapshot(story: Story, wanted: (account: Account) => boolean): Promise<Account> {
  const account = await story.snapshot();
  // The workflow need not wait for the projection: what it says already may still be on its way there.
  const sent = story.recorded().map(({ sequence }) => sequence);
  const isWhole = sent.length === (sent.at(-1) ?? 0) - (sent[0] ?? 1) + 1;
  if (account && wanted(account) && (sent.at(-1) ?? 0) >= account.sequence && isWhole) return account;
  throw new Error(`it is at ${JSON.stringify(account)}, and on record are the events ${sent.join(', ')}`);
}

export function sampleSubmission(operationId: string): SubmitMessage {
  return {
    actor: REQUESTER,
    operationId,
    request: {
      templateId: '7b0d5c1e-6a4f-4c58-9d0a-111111111111',
      templateVersion: 1,
      samAccountName: 'svc-payroll',
      justification: 'Pays the wages',
      owners: [OWNER],
      ownerGroups: [],
      acceptTerms: false,
      attributes: {},
    },
  };
}

/** The account of an answer. Throws when the update was refused. */
export function accountIn(answer: Answer): Account {
  if ('code' in answer) throw new Error(`refused: ${answer.code} ${answer.message}`);
  return answer.account;
}

async function answered(update: Promise<Account>): Promise<Answer> {
  try {
    return { account: await update };
  } catch (error) {
    const cause = error instanceof WorkflowUpdateFailedError ? error.cause : undefined;
    if (cause instanceof ApplicationFailure) return { code: cause.type ?? '', message: cause.message };
    throw error;
  }
}
