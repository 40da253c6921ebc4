/** For every route a request that the API accepts from somebody who may send it, with what the request needs to be there. */
import { randomUUID } from 'node:crypto';
import type { Route } from '../../contracts/http/route.ts';
import { createDelegation } from '../../db/queries/delegations.ts';
import { createDomain } from '../../db/queries/domains.ts';
import { createDraft } from '../../db/queries/drafts.ts';
import { createFreeze } from '../../db/queries/freezes.ts';
import { createGroup } from '../../db/queries/groups.ts';
import { createTemplate, publishTemplate } from '../../db/queries/publish-templates.ts';
import { createUser } from '../../db/queries/users.ts';
import { project } from './fake-gateway.ts';
import { sampleAccount, sampleTemplate } from './projection-samples.ts';
import { DOMAIN, type Person, type TestApi } from './test-api.ts';

export interface GoodRequest {
  /** The parameters of the route's path. */
  readonly path: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An hour from now, and a day. */
const HOUR_MS = 3_600_000;
const later = (ms: number): string => new Date(Date.now() + ms).toISOString();
const now = (): string => new Date().toISOString();

/** A name of a service account that nobody has. */
export function freshAccountName(): string {
  return `svc-${letters()}`;
}

function letters(): string {
  return randomUUID()
    .replaceAll(/[^a-f]/g, '')
    .padEnd(6, 'x')
    .slice(0, 14);
}

/** `author`: whose drafts and delegations they are. Whatever a request would use up is made for it alone. */
export async function goodRequest(
  api: TestApi,
  { operationId }: Pick<Route, 'operationId'>,
  author: Person = 'ada',
): Promise<GoodRequest> {
  return (await GOOD[operationId]?.(api, author)) ?? { path: await account(api) };
}

/** The path of a route with its parameters filled in. */
export function filledPath({ path }: Pick<Route, 'path'>, parameters: Readonly<Record<string, string>>): string {
  return path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => encodeURIComponent(parameters[name]!));
}

type Make = (api: TestApi, author: Person) => Promise<GoodRequest> | GoodRequest;

// What there is to act on ----------------------------------------------------------------------------------------------

/** A request of rita's on whose first step anna is asked; rita and olaf own it. */
async function account({ database, template }: TestApi) {
  return { id: (await project(database.db, sampleAccount({ templateId: template.id }))).id };
}

async function newUser({ database }: TestApi) {
  const name = `user-${randomUUID()}`;
  await createUser(database.db, { name, role: 'owner', tokenHash: randomUUID(), createdAt: now() });
  return { name };
}

async function newGroup({ database }: TestApi) {
  const name = `group ${randomUUID()}`;
  await createGroup(database.db, { name, members: ['anna', 'ben'], createdAt: now() });
  return { name };
}

async function newDomain({ database }: TestApi) {
  const fqdn = `d-${randomUUID()}.example.com`;
  await createDomain(database.db, fqdn, now());
  return { fqdn };
}

async function newFreeze({ database }: TestApi) {
  const freeze = { id: randomUUID(), scope: 'template', subject: randomUUID(), reason: 'A review.' } as const;
  await createFreeze(database.db, { ...freeze, frozenBy: 'ada', frozenAt: now() });
  return { id: freeze.id };
}

async function newTemplate({ database: { db } }: TestApi, state: 'draft' | 'published') {
  const id = randomUUID();
  await createTemplate(db, { id, template: sampleTemplate(), by: 'ada', at: now() });
  if (state === 'published') await publishTemplate(db, { id, by: 'ada', at: now() });
  return { id };
}

async function newDraft({ database, template }: TestApi, author: Person) {
  const draft = { id: randomUUID(), author, templateId: template.id, createdAt: now() };
  await createDraft(database.db, { ...draft, request: requestBody(template.id) });
  return { id: draft.id };
}

async function newDelegation({ database }: TestApi, delegator: Person) {
  const times = { startsAt: later(HOUR_MS), endsAt: later(24 * HOUR_MS) };
  const id = randomUUID();
  await createDelegation(database.db, { id, delegator, delegate: 'cleo', ...times });
  return { id };
}

async function newMigration(api: TestApi) {
  const { body } = await api.send('POST', '/migrations', { as: 'ada', body: await migrationBody(api) });
  return { id: body.id as string };
}

async function migrationBody(api: TestApi) {
  const { id } = await project(
    api.database.db,
    sampleAccount({
      state: 'active',
      templateId: api.template.id,
      startsAt: '2026-01-31T00:00:00.000Z',
      renewalOpensAt: '2027-01-01T00:00:00.000Z',
      endsAt: '2027-01-31T00:00:00.000Z',
    }),
  );
  return { accounts: [id], changes: { owners: ['olaf'] } };
}

function requestBody(templateId: string) {
  return {
    templateId,
    samAccountName: freshAccountName(),
    justification: 'Because.',
    description: 'For the tests.',
    owners: ['olaf'],
    ownerGroups: [],
    interval: 'P1Y',
    acceptTerms: true,
    attributes: {},
  };
}

// What is sent ---------------------------------------------------------------------------------------------------------

/** What was made a moment ago has its first version. */
const FIRST = { 'if-match': '"1"' };

