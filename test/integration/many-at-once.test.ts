/** Many people at the same instant, on a real Temporal server and through the gateway that the API opens. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@temporalio/client';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createLifecycleGateway, type OpenGateway } from '../../api/lifecycle-gateway.ts';
import type { Account } from '../../contracts/account.ts';
import { tally } from '../../contracts/approval.ts';
import { accountWorkflowId } from '../../contracts/ids.ts';
import type { AccountAction } from '../../contracts/lifecycle.ts';
import type { Messages } from '../../contracts/workflows.ts';
import { eventually } from '../../infra/dev/eventually.ts';
import type { TemplateParts } from '../support/fake-activities.ts';
import { FQDN, PATIENCE } from '../support/gateway-harness.ts';
import { stateFolder } from '../support/our-stack.ts';
import { sampleSubmission, sampleTemplate } from '../support/projection-samples.ts';
import { installQuietRuntime } from '../support/quiet-runtime.ts';
import { startReleases, type Release, type Releases } from '../support/releases.ts';
import { bundleInto } from '../support/workflow-setup.ts';

installQuietRuntime();

let folder: string;
let releases: Releases;
let control: Release;
let api: OpenGateway;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'alm-many-'));
  const stack = JSON.parse(await readFile(join(stateFolder, 'stack.json'), 'utf8'));
  releases = await startReleases(stack.temporal.address);
  control = await releases.start(await bundleInto(folder));
  api = releases.open();
});
beforeEach(() => {
  control.fakes.reset();
  releases.engine.reset();
});
afterAll(async () => {
  await api.close();
  await releases.close();
  await rm(folder, { recursive: true, force: true });
});

type Step = NonNullable<NonNullable<TemplateParts['approval']>['steps']>[number];

const step = (users: string[], quorum: number): Step => ({ name: 'Step', approvers: { users, groups: [] }, quorum });

/** A request under a template with these steps. */
async function submitted(...steps: Step[]): Promise<string> {
  control.fakes.behave({
    reserveName: async ({ request: { templateId, templateVersion: version } }) => ({
      outcome: 'reserved',
      snapshot: { templateId, version, template: sampleTemplate({ approval: { steps } }) },
    }),
  });
  const id = randomUUID();
  await api.gateway.submit(FQDN, id, sampleSubmission());
  return id;
}

/** The account with which an action was answered, or the code with which it was refused. */
async function asked<A extends AccountAction>(
  id: string,
  action: A,
  message: Omit<Messages[A], 'operationId'>,
): Promise<Account | string> {
  const whole = { ...message, operationId: randomUUID() } as Messages[A];
  return api.gateway
    .act(FQDN, id, action, whole)
    .catch((error: { code?: string; message: string }) => error.code ?? error.message);
}

const decided = (id: string, actor: string, decision: 'approve' | 'deny' = 'approve') =>
  asked(id, 'decide', { actor, standing: [[actor], [actor]], step: 0, decision, reason: 'Because' });

const accounts = (answers: readonly (Account | string)[]) => answers.filter((answer) => typeof answer !== 'string');
const codes = (answers: readonly (Account | string)[]) => answers.filter((answer) => typeof answer === 'string');
const snapshot = async (id: string): Promise<Account> => (await api.gateway.snapshot(FQDN, id))!;
const becomes = (id: string, wanted: (account: Account) => boolean) =>
  eventually('the account gets there', async () => wanted(await snapshot(id)), PATIENCE);

async function historyOf(id: string) {
  return (await releases.client.workflow.getHandle(accountWorkflowId(FQDN, id)).fetchHistory()).events!;
}

const historyLength = async (id: string): Promise<number> => (await historyOf(id)).length;

/** The activities and what became of them, oldest first: `establishAccount`, `establishAccount: ended`. */
async function activitiesOf(id: string): Promise<string[]> {
  const events = await historyOf(id);
  const nameOf = (scheduledEventId: unknown): string =>
    events.find(({ eventId }) => String(eventId) === String(scheduledEventId))!.activityTaskScheduledEventAttributes!
      .activityType!.name!;
  return events.flatMap((event) => {
    const asked = event.activityTaskScheduledEventAttributes;
    if (asked) return [asked.activityType!.name!];
    const cancelled = event.activityTaskCancelRequestedEventAttributes;
    if (cancelled) return [`${nameOf(cancelled.scheduledEventId)}: cancelled`];
    const ended =
      event.activityTaskCompletedEventAttributes ??
      event.activityTaskFailedEventAttributes ??
      event.activityTaskTimedOutEventAttributes ??
      event.activityTaskCanceledEventAttributes;
    return ended ? [`${nameOf(ended.scheduledEventId)}: ended`] : [];
  });
}

