/** Requests and accounts over HTTP: what reaches the workflow, under which ids, and how the answers are shown. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accountIdFor } from '../../api/http/idempotency.ts';
import { refusal } from '../../api/http/refusal.ts';
import { reserveAccountName } from '../../db/project-account.ts';
import { createDelegation } from '../../db/queries/delegations.ts';
import { createGroup } from '../../db/queries/groups.ts';
import {
  addDraft,
  disableTemplate,
  publishTemplate,
  replaceDraft,
  unpublishTemplate,
} from '../../db/queries/publish-templates.ts';
import { setUserDisabled } from '../../db/queries/users.ts';
import { project } from '../support/fake-gateway.ts';
import { sampleAccount, sampleApproval, sampleTemplate } from '../support/projection-samples.ts';
import { makeTemplate, startTestApi, type Person, type TestApi } from '../support/test-api.ts';

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
const FIRST = { 'if-match': '"1"' };
const fieldsOf = (body: { errors: { field: string }[] }) => body.errors.map((error) => error.field);

describe('POST /requests', () => {
  test('submits under the published version of the template, and says where the account is', async () => {
    const answer = await api.send('POST', '/requests', { as: 'rita', body: request() });
    expect(answer.status, answer.text).toBe(201);
    expect(answer.headers.get('location')).toBe(`/api/v1/accounts/${answer.body.id}`);
    expect(answer.headers.get('etag')).toBe('"1"');
    expect(answer.body).toMatchObject({ requester: 'rita', owners: ['rita', 'olaf'], allowedActions: ['withdraw'] });
    const call = api.gateway.calls.at(-1)!;
    expect(call).toMatchObject({ name: 'submit', id: answer.body.id });
    expect(call.message).toMatchObject({ actor: 'rita', request: { templateVersion: 1 } });
  });

  test('again under the same key: the same answer, even when the template has changed', async () => {
    const template = await makeTemplate(api.database, sampleTemplate());
    const body = request({ templateId: template.id, samAccountName: 'svc-again' });
    const sent = { as: 'rita', body, headers: key() } as const;
    const first = await api.send('POST', '/requests', sent);
    const calls = api.gateway.calls.length;
    const { db } = api.database;
    const change = { id: template.id, by: 'ada', at: first.body.submittedAt };
    await addDraft(db, change);
    const naming = { prefix: null, pattern: 'other-[a-z]+', examples: [] };
    const other = sampleTemplate({ naming });
    await replaceDraft(db, { ...change, template: other });
    await publishTemplate(db, change);
    expect((await api.send('POST', '/requests', sent)).body).toEqual(first.body);
    await disableTemplate(db, change);
    expect((await api.send('POST', '/requests', sent)).body).toEqual(first.body);
    expect(api.gateway.calls.length).toBe(calls);
  });

  test('again when the account has changed since: still the first answer', async () => {
    const sent = { as: 'rita', body: request({ samAccountName: 'svc-since' }), headers: key() } as const;
    const { body: first } = await api.send('POST', '/requests', sent);
    const { allowedActions: _actions, lastDay: _day, ...account } = first;
    const later = { ...account, sequence: 9, state: 'active', owners: ['otto'], description: 'Edited' };
    await project(api.database.db, later);
    expect((await api.send('POST', '/requests', sent)).body).toEqual(first);
  });

  test.each([
    ['samAccountName', { samAccountName: 'svc-other' }],
    ['justification', { justification: 'Something else.' }],
    ['description', { description: 'Something else.' }],
    ['owners', { owners: [] }],
    ['templateId', { templateId: randomUUID() }],
  ])('under the same key with another %s it is IdempotencyKeyReused', async (_field, overrides) => {
    const headers = key();
    await api.send('POST', '/requests', { as: 'rita', body: request({ samAccountName: 'svc-reused' }), headers });
    const body = request({ samAccountName: 'svc-reused', ...overrides });
    const other = await api.send('POST', '/requests', { as: 'rita', body, headers });
    expect(other.body).toMatchObject({ status: 409, code: 'IdempotencyKeyReused' });
  });

  test('at the same instant as one for another domain under the same key it is IdempotencyKeyReused', async () => {
    const [idempotencyKey, body] = [randomUUID(), request()];
    const reservation = {
      domain: 'branch.example.com',
      templateId: api.template.id,
      reservedAt: new Date().toISOString(),
    };
    await reserveAccountName(api.database.db, {
      ...reservation,
      accountId: accountIdFor('rita', idempotencyKey),
      samAccountName: body.samAccountName,
    });
    const send = (headers: Record<string, string>) => {
      api.gateway.failNext(refusal('NameTaken'));
      return api.send('POST', '/requests', { as: 'rita', body, headers });
    };
    expect((await send(key(idempotencyKey))).body).toMatchObject({ status: 409, code: 'IdempotencyKeyReused' });
    expect((await send(key())).body).toMatchObject({ status: 409, code: 'NameTaken' });
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
    const body = request({
      samAccountName: 'payroll',
      owners: ['olaf', 'nobody-there', 'gone'],
      ownerGroups: ['No such group'],
      interval: 'P7Y',
      folder: 'elsewhere',
      attributes: { title: 'Boss' },
    });
    const answer = await api.send('POST', '/requests', { as: 'rita', body });
    expect(answer.status).toBe(422);
    expect(fieldsOf(answer.body).sort()).toEqual(
      [
        ...['/samAccountName', '/owners', '/owners/1', '/owners/2', '/ownerGroups/0'],
        ...['/interval', '/folder', '/attributes/title'],
      ].sort(),
    );
    const missing = await api.send('POST', '/requests', { as: 'rita', body: request({ templateId: randomUUID() }) });
    expect(fieldsOf(missing.body)).toEqual(['/templateId']);
    expect(api.gateway.calls.length).toBe(calls);
  });

  test('refuses templates that are not published, and those that are for others', async () => {
    const { db } = api.database;
    const { id } = await makeTemplate(api.database, sampleTemplate());
    await unpublishTemplate(db, { id, by: 'ada', at: new Date().toISOString() });
    const unpublished = await api.send('POST', '/requests', { as: 'rita', body: request({ templateId: id }) });
    expect(unpublished.body).toMatchObject({ status: 409, code: 'NotPublished' });
    await createGroup(db, { name: 'payroll', members: ['other-requester'], createdAt: new Date().toISOString() });
    const availableTo = { users: ['ada'], groups: ['payroll'] };
    const closed = await makeTemplate(api.database, sampleTemplate({ availableTo }));
    const body = request({ templateId: closed.id, samAccountName: 'svc-closed' });
    const refused = await api.send('POST', '/requests', { as: 'rita', body });
    expect(fieldsOf(refused.body)).toEqual(['/templateId']);
    expect((await api.send('POST', '/requests', { as: 'other-requester', body })).status).toBe(201);
  });

  test('refuses who would have to approve alone, and leaves groups to the workflow', async () => {
    const step = { name: 'Operations', approvers: { users: ['ada'] }, quorum: 1 };
    const alone = await makeTemplate(api.database, sampleTemplate({ approval: { steps: [step] } }));
    const body = request({ templateId: alone.id, samAccountName: 'svc-alone', owners: [] });
    const answer = await api.send('POST', '/requests', { as: 'ada', body });
    expect(answer.body).toMatchObject({ status: 422, code: 'PolicyViolation' });
    const open = { ...step, approvers: { users: ['ada'], groups: ['Nobody yet'] } };
    const group = await makeTemplate(api.database, sampleTemplate({ approval: { steps: [open] } }));
    const asked = { as: 'ada', body: { ...body, templateId: group.id } } as const;
    expect((await api.send('POST', '/requests', asked)).status).toBe(201);
  });

  test('passes the refusal of the workflow on', async () => {
    api.gateway.failNext(refusal('NameTaken', 'svc-payroll is in use.'));
    const answer = await api.send('POST', '/requests', { as: 'rita', body: request() });
    expect(answer.body).toMatchObject({ status: 409, code: 'NameTaken', detail: 'svc-payroll is in use.' });
  });
});

describe('actions', () => {
  test('a decision reaches the workflow with who decides and from where; the same key has the first answer', async () => {
    const { id } = await project(api.database.db, sampleAccount());
    const body = { decision: 'deny', reason: 'Not needed.', step: 0 };
    const sent = { as: 'anna', body, headers: key() } as const;
    const answer = await api.send('POST', `/accounts/${id}/decide`, sent);
    expect([answer.status, answer.headers.get('etag')]).toEqual([200, '"2"']);
    const calls = api.gateway.calls.length;
    expect((await api.send('POST', `/accounts/${id}/decide`, sent)).body).toEqual(answer.body);
    expect(api.gateway.calls.length).toBe(calls);
    expect(api.gateway.calls.at(-1)!.message).toMatchObject({ actor: 'anna', ...body, standing: [['anna'], ['anna']] });
  });

  test('whoever stands in for somebody decides from their seat', async () => {
    const { db } = api.database;
    const { id } = await project(db, sampleAccount());
    const times = { startsAt: new Date(Date.now() - 1_000).toISOString(), endsAt: '2999-01-01T00:00:00.000Z' };
    await createDelegation(db, { id: randomUUID(), delegator: 'cleo', delegate: 'other-approver', ...times });
    await api.send('POST', `/accounts/${id}/decide`, { as: 'other-approver', body: { decision: 'approve' } });
    expect(api.gateway.calls.at(-1)!.message).toMatchObject({ standing: [[], ['cleo']] });
  });

  const CHANGED: readonly (readonly [string, Person, object, object])[] = [
    ['decide', 'anna', { decision: 'approve' }, { decision: 'deny', reason: 'No.' }],
    ['change-owners', 'olaf', { owners: ['olaf'] }, { owners: ['rita'] }],
    ['edit', 'olaf', { description: 'Payroll' }, { description: null }],
    [
      'replace-approvers',
      'ada',
      { step: 0, approvers: { users: ['ben'] }, quorum: 1 },
      { step: 0, approvers: { users: ['cleo'] }, quorum: 1 },
    ],
  ];
  test.each(CHANGED)('%s under a key that was used with another body is refused', async (action, as, body, other) => {
    const { id } = await project(api.database.db, sampleAccount({ templateId: api.template.id }));
    const path = `/accounts/${id}/${action}`;
    const headers = { ...key(), ...FIRST };
    const first = await api.send('POST', path, { as, body, headers });
    expect(first.status, first.text).toBe(200);
    const reused = await api.send('POST', path, { as, body: other, headers });
    expect(reused.body).toMatchObject({ status: 409, code: 'IdempotencyKeyReused' });
    expect((await api.send('POST', path, { as, body, headers })).body).toEqual(first.body);
  });

  test.each(CHANGED.slice(1))('%s says which version of the account was seen', async (action, as, body) => {
    const { id } = await project(api.database.db, sampleAccount({ templateId: api.template.id }));
    const send = async (headers: Record<string, string>) =>
      (await api.send('POST', `/accounts/${id}/${action}`, { as, body, headers })).body;
    expect(await send({})).toMatchObject({ status: 428, code: 'PreconditionRequired' });
    expect(await send({ 'if-match': '"0"' })).toMatchObject({ status: 412, code: 'PreconditionFailed' });
    expect(await send({ 'if-match': '*' })).toMatchObject({ status: 412, code: 'PreconditionFailed' });
    expect(await send(FIRST)).toMatchObject({ id });
    expect(api.gateway.calls.at(-1)!.message).toMatchObject({ expectedSequence: 1 });
  });

  test('owners are users and groups that are there; what the template does not allow has a code of its own', async () => {
    const ownership = { groups: true, minimum: 2, maximum: 3 };
    const { id: templateId } = await makeTemplate(api.database, sampleTemplate({ ownership }));
    const { id } = await project(api.database.db, sampleAccount({ templateId, owners: ['rita', 'gone'] }));
    const change = async (owners: string[], ownerGroups: string[] = []) =>
      (
        await api.send('POST', `/accounts/${id}/change-owners`, {
          as: 'rita',
          body: { owners, ownerGroups },
          headers: FIRST,
        })
      ).body;
    expect(fieldsOf(await change(['olaf', 'nobody-there'], ['Nothing']))).toEqual(['/owners/1', '/ownerGroups/0']);
    expect(await change(['olaf'])).toMatchObject({ status: 422, code: 'OwnershipViolation' });
    expect(await change(['olaf', 'rita', 'anna', 'ben'])).toMatchObject({ code: 'OwnershipViolation' });
    // Who has left may stay among others, but not answer for the account alone.
    expect(await change(['gone', 'olaf'])).toMatchObject({ owners: ['gone', 'olaf'] });
    await createGroup(api.database.db, { name: 'empty', members: ['gone'], createdAt: new Date().toISOString() });
    expect(await change(['gone'], ['empty'])).toMatchObject({ code: 'OwnershipViolation' });
  });

  test('a repetition has its first answer when an owner has left since', async () => {
    const { id } = await project(api.database.db, sampleAccount({ templateId: api.template.id }));
    const sent = { as: 'ada', body: { owners: ['other-owner'] }, headers: { ...key(), ...FIRST } } as const;
    const first = await api.send('POST', `/accounts/${id}/change-owners`, sent);
    expect(first.body).toMatchObject({ owners: ['other-owner'] });
    await setUserDisabled(api.database.db, 'other-owner', true);
    expect((await api.send('POST', `/accounts/${id}/change-owners`, sent)).body).toEqual(first.body);
    const again = await api.send('POST', `/accounts/${id}/change-owners`, { ...sent, headers: FIRST });
    expect(fieldsOf(again.body)).toEqual(['/owners/0']);
    await setUserDisabled(api.database.db, 'other-owner', false);
  });

  test('approvers are people who are there and can reach the quorum', async () => {
    const { id } = await project(api.database.db, sampleAccount());
    const replace = async (approvers: object, quorum = 1) =>
      (
        await api.send('POST', `/accounts/${id}/replace-approvers`, {
          as: 'ada',
          body: { step: 0, approvers, quorum },
          headers: FIRST,
        })
      ).body;
    expect(fieldsOf(await replace({ users: ['ben', 'gone'], groups: ['Nothing'] }))).toEqual([
      '/approvers/users/1',
      '/approvers/groups/0',
    ]);
    // The requester does not count.
    expect(fieldsOf(await replace({ users: ['rita', 'ben'] }, 2))).toEqual(['/quorum']);
    expect(await replace({ users: ['ben', 'cleo'] }, 2)).toMatchObject({ id });
  });

  test('one other approver is enough where votes were cast', async () => {
    const vote = { step: 0, decision: 'approve', reason: null, at: new Date().toISOString() } as const;
    const votes = ['anna', 'cleo'].map((name) => ({ ...vote, approver: name, seat: name }));
    const steps = sampleApproval().steps.map((step) => ({ ...step, quorum: 3 }));
    const { id } = await project(api.database.db, sampleAccount({ approval: sampleApproval({ steps, votes }) }));
    const replace = async (users: string[], quorum: number) => {
      const body = { step: 0, approvers: { users }, quorum };
      return (await api.send('POST', `/accounts/${id}/replace-approvers`, { as: 'ada', body, headers: FIRST })).body;
    };
    expect(fieldsOf(await replace(['ben'], 4))).toEqual(['/quorum']);
    expect(fieldsOf(await replace(['anna'], 3))).toEqual(['/quorum']);
    expect(await replace(['ben'], 3)).toMatchObject({ id });
  });

  test('where the requester alone may own it, an administrator names others', async () => {
    const { id: templateId } = await makeTemplate(
      api.database,
      sampleTemplate({ ownership: { requesterOnly: true, groups: true } }),
    );
    const { id } = await project(api.database.db, sampleAccount({ templateId, owners: ['rita'] }));
    const change = async (as: Person, owners: string[], ownerGroups: string[] = []) =>
      (await api.send('POST', `/accounts/${id}/change-owners`, { as, body: { owners, ownerGroups }, headers: FIRST }))
        .body;
    expect(await change('rita', ['olaf'])).toMatchObject({ status: 422, code: 'OwnershipViolation' });
    expect(await change('rita', ['rita', 'olaf'])).toMatchObject({ code: 'OwnershipViolation' });
    expect(await change('rita', ['rita'])).toMatchObject({ owners: ['rita'] });
    expect(await change('ada', ['olaf'])).toMatchObject({ owners: ['olaf'] });
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
  test('what approvers are called is kept from requesters and owners where the template says so', async () => {
    const approval = sampleApproval({ hideApprovers: true });
    const { id, samAccountName } = await project(api.database.db, sampleAccount({ approval }));
    for (const path of [`/accounts/${id}`, `/accounts?name=${samAccountName}`, `/accounts/${id}/why`]) {
      for (const as of ['rita', 'olaf'] as const)
        expect((await api.send('GET', path, { as })).text).not.toMatch(/anna|ben|cleo/);
      expect((await api.send('GET', path, { as: 'ada' })).text).toMatch(/anna/);
    }
  });

  test('why an account is alive is said by its workflow, and by the projection once that is forgotten', async () => {
    const { id, samAccountName } = await project(api.database.db, sampleAccount({ state: 'retired' }));
    const { body } = await api.send('GET', `/accounts/${id}/why`, { as: 'rita' });
    expect(body).toEqual({ sentence: expect.stringContaining(samAccountName), reasons: [] });
  });

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
    expect(await actions('olaf')).toEqual(['withdraw']);
    expect(await actions('ada')).toEqual(['withdraw', 'replace-approvers']);
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