const CONFIGURATION: Readonly<Record<string, Make>> = {
  readMe: () => ({ path: {} }),
  listUsers: () => ({ path: {} }),
  createUser: () => ({
    path: {},
    body: { name: `new-${randomUUID()}`, role: 'owner', emails: ['somebody@example.com'] },
  }),
  readUser: async (api) => ({ path: await newUser(api) }),
  changeUserContact: async (api) => ({ path: await newUser(api), body: { emails: ['somebody@example.com'] } }),
  replaceUserToken: async (api) => ({ path: await newUser(api) }),
  disableUser: async (api) => ({ path: await newUser(api) }),
  enableUser: async (api) => ({ path: await newUser(api) }),
  listGroups: () => ({ path: {} }),
  createGroup: () => ({ path: {}, body: { name: `group ${randomUUID()}`, members: ['anna', 'ben'] } }),
  readGroup: async (api) => ({ path: await newGroup(api) }),
  changeGroupMembers: async (api) => ({ path: await newGroup(api), body: { members: ['cleo'] }, headers: FIRST }),
  disableGroup: async (api) => ({ path: await newGroup(api) }),
  enableGroup: async (api) => ({ path: await newGroup(api) }),
  listDomains: () => ({ path: {} }),
  createDomain: () => ({ path: {}, body: { fqdn: `d-${randomUUID()}.example.com` } }),
  readDomain: () => ({ path: { fqdn: DOMAIN } }),
  changeDomain: async (api) => ({ path: await newDomain(api), body: { brakePerHour: 50 }, headers: FIRST }),
  releaseBrake: async (api) => ({ path: await newDomain(api) }),
  listFreezes: () => ({ path: {} }),
  createFreeze: async (api) => {
    const { id } = await newTemplate(api, 'draft');
    return { path: {}, body: { scope: 'template', subject: id, reason: 'A review.' } };
  },
  thawFreeze: async (api) => ({ path: await newFreeze(api) }),
  listNotices: () => ({ path: {} }),
  previewMigration: async (api) => ({ path: {}, body: await migrationBody(api) }),
  startMigration: async (api) => ({ path: {}, body: { ...(await migrationBody(api)), perMinute: 30 } }),
  listMigrations: () => ({ path: {} }),
  readMigration: async (api) => ({ path: await newMigration(api) }),
  listMigrationOutcomes: async (api) => ({ path: await newMigration(api) }),
  pauseMigration: async (api) => ({ path: await newMigration(api) }),
  resumeMigration: async (api) => ({ path: await newMigration(api) }),
  cancelMigration: async (api) => ({ path: await newMigration(api) }),
  readOpenApi: () => ({ path: {} }),
};

const TEMPLATES: Readonly<Record<string, Make>> = {
  listTemplates: () => ({ path: {} }),
  createTemplate: () => ({ path: {}, body: sampleTemplate() }),
  readTemplate: ({ template: { id } }) => ({ path: { id } }),
  readTemplateVersion: ({ template: { id } }) => ({ path: { id, version: '1' } }),
  changeTemplate: async (api) => ({ path: await newTemplate(api, 'draft'), body: sampleTemplate(), headers: FIRST }),
  draftTemplate: async (api) => ({ path: await newTemplate(api, 'published') }),
  publishTemplate: async (api) => ({ path: await newTemplate(api, 'draft'), body: { version: 1 }, headers: FIRST }),
  unpublishTemplate: async (api) => ({ path: await newTemplate(api, 'published') }),
  disableTemplate: async (api) => ({ path: await newTemplate(api, 'published') }),
  deleteTemplate: async (api) => ({ path: await newTemplate(api, 'draft'), headers: FIRST }),
  previewTemplate: async (api) => ({ path: await newTemplate(api, 'draft') }),
  listTemplateEvents: ({ template: { id } }) => ({ path: { id } }),
  checkName: ({ template: { id } }) => ({ path: { id }, body: { samAccountName: freshAccountName() } }),
};

const ACCOUNTS: Readonly<Record<string, Make>> = {
  submitRequest: ({ template }) => ({ path: {}, body: requestBody(template.id) }),
  listAccounts: () => ({ path: {} }),
  decideOnAccount: async (api) => ({
    path: await account(api),
    body: { decision: 'deny', reason: 'No.', step: 0 },
  }),
  replaceApprovers: async (api) => ({
    path: await account(api),
    body: { step: 0, approvers: { users: ['ben', 'cleo'], groups: [] }, quorum: 1 },
    headers: FIRST,
  }),
  changeOwners: async (api) => ({
    path: await account(api),
    body: { owners: ['olaf', 'rita'], ownerGroups: [] },
    headers: FIRST,
  }),
  editAccount: async (api) => ({ path: await account(api), body: { description: 'Payroll' }, headers: FIRST }),
  listDrafts: () => ({ path: {} }),
  createDraft: ({ template }) => ({ path: {}, body: requestBody(template.id) }),
  readDraft: async (api, author) => ({ path: await newDraft(api, author) }),
  changeDraft: async (api, author) => ({
    path: await newDraft(api, author),
    body: requestBody(api.template.id),
    headers: FIRST,
  }),
  deleteDraft: async (api, author) => ({ path: await newDraft(api, author), headers: FIRST }),
  submitDraft: async (api, author) => ({ path: await newDraft(api, author), headers: FIRST }),
  listDelegations: () => ({ path: {} }),
  createDelegation: (_api, author) => ({
    path: {},
    body: { delegate: author === 'cleo' ? 'ben' : 'cleo', from: later(HOUR_MS), until: later(24 * HOUR_MS) },
  }),
  endDelegation: async (api, author) => ({ path: await newDelegation(api, author) }),
};

const GOOD: Readonly<Record<string, Make>> = { ...CONFIGURATION, ...TEMPLATES, ...ACCOUNTS };
