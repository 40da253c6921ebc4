/**
 * Every route, asked by everybody that the rules tell apart. A cell says what the API answers; a route that is missing
 * here fails the test, so that nobody adds one without thinking about who may use it.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROUTES } from '../../contracts/http/routes.ts';
import type { Account } from '../../contracts/account.ts';
import { createDelegation } from '../../db/queries/delegations.ts';
import { createGroup, setGroupDisabled } from '../../db/queries/groups.ts';
import { project } from '../support/fake-gateway.ts';
import { filledPath, goodRequest } from '../support/good-requests.ts';
import { sampleAccount, sampleApproval } from '../support/projection-samples.ts';
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

/** Everybody has their own. */
const OWN = (status: number): Cells => [401, 401, status, status, status, status, status, status, status];
/** By role alone: who may ask for an account. */
const REQUESTERS = (status: number): Cells => [401, 401, status, 403, 403, status, 403, 403, status];

const MATRIX: Readonly<Record<string, Cells>> = {
  readMe: EVERYBODY,
  listUsers: EVERYBODY,
  createUser: ADMINISTRATORS(201),
  readUser: EVERYBODY,
  changeUserContact: ADMINISTRATORS(200),
  replaceUserToken: ADMINISTRATORS(201),
  disableUser: ADMINISTRATORS(200),
  enableUser: ADMINISTRATORS(200),
  listGroups: EVERYBODY,
  createGroup: ADMINISTRATORS(201),
  readGroup: EVERYBODY,
  changeGroupMembers: ADMINISTRATORS(200),
  disableGroup: ADMINISTRATORS(200),
  enableGroup: ADMINISTRATORS(200),
  listDomains: EVERYBODY,
  createDomain: ADMINISTRATORS(201),
  readDomain: EVERYBODY,
  changeDomain: ADMINISTRATORS(200),
  releaseBrake: ADMINISTRATORS(200),
  listFreezes: ADMINISTRATORS(200),
  createFreeze: ADMINISTRATORS(201),
  thawFreeze: ADMINISTRATORS(200),
  listTemplates: EVERYBODY,
  createTemplate: ADMINISTRATORS(201),
  readTemplate: EVERYBODY,
  readTemplateVersion: EVERYBODY,
  changeTemplate: ADMINISTRATORS(200),
  draftTemplate: ADMINISTRATORS(201),
  publishTemplate: ADMINISTRATORS(200),
  unpublishTemplate: ADMINISTRATORS(200),
  disableTemplate: ADMINISTRATORS(200),
  deleteTemplate: ADMINISTRATORS(200),
  previewTemplate: ADMINISTRATORS(200),
  listTemplateEvents: ADMINISTRATORS(200),
  checkName: REQUESTERS(200),
  submitRequest: REQUESTERS(201),
  listAccounts: EVERYBODY,
  readAccount: PARTIES,
  listAccountEvents: PARTIES,
  explainAccount: PARTIES,
  listAccountNotices: ADMINISTRATORS(200),
  // The requester gets through: that nobody decides on their own request is said by the workflow.
  decideOnAccount: [401, 401, 404, 404, 404, 200, 200, 403, 200],
  replaceApprovers: [401, 401, 404, 404, 404, 403, 403, 403, 200],
  // What an owner asked for they may take back; that it is not theirs to take back is said by the workflow.
  withdrawAccount: OWNERS,
  renewAccount: OWNERS,
  requestAccountRenewal: OWNERS,
  disableAccount: OWNERS,
  enableAccount: OWNERS,
  changeOwners: OWNERS,
  editAccount: OWNERS,
  retireAccount: OWNERS,
  restoreAccount: OWNERS,
  resumeAccount: [401, 401, 404, 404, 404, 403, 403, 403, 200],
  listDrafts: REQUESTERS(200),
  createDraft: REQUESTERS(201),
  readDraft: REQUESTERS(200),
  changeDraft: REQUESTERS(200),
  deleteDraft: REQUESTERS(200),
  submitDraft: REQUESTERS(201),
  cloneAccount: [401, 401, 404, 403, 403, 201, 403, 403, 201],
  listDelegations: OWN(200),
  createDelegation: OWN(201),
  endDelegation: OWN(200),
  previewMigration: ADMINISTRATORS(200),
  startMigration: ADMINISTRATORS(201),
  listMigrations: ADMINISTRATORS(200),
  readMigration: ADMINISTRATORS(200),
  listMigrationOutcomes: ADMINISTRATORS(200),
  pauseMigration: ADMINISTRATORS(200),
  resumeMigration: ADMINISTRATORS(200),
  cancelMigration: ADMINISTRATORS(200),
  listNotices: ADMINISTRATORS(200),
  readOpenApi: ANYONE,
};

