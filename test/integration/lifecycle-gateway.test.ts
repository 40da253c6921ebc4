/** The gateway against a real Temporal server and the real workflow, in a namespace of its own. Engines are away. */
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, type Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createLifecycleGateway, type LifecycleGateway } from '../../api/lifecycle-gateway.ts';
import { accountWorkflowId } from '../../contracts/ids.ts';
import { eventually } from '../../infra/dev/eventually.ts';
import { FQDN, PATIENCE, startGatewayHarness, type GatewayHarness } from '../support/gateway-harness.ts';
import { stateFolder } from '../support/our-stack.ts';
import { sampleSubmission } from '../support/projection-samples.ts';

/** Of Temporal's API: `RESET_REAPPLY_EXCLUDE_TYPE_SIGNAL`. */
const RESET_REAPPLY_EXCLUDE_SIGNAL = 1;

let harness: GatewayHarness;
let client: Client;
let gateway: LifecycleGateway;
beforeAll(async () => {
  const stack = JSON.parse(await readFile(join(stateFolder, 'stack.json'), 'utf8'));
  harness = await startGatewayHarness(stack.temporal.address);
  ({ client, gateway } = harness);
});
afterAll(async () => harness.close());

/** What was sent to the projection about an account, without the notices. */
const recorded = (accountId: string) =>
  harness.fakes
    .inputsOf('recordTransition')
    .filter(({ account }) => account.id === accountId)
    .map(({ account, events }) => ({ account, events }));

const by = (actor: string) => ({ actor, operationId: randomUUID() });

async function submitted(): Promise<string> {
  const accountId = randomUUID();
  await gateway.submit(FQDN, accountId, sampleSubmission());
  return accountId;
}

/** A ballot of somebody on each step of which they have a seat. */
const ballot = (actor: string, decision: 'approve' | 'deny' = 'approve') => ({
  ...by(actor),
  standing: [[actor]],
  step: null,
  decision,
  reason: null,
});

/**
 * A client on a slow way: the first answer to an update says no more than that the update was taken, and comes late. The
 * client then asks for the outcome.
 */
function slowClient(late: () => Promise<unknown>): { client: Client; sent: () => number } {
  let sent = 0;
  const { connection, namespace, dataConverter } = harness;
  const { workflowService } = connection;
  const updateWorkflowExecution = async (request: Parameters<typeof workflowService.updateWorkflowExecution>[0]) => {
    sent += 1;
    const answer = await workflowService.updateWorkflowExecution(request);
    if (sent > 1) return answer;
    await late();
    return { ...answer, outcome: null };
  };
  const slow: Connection = Object.create(connection, {
    workflowService: { value: { ...workflowService, updateWorkflowExecution } },
  });
  return { client: new Client({ connection: slow, namespace, dataConverter }), sent: () => sent };
}

describe('submit', () => {
  test('answers the account once it is on record; again, the same answer', async () => {
    const accountId = randomUUID();
    const message = sampleSubmission();
    const first = await gateway.submit(FQDN, accountId, message);
    expect(first).toMatchObject({ id: accountId, state: 'submitted', sequence: 1, owners: ['rita', 'olaf'] });
    expect(recorded(accountId)).toHaveLength(1);
    await gateway.act(FQDN, accountId, 'decide', ballot('anna'));
    expect(await gateway.submit(FQDN, accountId, message)).toEqual(first);
    expect(await gateway.snapshot(FQDN, accountId)).toMatchObject({ state: 'approved' });
  });

  test('a refusal has the code of the workflow, and again when the workflow has ended by it', async () => {
    const accountId = randomUUID();
    const message = sampleSubmission({ samAccountName: 'svc-taken' });
    const refused = { name: 'Refusal', code: 'NameTaken', message: 'svc-taken is in use.' };
    await expect(gateway.submit(FQDN, accountId, message)).rejects.toMatchObject(refused);
    await expect(gateway.submit(FQDN, accountId, message)).rejects.toMatchObject(refused);
  });

  test('under way twice at once it is one account with one answer', async () => {
    const accountId = randomUUID();
    const message = sampleSubmission();
    const answers = await Promise.all([1, 2, 3].map(() => gateway.submit(FQDN, accountId, message)));
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[2]).toEqual(answers[0]);
  });
});

