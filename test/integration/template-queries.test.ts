/** Templates and their versions in a real database: from draft to published and out of use. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { projectTransition, reserveAccountName } from '../../db/project-account.ts';
import { createDomain } from '../../db/queries/domains.ts';
import { createDraft } from '../../db/queries/drafts.ts';
import { createFreeze, thawFreeze } from '../../db/queries/freezes.ts';
import { createMigration } from '../../db/queries/migrations.ts';
import {
  addDraft,
  createTemplate,
  deleteTemplate,
  disableTemplate,
  publishTemplate,
  replaceDraft,
  unpublishTemplate,
} from '../../db/queries/publish-templates.ts';
import {
  findPublishedTemplate,
  findTemplate,
  listTemplates,
  templatesUsingGroup,
  type TemplateFilter,
} from '../../db/queries/templates.ts';
import { createUser } from '../../db/queries/users.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import type { TemplateParts } from '../support/fake-activities.ts';
import { sampleAccount, sampleEvent, sampleTemplate } from '../support/projection-samples.ts';

const FQDN = 'corp.example.com';
const AT = '2026-01-31T12:00:00.123Z';
const LATER = '2026-03-31T12:00:00.000Z';
const by = { by: 'eva', at: LATER };
const making = { by: 'ada', at: AT };

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await createDomain(database.db, FQDN, AT);
  await createUser(database.db, { name: 'ada', role: 'administrator', tokenHash: 'ada', createdAt: AT });
});
afterAll(() => database.drop());

const abroad = sampleTemplate({ directory: { ...sampleTemplate().directory, domain: 'unknown.example.com' } });

/** The id of a new template whose first version is a draft. */
async function drafted(overrides: TemplateParts = {}): Promise<string> {
  const id = randomUUID();
  await createTemplate(database.db, { id, template: sampleTemplate(overrides), ...making });
  return id;
}

async function published(overrides: TemplateParts = {}): Promise<string> {
  const id = await drafted(overrides);
  await publishTemplate(database.db, { id, ...by });
  return id;
}

const draftRow = (id: string, overrides = {}) => ({
  id,
  version: 1,
  state: 'draft',
  revision: 1,
  template: sampleTemplate(),
  createdBy: 'ada',
  createdAt: AT,
  publishedBy: null,
  publishedAt: null,
  ...overrides,
});

async function statesOf(id: string) {
  const rows = await database.run('select version, state from template_versions where template_id = $1 order by 1', [
    id,
  ]);
  return rows.map(({ state }) => state);
}

test('a template begins as a draft and is found as it was stored', async () => {
  const { db } = database;
  const id = randomUUID();
  const made = { id, template: sampleTemplate(), ...making };
  expect(await createTemplate(db, made)).toBe('created');
  expect(await createTemplate(db, made)).toBe('exists');
  expect(await findTemplate(db, id)).toEqual(draftRow(id));
  expect(await findTemplate(db, id, 2)).toBeUndefined();
  expect(await findPublishedTemplate(db, id)).toBeUndefined();
  expect(await findTemplate(db, randomUUID())).toBeUndefined();
});

test('a draft is edited until it is published; then it never changes again', async () => {
  const { db } = database;
  const id = await drafted();
  const template = sampleTemplate({ name: 'Robots' });
  const edited = draftRow(id, { template, revision: 2 });
  expect(await replaceDraft(db, { id, expectedRevision: 1, template, ...by })).toEqual({
    outcome: 'changed',
    row: edited,
  });
  expect(await replaceDraft(db, { id, expectedRevision: 1, template, ...by })).toEqual({
    outcome: 'conflict',
    revision: 2,
  });
  const out = { ...edited, state: 'published', revision: 3, publishedBy: 'eva', publishedAt: LATER };
  expect(await publishTemplate(db, { id, expectedRevision: 2, ...by })).toEqual({ outcome: 'changed', row: out });
  expect(await findPublishedTemplate(db, id)).toEqual(out);
  expect(await replaceDraft(db, { id, expectedRevision: 3, template, ...by })).toEqual({ outcome: 'wrong-state' });
  expect(await publishTemplate(db, { id, ...by })).toEqual({ outcome: 'wrong-state' });
});

test('a new version begins as the published one; published, it takes its place and leaves the old one as it was', async () => {
  const { db } = database;
  const id = await published();
  expect(await addDraft(db, { id, ...making, expectedRevision: 2 })).toMatchObject({
    outcome: 'changed',
    row: { version: 2, state: 'draft', revision: 3, template: sampleTemplate(), publishedBy: null },
  });
  expect(await addDraft(db, { id, ...making })).toEqual({ outcome: 'draft-exists', version: 2 });
  const template = sampleTemplate({ name: 'Second' });
  await replaceDraft(db, { id, expectedRevision: 3, template, ...by });
  expect((await findPublishedTemplate(db, id))?.version).toBe(1);
  await publishTemplate(db, { id, ...by });
  expect(await findPublishedTemplate(db, id)).toMatchObject({ version: 2, template });
  expect(await findTemplate(db, id, 1)).toMatchObject({ state: 'unpublished', template: sampleTemplate() });
});