let api: TestApi;
beforeAll(async () => void (api = await startTestApi()));
afterAll(async () => api.close());

test('the matrix has every route', () => {
  expect(Object.keys(MATRIX).sort()).toEqual(ROUTES.map((route) => route.operationId).sort());
});

describe.each(ROUTES.map((route) => [route.operationId, route] as const))('%s', (operationId, route) => {
  test.each(Object.entries(COLUMNS).map(([column, person], index) => [column, person, index] as const))(
    'asked by %s',
    async (_column, person, index) => {
      const { path, body, headers } = await goodRequest(api, route, person);
      const callsBefore = api.gateway.calls.length;
      const answer = await api.send(route.method.toUpperCase(), filledPath(route, path), {
        as: person,
        body,
        headers: { ...headers },
      });
      expect(answer.status, answer.text).toBe(MATRIX[operationId]![index]);
      if (answer.status >= 400) expect(api.gateway.calls.length).toBe(callsBefore);
    },
  );
});

describe('what is somebody’s own is there for nobody else, administrators included', () => {
  test.each([
    ['readDraft', 'get', '/drafts/{id}'],
    ['changeDraft', 'put', '/drafts/{id}'],
    ['deleteDraft', 'delete', '/drafts/{id}'],
    ['submitDraft', 'post', '/drafts/{id}/submit'],
    ['endDelegation', 'post', '/delegations/{id}/end'],
  ] as const)('%s', async (operationId, method, template) => {
    const { path, body, headers } = await goodRequest(api, { operationId }, 'rita');
    const callsBefore = api.gateway.calls.length;
    for (const as of ['other-requester', 'ada'] as const) {
      const sent = { as, body, headers: { ...headers } };
      const answer = await api.send(method.toUpperCase(), filledPath({ path: template }, path), sent);
      expect(answer.body).toMatchObject({ status: 404, code: 'NotFound' });
    }
    expect(api.gateway.calls.length).toBe(callsBefore);
  });
});

describe('lists show each caller what they may see, and no more', () => {
  let account: Account;
  beforeAll(async () => void (account = await project(api.database.db, sampleAccount())));

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

describe('who has a part by a group or for somebody who is away', () => {
  const HOUR_MS = 3_600_000;
  const PART = { 'other-owner': 'an owner’s', 'other-approver': 'an approver’s' } as const;
  let account: Account;
  beforeAll(async () => {
    const { db } = api.database;
    const now = new Date();
    await createGroup(db, { name: 'payroll', members: ['other-owner'], createdAt: now.toISOString() });
    const [first, ...rest] = sampleApproval().steps;
    const steps = [{ ...first!, approvers: { users: ['ben'], groups: [] } }, ...rest];
    account = await project(db, sampleAccount({ ownerGroups: ['payroll'], approval: sampleApproval({ steps }) }));
    const at = (ms: number) => new Date(now.getTime() + ms).toISOString();
    const times = { startsAt: at(-HOUR_MS), endsAt: at(HOUR_MS) };
    await createDelegation(db, { id: randomUUID(), delegator: 'ben', delegate: 'other-approver', ...times });
  });

  test.each(Object.entries(PART) as [Person, string][])('%s has %s', async (person, part) => {
    const path = `/accounts/${account.id}`;
    expect((await api.send('GET', path, { as: person })).status).toBe(200);
    const { body } = await api.send('GET', `/accounts?name=${account.samAccountName}`, { as: person });
    expect(body.items).toHaveLength(1);
    const decided = await api.send('POST', `${path}/decide`, { as: person, body: { decision: 'approve' } });
    expect(decided.status).toBe(part === PART['other-approver'] ? 200 : 403);
    const edited = await api.send('POST', `${path}/edit`, {
      as: person,
      body: { description: 'Payroll' },
      headers: { 'if-match': `"${account.sequence}"` },
    });
    expect(edited.status).toBe(part === PART['other-owner'] ? 200 : 403);
  });

  test('a disabled group gives its members nothing', async () => {
    await setGroupDisabled(api.database.db, 'payroll', true);
    expect((await api.send('GET', `/accounts/${account.id}`, { as: 'other-owner' })).status).toBe(404);
    const { body } = await api.send('GET', `/accounts?name=${account.samAccountName}`, { as: 'other-owner' });
    expect(body.items).toEqual([]);
    await setGroupDisabled(api.database.db, 'payroll', false);
  });
});