describe('act', () => {
  test.each([
    ['rita', [['rita']], 'SelfApproval'],
    ['ben', [[]], 'NotAnApprover'],
  ] as const)('%s who may not decide gets the code of the workflow', async (actor, standing, code) => {
    const accountId = await submitted();
    const asked = gateway.act(FQDN, accountId, 'decide', { ...ballot(actor), standing });
    await expect(asked).rejects.toMatchObject({ name: 'Refusal', code });
  });

  test('what is asked beside the action arrives, and its answer is remembered by its operation', async () => {
    const { domain, id } = await harness.living();
    const message = { ...by('olaf'), owners: ['olaf', 'otto'], ownerGroups: [] };
    const changed = await gateway.act(domain, id, 'change-owners', message);
    expect(changed).toMatchObject({ id, owners: ['olaf', 'otto'], sequence: 8 });
    expect(await gateway.earlierAnswer(domain, id, message.operationId)).toEqual(changed);
    expect(await gateway.earlierAnswer(domain, id, randomUUID())).toBeNull();
    expect(await gateway.earlierAnswer(domain, randomUUID(), message.operationId)).toBeNull();
    const stale = gateway.act(domain, id, 'edit', { ...by('olaf'), description: null, expectedSequence: 7 });
    await expect(stale).rejects.toMatchObject({ name: 'Refusal', code: 'PreconditionFailed' });
    // Another body under the same operation changes nothing: the API says that the key was used.
    expect(await gateway.act(domain, id, 'change-owners', { ...message, owners: ['rita'] })).toEqual(changed);
  });

  test('approvers are replaced on the open step only', async () => {
    const accountId = await submitted();
    const asked = { ...by('ada'), step: 0, approvers: { users: ['ben', 'cleo'], groups: ['chiefs'] }, quorum: 2 };
    const wrong = gateway.act(FQDN, accountId, 'replace-approvers', { ...asked, ...by('ada'), step: 1 });
    await expect(wrong).rejects.toMatchObject({ name: 'Refusal', code: 'StepNotOpen' });
    const replaced = await gateway.act(FQDN, accountId, 'replace-approvers', asked);
    expect(replaced.approval.steps[0]).toMatchObject({ approvers: asked.approvers, quorum: 2 });
  });

  test('an action that the state does not allow is a StateConflict in words', async () => {
    const accountId = await submitted();
    const asked = gateway.act(FQDN, accountId, 'renew', by('olaf'));
    await expect(asked).rejects.toMatchObject({
      code: 'StateConflict',
      message: expect.stringContaining('svc-payroll'),
    });
  });

  test('after the end the same operation has its first answer, another one is a StateConflict', async () => {
    const accountId = await submitted();
    const message = by('rita');
    const first = await gateway.act(FQDN, accountId, 'withdraw', message);
    expect(first.state).toBe('withdrawn');
    await eventually(
      'the workflow has ended',
      async () => {
        const { status } = await client.workflow.getHandle(`account:${FQDN}:${accountId}`).describe();
        return status.name === 'COMPLETED';
      },
      PATIENCE,
    );
    expect(await gateway.act(FQDN, accountId, 'withdraw', message)).toEqual(first);
    const other = gateway.act(FQDN, accountId, 'withdraw', by('rita'));
    await expect(other).rejects.toMatchObject({ name: 'Refusal', code: 'StateConflict' });
  });

  test('on an account that never was it is NotFound', async () => {
    const asked = gateway.act(FQDN, randomUUID(), 'withdraw', by('rita'));
    await expect(asked).rejects.toMatchObject({ name: 'Refusal', code: 'NotFound' });
    await expect(gateway.snapshot(FQDN, randomUUID())).rejects.toMatchObject({ name: 'Refusal', code: 'NotFound' });
  });
});

