/** A template that is for some: every way to read, name or ask under it, by those who may know of it and those who may not. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  addDraft,
  disableTemplate,
  publishTemplate,
  replaceDraft,
  unpublishTemplate,
} from '../../db/queries/publish-templates.ts';
import type { TemplateParts } from '../support/fake-activities.ts';
import { project } from '../support/fake-gateway.ts';
import { freshAccountName } from '../support/good-requests.ts';
import { sampleAccount, sampleTemplate } from '../support/projection-samples.ts';
import { makeTemplate, startTestApi, type Answered, type Person, type TestApi } from '../support/test-api.ts';

let api: TestApi;
beforeAll(async () => void (api = await startTestApi()));
afterAll(async () => api.close());

const FOR_RITA: TemplateParts = { availableTo: { users: ['rita'] } };
const doing = () => ({ by: 'ada', at: new Date().toISOString() });
const make = async (parts: TemplateParts = FOR_RITA) => (await makeTemplate(api.database, sampleTemplate(parts))).id;

/** A second version, published. */
async function publishAnother(id: string, parts: TemplateParts): Promise<void> {
  const { db } = api.database;
  await addDraft(db, { id, ...doing() });
  await replaceDraft(db, { id, template: sampleTemplate(parts), ...doing() });
  await publishTemplate(db, { id, ...doing() });
}

/** What `as` is answered wherever a template can be named. */
async function ways(id: string, as: Person) {
  const ask = (method: string, path: string, body?: object) => api.send(method, path, { as, ...(body && { body }) });
  const request = { templateId: id, samAccountName: freshAccountName(), justification: 'Because.', interval: 'P1Y' };
  const listed = await ask('GET', '/templates?limit=200');
  return {
    listed: listed.body.items.some((item: { id: string }) => item.id === id) as boolean,
    template: await ask('GET', `/templates/${id}`),
    version: await ask('GET', `/templates/${id}/versions/1`),
    name: await ask('POST', `/templates/${id}/name-check`, { samAccountName: 'svc-a' }),
    request: await ask('POST', '/requests', request),
    draft: await ask('POST', '/drafts', { templateId: id }),
  };
}

type Ways = Awaited<ReturnType<typeof ways>>;

/** Answers without what differs between any two of them. */
function comparable({ listed, ...answers }: Ways) {
  const told = ({ status, body }: Answered) => [status, { ...body, requestId: '' }] as const;
  return { listed, ...Object.fromEntries(Object.entries(answers).map(([way, answer]) => [way, told(answer)])) };
}

const statuses = ({ listed: _listed, ...answers }: Ways) => Object.values(answers).map(({ status }) => status);

const STATES: Readonly<Record<string, (id: string) => Promise<unknown>>> = {
  published: async () => undefined,
  unpublished: (id) => unpublishTemplate(api.database.db, { id, ...doing() }),
  disabled: (id) => disableTemplate(api.database.db, { id, ...doing() }),
  'published, with a draft begun': (id) => addDraft(api.database.db, { id, ...doing() }),
};

describe.each(Object.entries(STATES))('a template for rita, %s', (_state, bring) => {
  test('is to others like one that does not exist', async () => {
    const id = await make();
    await bring(id);
    expect(comparable(await ways(id, 'other-requester'))).toEqual(
      comparable(await ways(randomUUID(), 'other-requester')),
    );
  });
});

test('a draft that was never published is to requesters like one that does not exist', async () => {
  for (const availableTo of [{ users: ['rita'] }, null]) {
    const made = await api.send('POST', '/templates', { as: 'ada', body: sampleTemplate({ availableTo }) });
    expect(made.status, made.text).toBe(201);
    expect(comparable(await ways(made.body.id, 'rita'))).toEqual(comparable(await ways(randomUUID(), 'rita')));
  }
});

test('those whom it is for read it, ask under it, and are told when it is out of use', async () => {
  const id = await make();
  const before = await ways(id, 'rita');
  expect(statuses(before), before.request.text).toEqual([200, 200, 200, 201, 201]);
  await STATES['unpublished']!(id);
  const after = await ways(id, 'rita');
  expect(statuses(after)).toEqual([404, 200, 404, 409, 201]);
  expect(after.request.body.code).toBe('NotPublished');
});

test('what is narrowed is narrowed for its past, and what is widened does not tell of it', async () => {
  const narrowed = await make({ availableTo: null });
  // Without asking for an account under it: that would be a part in one.
  expect((await api.send('GET', `/templates/${narrowed}/versions/1`, { as: 'other-requester' })).status).toBe(200);
  await publishAnother(narrowed, FOR_RITA);
  const unknown = comparable(await ways(randomUUID(), 'other-requester'));
  expect(comparable(await ways(narrowed, 'other-requester'))).toEqual(unknown);
  const widened = await make();
  await publishAnother(widened, { availableTo: null });
  expect(statuses(await ways(widened, 'other-requester'))).toEqual([200, 404, 200, 201, 201]);
});

test('who has a part in an account reads the version that it lives under, and no other', async () => {
  const id = await make();
  await publishAnother(id, FOR_RITA);
  const account = await project(
    api.database.db,
    sampleAccount({ templateId: id, templateVersion: 1, state: 'active' }),
  );
  const read = async (as: Person, version: number) =>
    (await api.send('GET', `/templates/${id}/versions/${version}`, { as })).status;
  for (const party of ['olaf', 'anna'] as const) {
    expect([await read(party, 1), await read(party, 2)], party).toEqual([200, 404]);
  }
  for (const stranger of ['other-owner', 'other-approver'] as const) expect(await read(stranger, 1)).toBe(404);
  expect(account.owners).toContain('olaf');
});

test('a draft keeps the template of the account that it was cloned from, and takes no other that is not known', async () => {
  const id = await make({ availableTo: { users: ['other-requester'] } });
  const account = await project(api.database.db, sampleAccount({ templateId: id, state: 'retired' }));
  const cloned = await api.send('POST', `/accounts/${account.id}/clone`, { as: 'rita' });
  expect(cloned.status, cloned.text).toBe(201);
  const edit = (revision: number, templateId: string) =>
    api.send('PUT', `/drafts/${cloned.body.id}`, {
      as: 'rita',
      body: { templateId },
      headers: { 'if-match': `"${revision}"` },
    });
  expect((await edit(1, id)).status).toBe(200);
  for (const unknown of [randomUUID(), await make({ availableTo: { users: ['other-requester'] } })]) {
    const refused = await edit(2, unknown);
    expect([refused.status, refused.body.errors[0].field]).toEqual([422, '/templateId']);
  }
});
