/** What is put on record of templates, and whom it is told, in a real database. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDomain } from '../../db/queries/domains.ts';
import { listNotices } from '../../db/queries/notices.ts';
import {
  addDraft,
  createTemplate,
  deleteTemplate,
  disableTemplate,
  publishTemplate,
  replaceDraft,
  unpublishTemplate,
} from '../../db/queries/publish-templates.ts';
import { listTemplateEvents } from '../../db/queries/template-events.ts';
import { createUser } from '../../db/queries/users.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { sampleTemplate } from '../support/projection-samples.ts';

const AT = '2026-01-31T12:00:00.123Z';
const LATER = '2026-03-31T12:00:00.000Z';
const by = { by: 'eva', at: LATER };
const making = { by: 'ada', at: AT };

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await createDomain(database.db, sampleTemplate().directory.domain, AT);
  for (const name of ['ada', 'eva']) {
    const role = name === 'ada' ? 'administrator' : 'owner';
    await createUser(database.db, { name, role, tokenHash: name, createdAt: AT });
  }
});
afterAll(() => database.drop());

async function drafted(): Promise<string> {
  const id = randomUUID();
  await createTemplate(database.db, { id, template: sampleTemplate(), ...making });
  return id;
}

test('what happens to a template is on record, with who did it, also when it is gone', async () => {
  const { db } = database;
  const id = await drafted();
  const template = sampleTemplate({ name: 'Robots' });
  await replaceDraft(db, { id, template, ...by });
  await replaceDraft(db, { id, expectedRevision: 1, template, ...by });
  await publishTemplate(db, { id, ...by });
  await addDraft(db, { id, ...making });
  await addDraft(db, { id, ...making });
  await publishTemplate(db, { id, ...by });
  await unpublishTemplate(db, { id, ...by });
  await disableTemplate(db, { id, ...making });
  await deleteTemplate(db, { id, ...by });
  await deleteTemplate(db, { id, ...by });
  const first = await listTemplateEvents(db, { templateId: id, limit: 5 });
  const rest = await listTemplateEvents(db, { templateId: id, limit: 5, after: first.next });
  expect(rest.next).toBeUndefined();
  expect([...first.items, ...rest.items].map(({ version, type, actor, at }) => [version, type, actor, at])).toEqual([
    [1, 'drafted', 'ada', AT],
    [1, 'edited', 'eva', LATER],
    [1, 'published', 'eva', LATER],
    [2, 'drafted', 'ada', AT],
    [2, 'published', 'eva', LATER],
    [2, 'unpublished', 'eva', LATER],
    [2, 'disabled', 'ada', AT],
    [2, 'deleted', 'eva', LATER],
  ]);
});

test('the administrators are told once of each draft that waits to be published', async () => {
  const { db } = database;
  const id = await drafted();
  await publishTemplate(db, { id, ...by });
  await addDraft(db, { id, by: 'eva', at: LATER });
  await addDraft(db, { id, by: 'eva', at: LATER });
  const { items } = await listNotices(db, { templateId: id, limit: 10 });
  const told = {
    templateId: id,
    accountId: null,
    kind: 'template-needs-approval',
    recipient: 'ada',
    address: 'user:ada',
  };
  const { name } = sampleTemplate();
  expect(items).toMatchObject([
    { ...told, dueAt: LATER, detail: { version: 2, name, by: 'eva' } },
    { ...told, dueAt: AT, detail: { version: 1, name, by: 'ada' } },
  ]);
});