test('out of use for now, or for good', async () => {
  const { db } = database;
  const id = await published();
  expect(await unpublishTemplate(db, { id, ...by })).toMatchObject({
    outcome: 'changed',
    row: { state: 'unpublished' },
  });
  expect(await unpublishTemplate(db, { id, ...by })).toEqual({ outcome: 'wrong-state' });
  expect(await publishTemplate(db, { id, ...by })).toMatchObject({ outcome: 'changed', row: { state: 'published' } });
  expect(await disableTemplate(db, { id, expectedRevision: 1, ...by })).toEqual({ outcome: 'conflict', revision: 4 });
  expect(await disableTemplate(db, { id, ...by })).toMatchObject({ outcome: 'changed', row: { state: 'disabled' } });
  expect(await disableTemplate(db, { id, ...by })).toEqual({ outcome: 'wrong-state' });
  expect(await publishTemplate(db, { id, ...by })).toEqual({ outcome: 'wrong-state' });
  await addDraft(db, { id, ...making });
  expect(await statesOf(id)).toEqual(['disabled', 'draft']);
});

describe('at the same instant', () => {
  test('of many drafts of one template one is made', async () => {
    const id = await published();
    const outcomes = await Promise.all([1, 2, 3, 4].map(() => addDraft(database.db, { id, ...making })));
    expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual([
      'changed',
      'draft-exists',
      'draft-exists',
      'draft-exists',
    ]);
    expect(await statesOf(id)).toEqual(['published', 'draft']);
  });

  test('of two changes of one revision one is told to look again', async () => {
    const id = await drafted();
    const edit = { id, expectedRevision: 1, template: sampleTemplate(), ...by };
    const outcomes = await Promise.all([
      replaceDraft(database.db, edit),
      replaceDraft(database.db, edit),
      publishTemplate(database.db, { id, expectedRevision: 1, ...by }),
    ]);
    expect(outcomes.filter(({ outcome }) => outcome === 'changed')).toHaveLength(1);
    expect(outcomes.filter(({ outcome }) => outcome === 'conflict')).toHaveLength(2);
  });
});

test('a template that nothing refers to is deleted with its versions', async () => {
  const { db } = database;
  const id = await published();
  await addDraft(db, { id, ...making });
  expect(await deleteTemplate(db, { id, ...by })).toBe('deleted');
  expect(await deleteTemplate(db, { id, ...by })).toBe('missing');
  expect(await findTemplate(db, id, 1)).toBeUndefined();
});

test('what is not there is told: the template, the domain', async () => {
  const { db } = database;
  const missing = { outcome: 'missing' };
  const id = randomUUID();
  expect(await replaceDraft(db, { id, expectedRevision: 1, template: sampleTemplate(), ...by })).toEqual(missing);
  expect(await addDraft(db, { id, ...making })).toEqual(missing);
  expect(await publishTemplate(db, { id, ...by })).toEqual(missing);
  expect(await createTemplate(db, { id, template: abroad, ...making })).toBe('domain-missing');
  expect(await findTemplate(db, id)).toBeUndefined();
  const known = await drafted();
  const moved = { id: known, expectedRevision: 1, template: abroad, ...by };
  expect(await replaceDraft(db, moved)).toEqual({ outcome: 'domain-missing' });
  expect(await findTemplate(db, known)).toEqual(draftRow(known));
});

test('a template is not deleted while an account, a reserved name or a draft refers to it', async () => {
  const { db } = database;
  const [byAccount, byName, byDraft] = await Promise.all([published(), published(), published()]);
  const account = sampleAccount({ templateId: byAccount, state: 'retired' });
  await projectTransition(db, { account, events: [sampleEvent(account)] }, AT);
  const name = { accountId: randomUUID(), domain: FQDN, samAccountName: 'svc-held', reservedAt: AT };
  await reserveAccountName(db, { ...name, templateId: byName });
  await createDraft(db, { id: randomUUID(), author: 'ada', request: {}, templateId: byDraft, createdAt: AT });
  for (const id of [byAccount, byName, byDraft]) expect(await deleteTemplate(db, { id, ...by })).toBe('in-use');
});

