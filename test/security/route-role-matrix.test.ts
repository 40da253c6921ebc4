/**
 * Every route, asked by everybody that the rules tell apart. A cell says what the API answers; a route that is missing
 * here fails the test, so that nobody adds one without thinking about who may use it.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Route } from '../../contracts/http/route.ts';
import { ROUTES } from '../../contracts/http/routes.ts';
import type { Account } from '../../contracts/account.ts';
import { project } from '../support/fake-gateway.ts';
import { sampleAccount } from '../support/projection-samples.ts';
import { startTestApi, type Person, type TestApi } from '../support/test-api.ts';

/** The columns: nobody, a disabled user, each role without a part in the account, and those who have one. */
const COLUMNS = {
  nobody: undefined,
  disabled: 'gone',
  requester: 'other-requester',
  approver: 'other-approver',
  owner: 'other-owner',
  'its requester': 'rita',
  'its approver': 'anna',
  'its owner': 'olaf',
  administrator: 'ada',
} as const satisfies Record<string, Person | undefined>;

type Cells = readonly [number, number, number, number, number, number, number, number, number];

const EVERYBODY: Cells = [401, 401, 200, 200, 200, 200, 200, 200, 200];
const ANYONE: Cells = [200, 200, 200, 200, 200, 200, 200, 200, 200];
const ADMINISTRATORS = (status: number): Cells => [401, 401, 403, 403, 403, 403, 403, 403, status];
const PARTIES: Cells = [401, 401, 404, 404, 404, 200, 200, 200, 200];
/** `rita` is the account's first owner too. */
const OWNERS: Cells = [401, 401, 404, 404, 404, 200, 403, 200, 200];

const MATRIX: Readonly<Record<string, Cells>> = {
  readMe: EVERYBODY,
  listUsers: EVERYBODY,
  createUser: ADMINISTRATORS(201),
  replaceUserToken: ADMINISTRATORS(201),
  disableUser: ADMINISTRATORS(200),
  enableUser: ADMINISTRATORS(200),
  listDomains: EVERYBODY,
  createDomain: ADMINISTRATORS(201),
  listTemplates: EVERYBODY,
  createTemplate: ADMINISTRATORS(201),
  readTemplate: EVERYBODY,
  readTemplateVersion: EVERYBODY,
  changeTemplate: ADMINISTRATORS(200),
  submitRequest: [401, 401, 201, 403, 403, 201, 403, 403, 201],
  listAccounts: EVERYBODY,
  readAccount: PARTIES,
  listAccountEvents: PARTIES,
  // The requester gets through: that nobody decides on their own request is said by the workflow.
  decideOnAccount: [401, 401, 404, 404, 404, 200, 200, 403, 200],
  withdrawAccount: [401, 401, 404, 404, 404, 200, 403, 403, 200],
  renewAccount: OWNERS,
  disableAccount: OWNERS,
  enableAccount: OWNERS,
  retireAccount: OWNERS,
  resumeAccount: [401, 401, 404, 404, 404, 403, 403, 403, 200],
  readOpenApi: ANYONE,
};

/** The routes about users are tried on somebody who is no column. */
const SPARE_USER = 'spare';

let api: TestApi;
let account: Account;
beforeAll(async () => {
  api = await startTestApi();
  await api.send('POST', '/users', { as: 'ada', body: { name: SPARE_USER, role: 'owner' } });
  account = await project(api.database.db, sampleAccount({ requester: 'rita', owners: ['rita', 'olaf'] }));
});
afterAll(async () => api.close());

function letters(): string {
  return randomUUID()
    .replaceAll(/[^a-f]/g, '')
    .padEnd(4, 'x')
    .slice(0, 12);
}

/** A body that would be accepted from somebody who may. */
function bodyFor(operationId: string): unknown {
  switch (operationId) {
    case 'createUser':
      return { name: `new-${randomUUID()}`, role: 'owner' };
    case 'createDomain':
      return { fqdn: `d-${randomUUID()}.example.com` };
    case 'createTemplate':
    case 'changeTemplate':
      return api.template.template;
    case 'submitRequest':
      return { templateId: api.template.id, samAccountName: `svc-${letters()}`, justification: 'For the matrix.' };
    case 'decideOnAccount':
      return { decision: 'approve' };
    default:
      return undefined;
  }
}

function pathOf({ path }: Route): string {
  return path
    .replace('/accounts/{id}', `/accounts/${account.id}`)
    .replace('/templates/{id}', `/templates/${api.template.id}`)
    .replace('{version}', '1')
    .replace('{name}', SPARE_USER);
}

async function newestVersion(): Promise<string> {
  return (await api.send('GET', `/templates/${api.template.id}`, { as: 'ada' })).headers.get('etag')!;
}

test('the matrix has every route', () => {
  expect(Object.keys(MATRIX).sort()).toEqual(ROUTES.map((route) => route.operationId).sort());
});

describe.each(ROUTES.map((route) => [route.operationId, route] as const))('%s', (operationId, route) => {
  test.each(Object.entries(COLUMNS).map(([column, person], index) => [column, person, index] as const))(
    'asked by %s',
    async (_column, person, index) => {
      const path = pathOf(route);
      const headers: Record<string, string> = route.method === 'put' ? { 'if-match': await newestVersion() } : {};
      const callsBefore = api.gateway.calls.length;
      const answer = await api.send(route.method.toUpperCase(), path, {
        as: person,
        body: bodyFor(operationId),
        headers,
      });
      expect(answer.status, answer.text).toBe(MATRIX[operationId]![index]);
      if (answer.status >= 400) expect(api.gateway.calls.length).toBe(callsBefore);
    },
  );
});

describe('lists show each caller what they may see, and no more', () => {
  test.each([
    ['other-requester', false],
    ['other-approver', false],
    ['other-owner', false],
    ['rita', true],
    ['anna', true],
    ['olaf', true],
    ['ada', true],
  ] as const)('%s', async (person, sees) => {
    const { body } = await api.send('GET', `/accounts?name=${account.samAccountName}`, { as: person });
    expect(body.items.map((item: Account) => item.id)).toEqual(sees ? [account.id] : []);
  });
});
