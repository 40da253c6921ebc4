/** The API with the real workflows behind it: what people do before an engine has any work. */
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { eventually } from '../../infra/dev/eventually.ts';
import type { Stack, TokenName } from '../../infra/dev/state.ts';
import { stateFolder } from '../support/our-stack.ts';
import { sampleTemplate } from '../support/projection-samples.ts';

let stack: Stack;
let templateId: string;

beforeAll(async () => {
  stack = JSON.parse(await readFile(join(stateFolder, 'stack.json'), 'utf8'));
  const { fqdn, accountsOu } = stack.domains[0]!;
  const steps = [
    { name: 'Line manager', approvers: { users: ['approver1'] }, quorum: 1 },
    { name: 'Security', approvers: { users: ['approver1', 'approver2', 'approver3'] }, quorum: 2 },
  ];
  const template = sampleTemplate({
    name: `Story ${randomUUID()}`,
    directory: { domain: fqdn, organizationalUnit: accountsOu },
    approval: { steps },
  });
  templateId = (await send('administrator', 'POST', '/templates', template)).body.id;
  const path = `/templates/${templateId}/publish`;
  const published = await send('administrator', 'POST', path, undefined, randomUUID(), '"1"');
  if (published.status !== 200) throw new Error(JSON.stringify(published.body));
});

async function send(
  as: TokenName,
  method: string,
  path: string,
  body?: unknown,
  key: string = randomUUID(),
  ifMatch?: string,
) {
  const { url, tokens } = stack.api!;
  const response = await fetch(`${url}/api/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${tokens[as]}`,
      ...(method === 'POST' ? { 'idempotency-key': key } : {}),
      ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
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
  const { body: passed } = await decide('approver3', { decision: 'approve', step: 0 });
  expect(passed).toMatchObject({ status: 409, code: 'StepNotOpen' });
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

test('a draft is saved, edited, submitted once, and an account is cloned into another', async () => {
  const body = request();
  const draft = await send('requester', 'POST', '/drafts', { ...body, samAccountName: 'Not a name yet' });
  expect(draft.body).toMatchObject({ code: 'InvalidRequest' });
  const { body: saved } = await send('requester', 'POST', '/drafts', { templateId });
  const path = `/drafts/${saved.id}`;
  const { body: edited } = await send('requester', 'PUT', path, body, undefined, '"1"');
  expect(edited).toMatchObject({ revision: 2, request: { samAccountName: body.samAccountName } });
  const key = randomUUID();
  const stale = await send('requester', 'POST', `${path}/submit`, undefined, key, '"1"');
  expect(stale.body.code).toBe('PreconditionFailed');
  const submitted = await send('requester', 'POST', `${path}/submit`, undefined, key, '"2"');
  expect(submitted.body).toMatchObject({ state: 'submitted', owners: ['requester', 'owner'] });
  expect((await send('requester', 'POST', `${path}/submit`, undefined, key, '"2"')).body).toEqual(submitted.body);
  expect((await send('requester', 'GET', path)).status).toBe(404);

  const clone = await send('requester', 'POST', `/accounts/${submitted.body.id}/clone`);
  expect(clone.body.request).toMatchObject({ templateId, samAccountName: body.samAccountName, owners: ['owner'] });
  const twin = await send('requester', 'POST', `/drafts/${clone.body.id}/submit`, undefined, undefined, '"1"');
  expect(twin.body.code).toBe('NameTaken');
});

test('an administrator replaces approvers, and a delegate decides from the seat of somebody who is away', async () => {
  const { body: account } = await send('requester', 'POST', '/requests', request());
  const path = `/accounts/${account.id}`;
  const replacement = { step: 0, approvers: { users: ['approver2'] }, quorum: 1 };
  const replaced = await send('administrator', 'POST', `${path}/replace-approvers`, replacement, undefined, '"1"');
  expect(replaced.body.approval.steps[0]).toMatchObject({ approvers: { users: ['approver2'], groups: [] } });
  expect((await send('approver1', 'POST', `${path}/decide`, { decision: 'approve' })).body.code).toBe('NotAnApprover');

  const times = { from: new Date().toISOString(), until: new Date(Date.now() + 600_000).toISOString() };
  const { body: delegation } = await send('approver2', 'POST', '/delegations', { delegate: 'approver1', ...times });
  expect(delegation).toMatchObject({ delegator: 'approver2', delegate: 'approver1', endedAt: null });
  expect((await send('approver1', 'GET', path)).body.allowedActions).toContain('decide');
  const decided = await send('approver1', 'POST', `${path}/decide`, { decision: 'approve', step: 0 });
  expect(decided.body.approval).toMatchObject({ openStep: 1, votes: [{ approver: 'approver1', seat: 'approver2' }] });
  const ended = await send('approver2', 'POST', `/delegations/${delegation.id}/end`);
  expect(ended.body.endedAt).not.toBeNull();

  const why = await send('requester', 'GET', `${path}/why`);
  expect(why.body.sentence).toContain(account.samAccountName);
  expect(why.body.reasons.map((reason: { kind: string }) => reason.kind)).toContain('must-act');
  const notices = await send('administrator', 'GET', `${path}/notices`);
  expect(notices.body.items.map((notice: { kind: string }) => notice.kind)).toContain('approval-needed');
});
