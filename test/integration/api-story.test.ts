/** The API with the real workflows behind it: what people do before an engine has any work. */
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, inject, test } from 'vitest';
import { eventually } from '../../infra/dev/eventually.ts';
import type { Stack, TokenName } from '../../infra/dev/state.ts';
import { sampleTemplate } from '../support/projection-samples.ts';

let stack: Stack;
let templateId: string;

beforeAll(async () => {
  stack = JSON.parse(await readFile(join(inject('stateFolder'), 'stack.json'), 'utf8'));
  const { fqdn, accountsOu } = stack.domains[0]!;
  const steps = [
    { name: 'Line manager', approvers: ['approver1'], quorum: 1 },
    { name: 'Security', approvers: ['approver1', 'approver2', 'approver3'], quorum: 2 },
  ];
  const template = sampleTemplate({
    name: `Story ${randomUUID()}`,
    directory: { domain: fqdn, organizationalUnit: accountsOu, groups: [], mayChangePassword: false },
    approval: { steps },
  });
  templateId = (await send('administrator', 'POST', '/templates', template)).body.id;
});

async function send(as: TokenName, method: string, path: string, body?: unknown, key: string = randomUUID()) {
  const { url, tokens } = stack.api!;
  const response = await fetch(`${url}/api/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${tokens[as]}`,
      ...(method === 'POST' ? { 'idempotency-key': key } : {}),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as any }; // eslint-disable-line @typescript-eslint/no-explicit-any
}

function request() {
  const letters = randomUUID()
    .replaceAll(/[^a-f]/g, '')
    .padEnd(6, 'x')
    .slice(0, 16);
  return { templateId, samAccountName: `svc-${letters}`, justification: 'For the story.', owners: ['owner'] };
}

test('a request is decided step by step, and refusals have the words of the workflow', async () => {
  const key = randomUUID();
  const body = request();
  const submitted = await send('requester', 'POST', '/requests', body, key);
  expect(submitted.status, JSON.stringify(submitted.body)).toBe(201);
  expect(submitted.body).toMatchObject({ state: 'submitted', sequence: 1, allowedActions: ['withdraw'] });
  const path = `/accounts/${submitted.body.id}`;

  // The projection has it already: whoever is sent to the new address finds something there.
  expect((await send('requester', 'GET', path)).status).toBe(200);
  expect((await send('requester', 'POST', '/requests', body, key)).body).toEqual(submitted.body);
  const other = { ...body, justification: 'Another one.' };
  expect((await send('requester', 'POST', '/requests', other, key)).body.code).toBe('IdempotencyKeyReused');
  const { body: taken } = await send('requester', 'POST', '/requests', body);
  expect(taken).toMatchObject({ status: 409, code: 'NameTaken', detail: expect.stringContaining(body.samAccountName) });

  const decide = (as: TokenName, decision: object, decisionKey?: string) =>
    send(as, 'POST', `${path}/decide`, decision, decisionKey);
  expect((await decide('requester', { decision: 'approve' })).body.code).toBe('SelfApproval');
  expect((await decide('approver2', { decision: 'approve' })).body.code).toBe('NotAnApprover');
  const voteKey = randomUUID();
  const voted = await decide('approver1', { decision: 'approve' }, voteKey);
  expect(voted.body).toMatchObject({ state: 'submitted', approval: { openStep: 1 }, allowedActions: ['decide'] });
  expect((await decide('approver1', { decision: 'approve' }, voteKey)).body).toEqual(voted.body);
  const opposite = await decide('approver1', { decision: 'deny', reason: 'A mistake.' }, voteKey);
  expect(opposite.body).toMatchObject({ status: 409, code: 'IdempotencyKeyReused' });
  expect((await send('owner', 'POST', `${path}/renew`)).body.code).toBe('StateConflict');

  const denied = await decide('approver3', { decision: 'deny', reason: 'No such system.' });
  expect(denied.body).toMatchObject({ state: 'rejected', allowedActions: [] });
  const late = await decide('approver2', { decision: 'approve' });
  expect(late.body).toMatchObject({ status: 409, code: 'StateConflict' });
  const { body: events } = await send('requester', 'GET', `${path}/events`);
  expect(events.items.map((event: { type: string }) => event.type)).toEqual([
    'submitted',
    'voted',
    'voted',
    'rejected',
  ]);
});

test('a name is free again after a withdrawal, and the repeated withdrawal has its first answer', async () => {
  const body = request();
  const { body: first } = await send('requester', 'POST', '/requests', body);
  const key = randomUUID();
  const withdrawn = await send('requester', 'POST', `/accounts/${first.id}/withdraw`, undefined, key);
  expect(withdrawn.body.state).toBe('withdrawn');
  await eventually(
    'the name is free',
    async () => (await send('requester', 'POST', '/requests', body)).status === 201,
    { timeoutMs: 10_000, intervalMs: 200 },
  );
  const again = await send('requester', 'POST', `/accounts/${first.id}/withdraw`, undefined, key);
  expect(again.body).toEqual(withdrawn.body);
});

test('one key sent many times at once is one account', async () => {
  const key = randomUUID();
  const body = request();
  const answers = await Promise.all([1, 2, 3, 4, 5].map(() => send('requester', 'POST', '/requests', body, key)));
  for (const answer of answers) expect(answer).toEqual(answers[0]);
  expect(answers[0]!.status).toBe(201);
});
