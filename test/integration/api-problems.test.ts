/** Whatever is wrong with a request, the answer is a problem document with the right code. */
import { connect } from 'node:net';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { problemSchema } from '../../contracts/http/problem.ts';
import { sampleAccount } from '../support/projection-samples.ts';
import { project } from '../support/fake-gateway.ts';
import { startTestApi, type Answered, type TestApi } from '../support/test-api.ts';

let api: TestApi;
beforeAll(async () => void (api = await startTestApi()));
afterAll(async () => api.close());

function expectProblem(answer: Answered, status: number, code: string): void {
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  expect(problemSchema.strict().parse(answer.body)).toMatchObject({ status, code });
  expect(answer.status).toBe(status);
  expect(answer.headers.get('x-request-id')).toBe(answer.body.requestId);
}

const domain = { fqdn: 'other.example.com' };

describe('a request that cannot be served', () => {
  test('without a token, with a wrong one, and of a disabled user: the same 401', async () => {
    const answers = [
      await api.send('GET', '/me'),
      await api.send('GET', '/me', { headers: { authorization: `Bearer alm_${'x'.repeat(43)}` } }),
      await api.send('GET', '/me', { headers: { authorization: 'Basic abc' } }),
      await api.send('GET', '/me', { as: 'gone' }),
    ];
    for (const answer of answers) {
      expectProblem(answer, 401, 'Unauthenticated');
      expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
      expect({ ...answer.body, requestId: '' }).toEqual({ ...answers[0]!.body, requestId: '' });
    }
  });

  test('refused log-ons are logged without the token, and not without end', async () => {
    const guess = `alm_${'g'.repeat(43)}`;
    for (let i = 0; i < 60; i += 1) await api.send('GET', '/me', { headers: { authorization: `Bearer ${guess}` } });
    const refused = api.logLines.filter((line) => line.includes('a log-on was refused'));
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.length).toBeLessThanOrEqual(40);
    expect(api.logLines.join('')).not.toContain(guess.slice(4));
  });

  test('an unknown path', async () => expectProblem(await api.send('GET', '/nothing', { as: 'ada' }), 404, 'NotFound'));

  test('a path that does not decode', async () =>
    expectProblem(await api.send('GET', '/accounts/%E0%A4%A', { as: 'ada' }), 404, 'NotFound'));

  test('a method that is not offered', async () => {
    const answer = await api.send('DELETE', '/domains', { as: 'ada' });
    expectProblem(answer, 405, 'MethodNotAllowed');
    expect(answer.headers.get('allow')).toBe('GET, HEAD, POST');
    for (const path of ['/reference/', '/reference/swagger-ui.css']) {
      const onPage = await api.send('POST', path, { as: 'ada' });
      expectProblem(onPage, 405, 'MethodNotAllowed');
      expect(onPage.headers.get('allow')).toBe('GET, HEAD');
    }
  });

  test('a body that is not JSON', async () =>
    expectProblem(await api.send('POST', '/domains', { as: 'ada', body: '{"fqdn":' }), 400, 'MalformedBody'));

  test.each([
    ['with bytes that are no UTF-8', 'application/json', Buffer.from([0x22, 0xff, 0xfe, 0x22])],
    ['in UTF-16', 'application/json; charset=utf-16', Buffer.from('\ufeff{}', 'utf16le')],
    ['in UTF-16 that says nothing of it', 'application/json', Buffer.from('\ufeff{}', 'utf16le')],
  ])('a body %s', async (_what, type, bytes) => {
    const headers = {
      authorization: `Bearer ${api.tokens.ada}`,
      'idempotency-key': randomUUID(),
      'content-type': type,
    };
    const response = await fetch(`${api.url}/api/v1/domains`, { method: 'POST', headers, body: bytes });
    expect(problemSchema.parse(await response.json())).toMatchObject({ status: 400, code: 'MalformedBody' });
  });

  test('a body that is JSON but nothing with fields', async () => {
    for (const body of ['null', '7', '"x"', '[]']) {
      const answer = await api.send('POST', '/domains', { as: 'ada', body });
      expectProblem(answer, 422, 'InvalidRequest');
      expect(answer.body.errors).toMatchObject([{ location: 'body', field: '' }]);
    }
  });

  test('a body of another type', async () => {
    const headers = { 'content-type': 'text/plain' };
    expectProblem(await api.send('POST', '/domains', { as: 'ada', body: '{}', headers }), 415, 'UnsupportedMediaType');
  });

  test('a compressed body', async () => {
    const headers = { 'content-encoding': 'gzip' };
    expectProblem(await api.send('POST', '/domains', { as: 'ada', body: '{}', headers }), 415, 'UnsupportedMediaType');
  });

  test('a body over 64 KB', async () => {
    const body = { fqdn: 'x'.repeat(65 * 1024) };
    expectProblem(await api.send('POST', '/domains', { as: 'ada', body }), 413, 'PayloadTooLarge');
  });

  test('headers over 16 KB', async () => {
    const headers = { 'x-large': 'x'.repeat(17 * 1024) };
    const response = await fetch(`${api.url}/api/v1/me`, { headers });
    expect(response.status).toBe(413);
    expect(problemSchema.parse(await response.json()).code).toBe('PayloadTooLarge');
  });

  test('what is not HTTP', async () => {
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(new URL(api.url).port), '127.0.0.1', () => socket.write('nonsense\r\n\r\n'));
      let text = '';
      socket.on('data', (data) => (text += data.toString()));
      socket.on('close', () => resolve(text));
      socket.on('error', reject);
    });
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(problemSchema.parse(JSON.parse(answer.split('\r\n\r\n')[1]!)).code).toBe('MalformedRequest');
  });

  test('a POST without an Idempotency-Key', async () => {
    const headers = { 'idempotency-key': '' };
    expectProblem(
      await api.send('POST', '/domains', { as: 'ada', body: domain, headers }),
      400,
      'IdempotencyKeyMissing',
    );
  });

  test('a POST with one that is not printable', async () => {
    const headers = { 'idempotency-key': 'a b' };
    const answer = await api.send('POST', '/domains', { as: 'ada', body: domain, headers });
    expectProblem(answer, 422, 'InvalidRequest');
    expect(answer.body.errors).toMatchObject([{ location: 'header', field: 'Idempotency-Key' }]);
  });

  test('a database that is away is 503 and says nothing of itself', async () => {
    api.gateway.failNext(
      Object.assign(new Error('the database does not answer'), { name: 'DatabaseFailure', transient: true }),
    );
    const { id } = await project(api.database.db, sampleAccount());
    const answer = await api.send('POST', `/accounts/${id}/resume`, { as: 'ada' });
    expectProblem(answer, 503, 'ServiceUnavailable');
    expect(answer.headers.get('retry-after')).toBe('5');
  });

  test('a bug is 500, logged under the request id, and tells the caller nothing', async () => {
    api.gateway.failNext(new Error('something inside'));
    const { id } = await project(api.database.db, sampleAccount());
    const answer = await api.send('POST', `/accounts/${id}/resume`, { as: 'ada' });
    expectProblem(answer, 500, 'InternalError');
    expect(answer.text).not.toContain('something inside');
    const logged = api.logLines.filter((line) => line.includes(answer.body.requestId)).join('');
    expect(logged).toContain('something inside');
  });
});

