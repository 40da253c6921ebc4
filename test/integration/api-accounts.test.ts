/** Requests and accounts over HTTP: what reaches the workflow, under which ids, and how the answers are shown. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { refusal } from '../../api/http/refusal.ts';
import { addTemplateVersion } from '../../db/queries/templates.ts';
import { project } from '../support/fake-gateway.ts';
import { sampleAccount, sampleTemplate } from '../support/projection-samples.ts';
import { startTestApi, type TestApi } from '../support/test-api.ts';

let api: TestApi;
beforeAll(async () => void (api = await startTestApi()));
afterAll(async () => api.close());

const request = (overrides: object = {}) => ({
  templateId: api.template.id,
  samAccountName: 'svc-payroll',
  justification: 'Runs the payroll.',
  owners: ['olaf'],
  ...overrides,
});
const key = (text: string = randomUUID()) => ({ 'idempotency-key': text });
const fieldsOf = (body: { errors: { field: string }[] }) => body.errors.map((error) => error.field);

describe('POST /requests', () => {
  test('submits under the newest version of the template, and says where the account is', async () => {
    const answer = await api.send('POST', '/requests', { as: 'rita', body: request() });
    expect(answer.status, answer.text).toBe(201);
    expect(answer.headers.get('location')).toBe(`/api/v1/accounts/${answer.body.id}`);
    expect(answer.headers.get('etag')).toBe('"1"');
    expect(answer.body).toMatchObject({ requester: 'rita', owners: ['rita', 'olaf'], allowedActions: ['withdraw'] });
    const call = api.gateway.calls.at(-1)!;
    expect(call).toMatchObject({ name: 'submit', accountId: answer.body.id });
    expect(call.message).toMatchObject({ actor: 'rita', request: { templateVersion: 1 } });
  });

  test('again under the same key: the same account by the same ids, even when the template has changed', async () => {
    const sent = { as: 'rita', body: request({ samAccountName: 'svc-again' }), headers: key() } as const;
    const first = await api.send('POST', '/requests', sent);
    const template = sampleTemplate({ naming: { pattern: 'other-[a-z]+' } });
    const change = { id: api.template.id, template, createdBy: 'ada', createdAt: new Date().toISOString() };
    await addTemplateVersion(api.database.db, { ...change, expectedVersion: 1 });
    const again = await api.send('POST', '/requests', sent);
    expect(again.body).toEqual(first.body);
    const [one, two] = api.gateway.calls.slice(-2);
    expect(two).toEqual(one);
    await addTemplateVersion(api.database.db, { ...change, template: sampleTemplate(), expectedVersion: 2 });
  });

  test.each([
    ['samAccountName', { samAccountName: 'svc-other' }],
    ['justification', { justification: 'Something else.' }],
    ['description', { description: 'Something else.' }],
    ['owners', { owners: [] }],
  ])('under the same key with another %s it is IdempotencyKeyReused', async (_field, overrides) => {
    const headers = key();
    await api.send('POST', '/requests', { as: 'rita', body: request({ samAccountName: 'svc-reused' }), headers });
    const body = request({ samAccountName: 'svc-reused', ...overrides });
    const other = await api.send('POST', '/requests', { as: 'rita', body, headers });
    expect(other.body).toMatchObject({ status: 409, code: 'IdempotencyKeyReused' });
  });

  test('the same key of another caller is another request', async () => {
    const headers = key();
    const one = await api.send('POST', '/requests', {
      as: 'rita',
      body: request({ samAccountName: 'svc-a' }),
      headers,
    });
    const body = request({ samAccountName: 'svc-b' });
    const two = await api.send('POST', '/requests', { as: 'other-requester', body, headers });
    expect(two.status).toBe(201);
    expect(two.body.id).not.toBe(one.body.id);
  });

  test('says at once, field by field, what cannot be', async () => {
    const calls = api.gateway.calls.length;
    const body = request({ samAccountName: 'payroll', owners: ['olaf', 'nobody-there', 'gone'] });
    const answer = await api.send('POST', '/requests', { as: 'rita', body });
    expect(answer.status).toBe(422);
    expect(fieldsOf(answer.body)).toEqual(['/samAccountName', '/owners/1', '/owners/2']);
    const missing = await api.send('POST', '/requests', { as: 'rita', body: request({ templateId: randomUUID() }) });
    expect(fieldsOf(missing.body)).toEqual(['/templateId']);
    expect(api.gateway.calls.length).toBe(calls);
  });

  test('refuses who would have to approve alone', async () => {
    const steps = [{ name: 'Operations', approvers: ['ada'], quorum: 1 }];
    const made = await api.send('POST', '/templates', { as: 'ada', body: sampleTemplate({ approval: { steps } }) });
    const body = request({ templateId: made.body.id, owners: [] });
    const answer = await api.send('POST', '/requests', { as: 'ada', body });
    expect(answer.body).toMatchObject({ status: 422, code: 'PolicyViolation' });
  });

  test('passes the refusal of the workflow on', async () => {
    api.gateway.failNext(refusal('NameTaken', 'svc-payroll is in use.'));
    const answer = await api.send('POST', '/requests', { as: 'rita', body: request() });
    expect(answer.body).toMatchObject({ status: 409, code: 'NameTaken', detail: 'svc-payroll is in use.' });
  });
});

describe('actions', () => {
  test('a decision reaches the workflow with who decides; the same key is the same operation', async () => {
    const { id } = await project(api.database.db, sampleAccount());
    const sent = { as: 'anna', body: { decision: 'deny', reason: 'Not needed.' }, headers: key() } as const;
    const answer = await api.send('POST', `/accounts/${id}/decide`, sent);
    expect([answer.status, answer.headers.get('etag')]).toEqual([200, '"2"']);
    await api.send('POST', `/accounts/${id}/decide`, sent);
    const [one, two] = api.gateway.calls.slice(-2);
    expect(one!.message).toMatchObject({ actor: 'anna', decision: 'deny', reason: 'Not needed.' });
    expect(two).toEqual(one);
  });

  test('one key on two actions or two accounts is two operations', async () => {
    const headers = key();
    const accounts = [await project(api.database.db, sampleAccount()), await project(api.database.db, sampleAccount())];
    for (const { id } of accounts) {
      for (const action of ['retire', 'disable'])
        await api.send('POST', `/accounts/${id}/${action}`, { as: 'olaf', headers });
    }
    const ids = api.gateway.calls.slice(-4).map((call) => (call.message as { operationId: string }).operationId);
    expect(new Set(ids).size).toBe(4);
  });

  test('a denial needs a reason', async () => {
    const { id } = await project(api.database.db, sampleAccount());
    const answer = await api.send('POST', `/accounts/${id}/decide`, { as: 'anna', body: { decision: 'deny' } });
    expect(fieldsOf(answer.body)).toEqual(['/reason']);
  });

  test.each([
    ['RenewalNotOpen', 409],
    ['SelfApproval', 409],
    ['NotAnApprover', 403],
    ['ServiceUnavailable', 503],
  ] as const)('a refusal with %s is %i', async (code, status) => {
    const { id } = await project(api.database.db, sampleAccount());
    api.gateway.failNext(refusal(code));
    expect((await api.send('POST', `/accounts/${id}/renew`, { as: 'olaf' })).body).toMatchObject({ status, code });
  });
});

describe('reading', () => {
  test('filters and pages lead through the accounts, newest first, each once', async () => {
    const domain = 'pages.example.com';
    const made = [];
    for (let i = 0; i < 7; i += 1) {
      const submittedAt = new Date(Date.UTC(2026, 0, 1, 0, 0, Math.floor(i / 2))).toISOString();
      made.push(
        await project(api.database.db, sampleAccount({ domain, submittedAt, samAccountName: `svc-page-${i}` })),
      );
    }
    const seen: string[] = [];
    let next: string | null = '';
    while (next !== null) {
      const after = next === '' ? '' : `&after=${next}`;
      const { body } = await api.send('GET', `/accounts?limit=2&domain=${domain}&name=PAGE${after}`, { as: 'anna' });
      seen.push(...body.items.map((item: { id: string }) => item.id));
      next = body.next;
    }
    expect(seen.length).toBe(7);
    expect(new Set(seen)).toEqual(new Set(made.map((account) => account.id)));
  });

  test('an account says what its reader may do', async () => {
    const { id } = await project(api.database.db, sampleAccount());
    const actions = async (as: 'rita' | 'anna' | 'ben' | 'olaf' | 'ada') =>
      (await api.send('GET', `/accounts/${id}`, { as })).body.allowedActions;
    expect(await actions('rita')).toEqual(['withdraw']);
    expect(await actions('anna')).toEqual(['decide']);
    // An approver of a later step: not yet.
    expect(await actions('ben')).toEqual([]);
    expect(await actions('olaf')).toEqual([]);
    expect(await actions('ada')).toEqual(['withdraw']);
  });

  test('a known ETag does not hide that time has changed what may be done', async () => {
    const { id } = await project(api.database.db, sampleAccount());
    const answer = await api.send('GET', `/accounts/${id}`, { as: 'rita', headers: { 'if-none-match': '"1"' } });
    expect([answer.status, answer.headers.get('etag')]).toEqual([200, '"1"']);
  });

  test('events, oldest first', async () => {
    const { id } = await project(api.database.db, sampleAccount());
    const { body } = await api.send('GET', `/accounts/${id}/events?limit=1`, { as: 'rita' });
    expect(body).toMatchObject({ items: [{ accountId: id, type: 'submitted', actor: 'rita' }], next: null });
  });
});