/** A client that counts how many calls of `method` it has under way at most. */
function countingClient(method: 'updateWorkflowExecution' | 'queryWorkflow'): { client: Client; most: () => number } {
  const { connection, options } = releases.client;
  const { workflowService } = connection;
  let [underWay, most] = [0, 0];
  const call = workflowService[method].bind(workflowService) as (request: unknown) => Promise<unknown>;
  const counted = async (request: unknown) => {
    most = Math.max(most, (underWay += 1));
    return call(request).finally(() => (underWay -= 1));
  };
  const counting = Object.create(connection, {
    workflowService: { value: { ...workflowService, [method]: counted } },
  });
  const { namespace, dataConverter } = options;
  const client = new Client({ connection: counting, namespace, ...(dataConverter ? { dataConverter } : {}) });
  return { client, most: () => most };
}

test('50 approvers within a second on a step that needs 10: ten count, the others learn that it is closed', async () => {
  const people = Array.from({ length: 50 }, (_, index) => `approver-${index}`);
  const id = await submitted(step(people, 10), step(['zoe'], 1));
  const before = await historyLength(id);
  const askedAt = performance.now();
  const answers = await Promise.all(people.map((person) => decided(id, person)));
  const tookMs = performance.now() - askedAt;
  expect(codes(answers)).toEqual(Array.from({ length: 40 }, () => 'StepNotOpen'));
  const { approval, state } = await snapshot(id);
  expect(state).toBe('submitted');
  expect(approval.openStep).toBe(1);
  const counted = people.filter((_, index) => typeof answers[index] !== 'string');
  expect(approval.votes.map(({ approver }) => approver).sort()).toEqual(counted.sort());
  expect(tally(approval.steps, approval.votes)).toMatchObject({ outcome: 'pending', step: 1 });
  // Each was answered with the account as their vote left it.
  const votes = accounts(answers).map((account) => account.approval.votes.length);
  expect(votes.sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  const recorded = control.fakes.inputsOf('recordTransition').flatMap(({ events }) => events.map(({ type }) => type));
  expect(recorded.filter((type) => type === 'voted')).toHaveLength(10);
  const events = (await historyLength(id)) - before;
  console.log(`50 decisions: ${Math.round(tookMs)} ms, ${events} events`);
  expect(events).toBeLessThan(500);
  expect(tookMs).toBeLessThan(10_000);
  expect(await decided(id, people[0]!)).toBe('StepNotOpen');
});

test('of one account the gateway has fewer updates under way than Temporal holds: it never sends anybody away', async () => {
  const people = Array.from({ length: 20 }, (_, index) => `approver-${index}`);
  const id = await submitted(step(people, 20));
  const { client, most } = countingClient('updateWorkflowExecution');
  const gateway = createLifecycleGateway(client);
  const vote = { step: 0, decision: 'approve' as const, reason: null };
  const votes = people.map((actor) =>
    gateway.act(FQDN, id, 'decide', { ...vote, actor, standing: [[actor]], operationId: randomUUID() }),
  );
  expect(await Promise.all(votes)).toHaveLength(20);
  expect(most()).toBe(5);
});

test('of one account or migration the gateway asks one thing at a time: Temporal never sends anybody away', async () => {
  const id = await submitted(step(['anna', 'ben'], 2));
  const { client, most } = countingClient('queryWorkflow');
  const gateway = createLifecycleGateway(client);
  const looks = Array.from({ length: 20 }, () => gateway.snapshot(FQDN, id));
  await decided(id, 'anna');
  expect(await Promise.all(looks)).toHaveLength(20);
  expect(await gateway.snapshot(FQDN, id)).toMatchObject({ approval: { votes: [{ approver: 'anna' }] } });
  const migration = randomUUID();
  await Promise.all(Array.from({ length: 20 }, () => gateway.migration(migration)));
  expect(most()).toBe(1);
});

test('two who decide at once: one decides, the other is too late', async () => {
  const id = await submitted(step(['anna', 'ben'], 1));
  const answers = await Promise.all([decided(id, 'anna'), decided(id, 'ben', 'deny')]);
  expect(codes(answers)).toEqual(['StateConflict']);
  const { approval } = await snapshot(id);
  expect(approval.votes).toHaveLength(1);
  expect(approval.votes[0]!.decision).toBe(typeof answers[0] === 'string' ? 'deny' : 'approve');
});

test('one who decides twice at once has one vote', async () => {
  const id = await submitted(step(['anna', 'ben'], 2));
  const answers = await Promise.all([decided(id, 'anna'), decided(id, 'anna')]);
  expect(codes(answers)).toEqual(['AlreadyDecided']);
  expect((await snapshot(id)).approval.votes).toHaveLength(1);
});

test('two who renew at once: one period, written once', async () => {
  const { id } = await releases.living({ renewalOpensAt: '2026-01-31T00:00:00.000Z' });
  const answers = await Promise.all(['rita', 'olaf'].map((actor) => asked(id, 'renew', { actor })));
  expect(codes(answers)).toEqual(['RenewalNotOpen']);
  const [renewed] = accounts(answers);
  expect(renewed!.sequence).toBe(8);
  expect(releases.engine.inputsOf('applyExpiry')).toEqual([expect.objectContaining({ expiresAt: renewed!.endsAt })]);
});

test('one withdraws while another approves: either way the request is withdrawn and nothing is left', async () => {
  for (let times = 0; times < 5; times += 1) {
    releases.engine.reset();
    const id = await submitted(step(['anna'], 1));
    const [approved, withdrawn] = await Promise.all([decided(id, 'anna'), asked(id, 'withdraw', { actor: 'rita' })]);
    // Approved first, it can still be withdrawn until it is active.
    if (withdrawn === 'StateConflict') await becomes(id, ({ state }) => state === 'active');
    else await becomes(id, ({ state }) => state === 'withdrawn');
    if (typeof approved === 'string') expect([approved, withdrawn]).toEqual(['StateConflict', expect.anything()]);
    const made = releases.engine.inputsOf('establishAccount').length;
    const deleted = releases.engine.inputsOf('deleteAccount').length;
    if (typeof withdrawn !== 'string' && made > 0) expect(deleted).toBeGreaterThan(0);
  }
});

test.each([
  ['succeeds', undefined],
  ['fails', 'DirectoryUnavailable'],
  ['says nothing any more', null],
] as const)(
  'one withdraws while the engine is at a step, which then %s: it is undone when it has ended',
  async (_then, failure) => {
    const gate = releases.engine.hold('establishAccount', failure ?? undefined);
    const id = await submitted(step(['anna'], 1));
    await decided(id, 'anna');
    await eventually('the engine is at it', async () => releases.engine.names().includes('establishAccount'), PATIENCE);
    const withdrawn = asked(id, 'withdraw', { actor: 'rita' });
    const isCancelled = async () => (await activitiesOf(id)).includes('establishAccount: cancelled');
    await eventually('the step is given up', isCancelled, PATIENCE);
    // Without heartbeats it is given up by the server.
    if (failure !== null) gate.open();
    await becomes(id, ({ state }) => state === 'withdrawn');
    gate.open();
    const withdrawing = expect.objectContaining({ state: 'withdrawing' });
    // An engine that is silent may keep the caller waiting for longer than the API waits.
    expect(failure === null ? [withdrawing, 'ServiceUnavailable'] : [withdrawing]).toContainEqual(await withdrawn);
    const activities = (await activitiesOf(id)).filter((name) => /^establishAccount|^deleteAccount$/.test(name));
    expect(activities).toEqual([
      'establishAccount',
      'establishAccount: cancelled',
      'establishAccount: ended',
      'deleteAccount',
    ]);
    expect(releases.engine.names().filter((name) => name === 'establishAccount')).toHaveLength(1);
  },
);

test.each(['VaultAccessDenied', 'DirectoryUnavailable'] as const)(
  'many who resume an account that is blocked by %s: each has an answer, and the last try counts',
  async (code) => {
    const { id } = await releases.living();
    releases.engine.fail('disableAccount', code);
    const disabled = asked(id, 'disable', { actor: 'olaf' });
    await becomes(id, ({ blocked }) => blocked?.code === code);
    const resumed: (Account | string)[] = [];
    for (let round = 0; round < 3; round += 1) {
      resumed.push(
        ...(await Promise.all(['ada', 'rita', 'olaf', 'otto'].map((actor) => asked(id, 'resume', { actor })))),
      );
    }
    expect(codes(resumed)).toEqual([]);
    releases.engine.recover();
    await asked(id, 'resume', { actor: 'ada' });
    expect(await disabled).toMatchObject({ state: 'disabled', blocked: null });
  },
);

test('people who ask again and again of an account whose engine is away do not shut out who retires it', async () => {
  const account = await releases.living({ domain: `${randomUUID()}.example.com` });
  const act = (action: 'disable' | 'retire') =>
    api.gateway
      .act(account.domain, account.id, action, { actor: 'olaf', operationId: randomUUID() })
      .catch((error: { code?: string; message: string }) => error.code ?? error.message);
  const waiting = Array.from({ length: 15 }, () => act('disable'));
  const refused = await Promise.race(waiting);
  expect(refused).toBe('ServiceUnavailable');
  const askedAt = performance.now();
  expect(await act('retire')).toMatchObject({ state: 'retiring' });
  expect(performance.now() - askedAt).toBeLessThan(10_000);
  expect(codes(await Promise.all(waiting)).filter((code) => code === 'StateConflict')).toHaveLength(4);
});