describe('bad fields', () => {
  test('each one is named, in the body by pointer and in the query by name', async () => {
    const user = await api.send('POST', '/users', { as: 'ada', body: { name: 'Ä', role: 'king', 'x/y': 1 } });
    expectProblem(user, 422, 'InvalidRequest');
    expect(user.body.errors.map((error: { field: string }) => error.field).sort()).toEqual(['/name', '/role', '/x~1y']);
    const list = await api.send('GET', '/accounts?limit=201&state=alive&state=dead&sort=name', { as: 'ada' });
    expectProblem(list, 422, 'InvalidRequest');
    expect(list.body.errors.map((error: { field: string }) => error.field).sort()).toEqual(['limit', 'sort', 'state']);
  });

  test('what is wrong is said in words for people', async () => {
    const body = { name: 7, members: 'anna' };
    const group = await api.send('POST', '/groups', { as: 'ada', body });
    expect(group.body.errors).toMatchObject([
      { field: '/name', message: 'must be text' },
      { field: '/members', message: 'must be a list' },
    ]);
    const request = await api.send('POST', '/requests', { as: 'rita', body: { justification: ' ' } });
    expect(request.body.errors).toMatchObject([
      { field: '/templateId', message: 'is missing' },
      { field: '/samAccountName', message: 'is missing' },
      { field: '/justification', message: 'must not be empty' },
    ]);
    const { body: nothing } = await api.send('POST', '/requests', { as: 'rita' });
    expect(nothing.errors).toEqual([{ location: 'body', field: '', message: 'is missing' }]);
  });

  test('nobody is called what the product calls itself', async () => {
    for (const name of ['system', 'System']) {
      const answer = await api.send('POST', '/users', { as: 'ada', body: { name, role: 'owner' } });
      expectProblem(answer, 422, 'InvalidRequest');
      expect(answer.body.errors).toMatchObject([{ field: '/name', message: expect.stringContaining('system') }]);
    }
    expect((await api.send('GET', '/users/system', { as: 'ada' })).status).toBe(404);
  });

  test('a cursor that is not of this list', async () => {
    const cursors = ['AAAA', Buffer.from('{"submittedAt":"0000-01-01T00:00:00.000Z","id":"x"}').toString('base64url')];
    for (const after of cursors) {
      expectProblem(await api.send('GET', `/accounts?after=${after}`, { as: 'ada' }), 422, 'InvalidRequest');
    }
  });
});

describe('what the caller may not know of', () => {
  test('is answered like what does not exist, byte for byte but for the request id', async () => {
    const { id } = await project(api.database.db, sampleAccount());
    for (const [method, suffix, body] of [
      ['GET', '', undefined],
      ['GET', '/events', undefined],
      ['GET', '/why', undefined],
      ['POST', '/retire', undefined],
      ['POST', '/decide', { decision: 'approve' }],
      ['POST', '/edit', { description: null }],
      ['POST', '/change-owners', { owners: ['nobody-there'] }],
      ['POST', '/replace-approvers', { step: 0, approvers: { users: ['nobody-there'] }, quorum: 1 }],
    ] as const) {
      const sent = { as: 'other-owner', body, headers: { 'if-match': '"1"' } } as const;
      const hidden = await api.send(method, `/accounts/${id}${suffix}`, sent);
      const missing = await api.send(method, `/accounts/${randomUUID()}${suffix}`, sent);
      expectProblem(hidden, 404, 'NotFound');
      const bare = ({ text, body: { requestId } }: Answered) => text.replaceAll(requestId, '');
      expect(bare(hidden)).toBe(bare(missing));
      const names = ({ headers }: Answered) => [...headers.keys()].filter((name) => name !== 'date');
      expect(names(hidden)).toEqual(names(missing));
      expect(hidden.headers.get('content-length')).toBe(missing.headers.get('content-length'));
    }
  });
});

test('answers are not cached and carry headers that keep browsers strict', async () => {
  const { headers } = await api.send('GET', '/me', { as: 'rita' });
  expect(headers.get('cache-control')).toBe('no-store');
  expect(headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('x-powered-by')).toBeNull();
});