test('a message that is not encrypted stops an account, which is ServiceUnavailable, until a reset leaves it out', async () => {
  const accountId = await submitted();
  const workflowId = accountWorkflowId(FQDN, accountId);
  const { connection, namespace } = harness;
  const stranger = new Client({ connection, namespace });
  await stranger.workflow.getHandle(workflowId).signal('anything', 'in plain text');
  const asked = by('rita');
  const ask = () => gateway.act(FQDN, accountId, 'withdraw', asked);
  await expect(ask()).rejects.toMatchObject({ name: 'Refusal', code: 'ServiceUnavailable' });
  // What docs/operate/blocked-accounts.md tells operators to do.
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
  const completed = events!.findLast((event) => event.workflowTaskCompletedEventAttributes);
  await client.workflowService.resetWorkflowExecution({
    namespace,
    requestId: randomUUID(),
    workflowExecution: { workflowId },
    workflowTaskFinishEventId: completed?.eventId ?? null,
    resetReapplyExcludeTypes: [RESET_REAPPLY_EXCLUDE_SIGNAL],
    reason: 'test',
  });
  const found = await eventually('the account goes on', () => ask().catch(() => undefined), PATIENCE);
  expect(found).toMatchObject({ id: accountId, state: 'withdrawn' });
});

test('recordedTransitions gives what histories have, decrypted', async () => {
  const accountId = await submitted();
  await gateway.act(FQDN, accountId, 'withdraw', by('rita'));
  const found = await eventually(
    'both transitions can be listed',
    async () => {
      const mine: unknown[] = [];
      for await (const one of gateway.recordedTransitions()) if (one.account.id === accountId) mine.push(one);
      return mine.length === 2 && mine;
    },
    PATIENCE,
  );
  expect(found).toEqual(recorded(accountId));
});

test('recordedTransitions gives the account that a run was handed, for earlier runs are forgotten', async () => {
  const account = await harness.living();
  const found = await eventually(
    'the run can be listed',
    async () => {
      for await (const one of gateway.recordedTransitions()) if (one.account.id === account.id) return one;
      return undefined;
    },
    PATIENCE,
  );
  expect(found).toEqual({ account, events: [] });
});

test('an answer that is fetched only when a new run has begun is the answer, and the change is made once', async () => {
  const account = await harness.living({
    domain: `${randomUUID()}.example.com`,
    renewalOpensAt: '2026-01-31T00:00:00.000Z',
  });
  const { domain, id } = account;
  const handle = client.workflow.getHandle(accountWorkflowId(domain, id));
  const { runId } = await handle.describe();
  const hasNewRun = () =>
    eventually('a new run has begun', async () => (await handle.describe()).runId !== runId, {
      timeoutMs: 60_000,
      intervalMs: 500,
    });
  const slow = slowClient(hasNewRun);
  const changes: unknown[] = [];
  const engine = await harness.engineOf(domain, { applyExpiry: async (input) => void changes.push(input) });
  await engine.runUntil(async () => {
    const message = by('olaf');
    const renewed = await createLifecycleGateway(slow.client, { updateDeadlineMs: 90_000 }).act(
      domain,
      id,
      'renew',
      message,
    );
    expect(renewed).toMatchObject({ id, state: 'active', sequence: account.sequence + 1 });
    expect(await gateway.act(domain, id, 'renew', message)).toEqual(renewed);
  });
  expect(slow.sent()).toBe(2);
  expect(changes).toHaveLength(1);
});

test('an engine is online while it polls, and was never seen before', async () => {
  const fqdn = `${randomUUID()}.example.com`;
  expect(await gateway.engineStatus(fqdn)).toEqual({ status: 'away', lastSeenAt: null });
  const engine = await harness.engineOf(fqdn, { applyExpiry: async () => undefined });
  await engine.runUntil(
    eventually('the engine is online', async () => (await gateway.engineStatus(fqdn)).status === 'online', PATIENCE),
  );
});