describe('a migration and a freeze', () => {
  const migrationTo = (templateId: string) => ({
    id: randomUUID(),
    requestedBy: 'ada',
    requestedAt: AT,
    changes: { snapshot: { templateId, version: 1, template: sampleTemplate() } },
    accounts: 1,
    perMinute: 60,
  });
  const freezeOf = (subject: string) => ({
    id: randomUUID(),
    scope: 'template' as const,
    subject,
    reason: 'Audit',
    frozenBy: 'ada',
    frozenAt: AT,
  });

  test('keep the template that they are about; a freeze until it is thawed', async () => {
    const { db } = database;
    const [target, frozen, other] = [await published(), await published(), await published()];
    expect(await createMigration(db, migrationTo(target))).toBe('created');
    const freeze = freezeOf(frozen);
    await createFreeze(db, freeze);
    expect(await deleteTemplate(db, { id: target, ...by })).toBe('in-use');
    expect(await deleteTemplate(db, { id: frozen, ...by })).toBe('in-use');
    expect(await deleteTemplate(db, { id: other, ...by })).toBe('deleted');
    await thawFreeze(db, { id: freeze.id, thawedBy: 'ada', thawedAt: LATER });
    expect(await deleteTemplate(db, { id: frozen, ...by })).toBe('deleted');
    expect(await createMigration(db, migrationTo(frozen))).toBe('template-missing');
  });

  test('of a migration and the deletion of its template one is refused', async () => {
    for (let round = 0; round < 10; round += 1) {
      const id = await published();
      const [created, deleted] = await Promise.all([
        database.db.transaction((transaction) => createMigration(transaction, migrationTo(id))),
        deleteTemplate(database.db, { id, ...by }),
      ]);
      expect([created, deleted]).toEqual(
        created === 'created' ? ['created', 'in-use'] : ['template-missing', 'deleted'],
      );
    }
  });
});

describe('lists', () => {
  const all = async (filter: Partial<TemplateFilter>) => {
    const seen: string[] = [];
    let after: TemplateFilter['after'];
    do {
      const page = await listTemplates(database.db, { ...filter, after, limit: 2 });
      seen.push(...page.items.map(({ template: { name }, version, state }) => `${name} ${version} ${state}`));
      after = page.next;
    } while (after);
    return seen;
  };

  beforeAll(async () => {
    await database.run('delete from drafts');
    await database.run('truncate template_versions, templates');
    const { db } = database;
    for (let index = 0; index < 3; index += 1) await drafted({ name: 'Same name' });
    const id = await published({ name: 'A, for some', availableTo: { users: ['rita'], groups: ['Robots'] } });
    await addDraft(db, { id, ...making });
    // The list is ordered by the name of the newest version, whichever is shown.
    await replaceDraft(db, { id, expectedRevision: 3, template: sampleTemplate({ name: 'Z, renamed' }), ...by });
    await published({ name: 'B, for all' });
    await unpublishTemplate(db, { id: await published({ name: 'C, withdrawn' }), ...by });
  });

  test.each<[string, Partial<TemplateFilter>, string[]]>([
    [
      'all, in their newest version',
      {},
      [
        'B, for all 1 published',
        'C, withdrawn 1 unpublished',
        ...new Array(3).fill('Same name 1 draft'),
        'Z, renamed 2 draft',
      ],
    ],
    ['drafts', { state: 'draft' }, [...new Array(3).fill('Same name 1 draft'), 'Z, renamed 2 draft']],
    ['published ones', { state: 'published' }, ['B, for all 1 published', 'A, for some 1 published']],
    ['what a stranger may ask under', { availableTo: { name: 'zoe', groups: [] } }, ['B, for all 1 published']],
    [
      'what somebody named may ask under',
      { availableTo: { name: 'rita', groups: [] } },
      ['B, for all 1 published', 'A, for some 1 published'],
    ],
    [
      'what a member of a group may ask under',
      { availableTo: { name: 'zoe', groups: ['Others', 'Robots'] } },
      ['B, for all 1 published', 'A, for some 1 published'],
    ],
  ])('%s, page by page', async (_what, filter, wanted) => {
    expect(await all(filter)).toEqual(wanted);
  });
});

test.each<[string, TemplateParts]>([
  ['as approver', { approval: { steps: [{ name: 'S', approvers: { groups: ['Used'] }, quorum: 1 }] } }],
  [
    'in an escalation',
    {
      approval: {
        steps: [
          { name: 'S', approvers: { users: ['anna'] }, quorum: 1 },
          { name: 'T', approvers: { users: ['anna'] }, quorum: 1, deadline: 'P7D', escalation: { groups: ['Used'] } },
        ],
      },
    },
  ],
  ['as fallback owner', { ownership: { fallbackGroup: 'Used' } }],
  ['among who may ask', { availableTo: { groups: ['Other', 'Used'] } }],
])('a published template that names a group %s is found by it', async (_where, parts) => {
  await database.run(`update template_versions set state = 'disabled'`);
  const id = await published({ ...parts, name: 'Names it' });
  await drafted(parts);
  await published({ name: 'Used' });
  expect(await templatesUsingGroup(database.db, 'Used')).toEqual([{ id, version: 1, name: 'Names it' }]);
});
