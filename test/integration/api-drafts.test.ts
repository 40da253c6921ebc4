/** Drafts and delegations over HTTP: what is somebody's own. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { refusal } from '../../api/http/refusal.ts';
import { project } from '../support/fake-gateway.ts';
import { freshAccountName } from '../support/good-requests.ts';
import { sampleAccount } from '../support/projection-samples.ts';
import { startTestApi, type TestApi } from '../support/test-api.ts';

let api: TestApi;
beforeAll(async () => void (api = await startTestApi()));
afterAll(async () => api.close());

const request = (overrides: object = {}) => ({
  templateId: api.template.id,
  samAccountName: freshAccountName(),
  justification: 'Runs the payroll.',
  owners: ['olaf'],
  ...overrides,
});
const at = (revision: number, key: string = randomUUID()) => ({
  'if-match': `"${revision}"`,
  'idempotency-key': key,
});
const save = async (body: object) => (await api.send('POST', '/drafts', { as: 'rita', body })).body;

describe('drafts', () => {
  test('are saved as far as they are written, and each field that is there must be good', async () => {
    const answer = await api.send('POST', '/drafts', { as: 'rita', body: { justification: 'Later.' } });
    expect(answer.status, answer.text).toBe(201);
    expect(answer.headers.get('location')).toBe(`/api/v1/drafts/${answer.body.id}`);
    expect(answer.body).toMatchObject({ revision: 1, request: { justification: 'Later.' } });
    const bad = await api.send('POST', '/drafts', { as: 'rita', body: { samAccountName: 'no name' } });
    expect(bad.body.errors).toMatchObject([{ field: '/samAccountName' }]);
    const { body } = await api.send('GET', '/drafts', { as: 'rita' });
    expect(body.items.map((item: { id: string }) => item.id)).toContain(answer.body.id);
  });

  test('the same request under the same key is one draft', async () => {
    const sent = { as: 'rita', body: request(), headers: { 'idempotency-key': randomUUID() } } as const;
    const first = await api.send('POST', '/drafts', sent);
    expect((await api.send('POST', '/drafts', sent)).body).toEqual(first.body);
    const other = await api.send('POST', '/drafts', { ...sent, body: request() });
    expect(other.body.code).toBe('IdempotencyKeyReused');
  });

  test('are edited by whoever has seen the newest revision', async () => {
    const { id } = await save(request());
    const edit = (revision: number, justification: string) =>
      api.send('PUT', `/drafts/${id}`, { as: 'rita', body: request({ justification }), headers: at(revision) });
    expect((await edit(1, 'First.')).headers.get('etag')).toBe('"2"');
    expect((await edit(1, 'Second.')).body.code).toBe('PreconditionFailed');
    expect((await edit(2, 'Second.')).body).toMatchObject({ revision: 3, request: { justification: 'Second.' } });
    const { body } = await api.send('GET', `/drafts/${id}`, { as: 'rita' });
    expect(body.request.justification).toBe('Second.');
  });

  test('are thrown away by whoever has seen the newest revision, and gone then', async () => {
    const { id } = await save(request());
    const remove = (revision: number) => api.send('DELETE', `/drafts/${id}`, { as: 'rita', headers: at(revision) });
    expect((await remove(2)).body.code).toBe('PreconditionFailed');
    expect((await remove(1)).body).toMatchObject({ id });
    expect((await remove(1)).body.code).toBe('NotFound');
    expect((await api.send('DELETE', `/drafts/${id}`, { as: 'rita' })).body.code).toBe('PreconditionRequired');
  });

  test('are submitted once, and a repetition finds the account when the draft is gone', async () => {
    const { id } = await save(request());
    const sent = { as: 'rita', headers: at(1) } as const;
    const first = await api.send('POST', `/drafts/${id}/submit`, sent);
    expect(first.status, first.text).toBe(201);
    expect(first.body).toMatchObject({ state: 'submitted', owners: ['rita', 'olaf'] });
    expect((await api.send('GET', `/drafts/${id}`, { as: 'rita' })).status).toBe(404);
    expect((await api.send('POST', `/drafts/${id}/submit`, sent)).body).toEqual(first.body);
    expect((await api.send('POST', `/drafts/${id}/submit`, { as: 'rita', headers: at(1) })).status).toBe(404);
  });

  test('are gone for who submits them again, or throws them away, at the same instant', async () => {
    const { id } = await save(request());
    const path = `/drafts/${id}`;
    const answers = await Promise.all([
      api.send('POST', `${path}/submit`, { as: 'rita', headers: at(1) }),
      api.send('POST', `${path}/submit`, { as: 'rita', headers: at(1) }),
      api.send('DELETE', path, { as: 'rita', headers: at(1) }),
    ]);
    const [done, ...others] = answers.toSorted((one, other) => one.status - other.status);
    expect([200, 201]).toContain(done!.status);
    for (const other of others) expect(other.body).toMatchObject({ status: 404, code: 'NotFound' });
  });

  test('name a template that there is and that their author may know of', async () => {
    const refused = await api.send('POST', '/drafts', { as: 'rita', body: request({ templateId: randomUUID() }) });
    expect(refused.body).toMatchObject({ status: 422, errors: [{ location: 'body', field: '/templateId' }] });
  });

  test('say what is missing when they are submitted, and stay when the workflow refuses', async () => {
    const { id } = await save({ templateId: api.template.id });
    const submit = (draft: string) => api.send('POST', `/drafts/${draft}/submit`, { as: 'rita', headers: at(1) });
    const missing = await submit(id);
    expect(missing.body.errors.map((error: { field: string }) => error.field)).toEqual([
      '/samAccountName',
      '/justification',
    ]);
    const { id: good } = await save(request());
    api.gateway.failNext(refusal('NameTaken'));
    expect((await submit(good)).body.code).toBe('NameTaken');
    expect((await api.send('GET', `/drafts/${good}`, { as: 'rita' })).status).toBe(200);
    // The refusal is no answer to another try.
    expect((await submit(good)).status).toBe(201);
  });

  test('the clone of an account is a draft of the caller', async () => {
    const { id } = await project(api.database.db, sampleAccount({ templateId: api.template.id, state: 'retired' }));
    const { body, status } = await api.send('POST', `/accounts/${id}/clone`, { as: 'ada' });
    expect(status).toBe(201);
    expect(body.request).toMatchObject({ templateId: api.template.id, owners: ['rita', 'olaf'] });
    expect((await api.send('GET', `/drafts/${body.id}`, { as: 'ada' })).status).toBe(200);
    expect((await api.send('GET', `/drafts/${body.id}`, { as: 'rita' })).status).toBe(404);
  });
});

describe('delegations', () => {
  const HOUR_MS = 3_600_000;
  const inHours = (hours: number) => new Date(Date.now() + hours * HOUR_MS).toISOString();
  const delegate = (body: object, key: string = randomUUID()) =>
    api.send('POST', '/delegations', { as: 'ben', body, headers: { 'idempotency-key': key } });
  const reassessments = () => api.gateway.calls.filter(({ name }) => name === 'reassess');

  test('are made once; accounts look when one begins and when it ends', async () => {
    const before = reassessments().length;
    const body = { delegate: 'cleo', from: inHours(1), until: inHours(2) };
    const key = randomUUID();
    const made = await delegate(body, key);
    expect(made.status, made.text).toBe(201);
    expect(made.body).toMatchObject({ delegator: 'ben', ...body, endedAt: null });
    const input = { approvers: { users: ['ben'], groups: [] }, left: [] };
    expect(reassessments().slice(before)).toMatchObject([
      { message: { input, at: body.from } },
      { message: { input, at: body.until } },
    ]);
    expect((await delegate(body, key)).body).toEqual(made.body);
    expect(reassessments().length).toBe(before + 2);
    const { body: page } = await api.send('GET', '/delegations', { as: 'ben' });
    expect(page.items[0]).toEqual(made.body);
  });

  test('that cannot be are refused field by field', async () => {
    const times = { from: inHours(1), until: inHours(2) };
    const fields = async (body: object) =>
      (await delegate(body)).body.errors.map((error: { field: string }) => error.field);
    expect(await fields({ delegate: 'nobody-there', ...times })).toEqual(['/delegate']);
    expect(await fields({ delegate: 'gone', ...times })).toEqual(['/delegate']);
    expect(await fields({ delegate: 'ben', ...times })).toEqual(['/delegate']);
    expect(await fields({ delegate: 'cleo', from: inHours(2), until: inHours(1) })).toEqual(['/until']);
    expect(await fields({ delegate: 'cleo', from: inHours(-2), until: inHours(-1) })).toEqual(['/until']);
    expect(await fields({ delegate: 'cleo', ...times, until: inHours(3 * 8_784) })).toEqual(['/until']);
    expect(await fields({ delegate: 'cleo', ...times, from: '0000-01-01T00:00:00.000Z' })).toEqual(['/from']);
  });

  test('are ended by whoever made them, and accounts look again', async () => {
    const { body } = await delegate({ delegate: 'cleo', from: inHours(0), until: inHours(2) });
    const before = reassessments().length;
    const end = () => api.send('POST', `/delegations/${body.id}/end`, { as: 'ben' });
    const ended = await end();
    expect(ended.body).toMatchObject({ id: body.id, endedAt: expect.any(String) });
    expect((await end()).body).toEqual(ended.body);
    expect(reassessments().length).toBe(before + 2);
  });

  test('are not made when the accounts cannot be told', async () => {
    const body = { delegate: 'cleo', from: inHours(5), until: inHours(6) };
    api.gateway.failNext(refusal('ServiceUnavailable'));
    expect((await delegate(body)).status).toBe(503);
    const { body: page } = await api.send('GET', '/delegations', { as: 'ben' });
    expect(page.items.some((item: { from: string }) => item.from === body.from)).toBe(false);
  });
});
