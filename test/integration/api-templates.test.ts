/** Templates over HTTP: from draft to published and out of use, who sees what, the preview, and the check of a name. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { replaceDraft } from '../../db/queries/publish-templates.ts';
import { eventually } from '../../infra/dev/eventually.ts';
import type { TemplateParts } from '../support/fake-activities.ts';
import { project } from '../support/fake-gateway.ts';
import { sampleAccount, sampleTemplate } from '../support/projection-samples.ts';
import { makeTemplate, startTestApi, type Answered, type Person, type TestApi } from '../support/test-api.ts';

let api: TestApi;
beforeAll(async () => void (api = await startTestApi()));
afterAll(async () => api.close());

const WELL = { directory: { problems: [], nameInUse: false }, vault: { ready: true, problem: null } };
beforeEach(() => api.gateway.inspects(WELL));

const post = (path: string, as: Person = 'ada', headers?: Record<string, string>) =>
  api.send('POST', path, { as, ...(headers && { headers }) });
const get = (path: string, as: Person = 'ada') => api.send('GET', path, { as });
const put = (path: string, parts: TemplateParts, etag: string) =>
  api.send('PUT', path, { as: 'ada', body: sampleTemplate(parts), headers: { 'if-match': etag } });

/** With the newest ETag, unless another one is given. */
async function publish(path: string, { body, headers }: { body?: object; headers?: Record<string, string> } = {}) {
  const etag = (await get(path)).headers.get('etag')!;
  return api.send('POST', `${path}/publish`, {
    as: 'ada',
    headers: { 'if-match': etag, ...headers },
    ...(body && { body }),
  });
}

async function draft(parts: TemplateParts = {}) {
  const made = await api.send('POST', '/templates', { as: 'ada', body: sampleTemplate(parts) });
  expect(made.status, made.text).toBe(201);
  return { made, path: made.headers.get('location')!.replace('/api/v1', ''), etag: made.headers.get('etag')! };
}

async function published(parts: TemplateParts = {}): Promise<string> {
  const { path } = await draft(parts);
  const answer = await publish(path);
  expect(answer.status, answer.text).toBe(200);
  return path;
}

/** An OU outside the domain, and fewer approvers than the quorum. */
const broken = (): TemplateParts => ({
  approval: { steps: [{ name: 'Security', approvers: { users: ['anna', 'gone'] }, quorum: 2 }] },
  directory: { domain: 'corp.example.com', organizationalUnit: 'OU=x,DC=other,DC=com' },
});

const shownAs = ({ body: { version, state } }: Answered) => [version, state];

describe('the way of a template', () => {
  test('a draft is edited by those who saw its newest revision, then published', async () => {
    const { made, path, etag } = await draft({ name: 'First' });
    expect(made.body).toMatchObject({ version: 1, state: 'draft', revision: 1, publishedBy: null });
    expect((await api.send('PUT', path, { as: 'ada', body: sampleTemplate() })).body.code).toBe('PreconditionRequired');
    const edited = await put(path, { name: 'Second' }, etag);
    expect([edited.status, edited.headers.get('etag'), edited.body.version]).toEqual([200, '"2"', 1]);
    for (const late of ['"1"', 'W/"2"', '*', '"x"', '2']) {
      expect((await put(path, {}, late)).body, late).toMatchObject({ status: 412, code: 'PreconditionFailed' });
    }
    const answer = await publish(path);
    expect(answer.body).toMatchObject({
      version: 1,
      state: 'published',
      publishedBy: 'ada',
      template: { name: 'Second' },
    });
    const after = await put(path, {}, answer.headers.get('etag')!);
    expect(after.body).toMatchObject({ status: 409, code: 'StateConflict' });
  });

  test('what somebody has edited since is not published by who has not seen that', async () => {
    const { path, etag } = await draft({ name: 'Seen' });
    await put(path, { name: 'Slipped in' }, etag);
    const refused = await publish(path, { headers: { 'if-match': etag } });
    expect(refused.body).toMatchObject({ status: 412, code: 'PreconditionFailed' });
    expect((await post(`${path}/publish`)).body).toMatchObject({ status: 428, code: 'PreconditionRequired' });
    expect((await get(path)).body.state).toBe('draft');
    expect((await publish(path)).body).toMatchObject({ state: 'published', template: { name: 'Slipped in' } });
  });

  test('nor is what is edited while the preview is made', async () => {
    const { made, path, etag } = await draft({ name: 'Seen' });
    const before = api.gateway.inspections.length;
    let publishing: Promise<Answered> | undefined;
    await api.database.db.transaction(async (transaction) => {
      const template = sampleTemplate({ name: 'Slipped in' });
      await replaceDraft(transaction, { id: made.body.id, template, by: 'ada', at: new Date().toISOString() });
      publishing = publish(path, { headers: { 'if-match': etag } });
      await eventually('the preview has been made', async () => api.gateway.inspections.length > before, {
        timeoutMs: 10_000,
        intervalMs: 10,
      });
    });
    expect((await publishing!).body).toMatchObject({ status: 412, code: 'PreconditionFailed' });
    expect((await get(path)).body.state).toBe('draft');
  });

  test('of several edits at one instant one is made', async () => {
    const { path, etag } = await draft();
    const answers = await Promise.all(['A', 'B', 'C'].map((name) => put(path, { name }, etag)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412]);
  });

  test('a new version is a draft of the published one, which stays until that is published', async () => {
    const path = await published({ name: 'One' });
    const begun = await post(`${path}/draft`);
    expect([begun.status, begun.body.state, begun.body.version]).toEqual([201, 'draft', 2]);
    expect((await post(`${path}/draft`)).body).toMatchObject({ code: 'StateConflict' });
    await put(path, { name: 'Two' }, begun.headers.get('etag')!);
    expect((await get(path, 'rita')).body).toMatchObject({ version: 1, template: { name: 'One' } });
    expect((await get(`${path}/versions/2`, 'rita')).status).toBe(404);
    await publish(path);
    expect((await get(path, 'rita')).body).toMatchObject({ version: 2, template: { name: 'Two' } });
    expect(shownAs(await get(`${path}/versions/1`, 'rita'))).toEqual([1, 'unpublished']);
    expect((await get(`${path}/versions/3`)).status).toBe(404);
  });

  test('unpublished can be published again, disabled cannot, but a new version of it can', async () => {
    const path = await published();
    expect(shownAs(await post(`${path}/unpublish`))).toEqual([1, 'unpublished']);
    expect((await post(`${path}/unpublish`)).body).toMatchObject({ status: 409, code: 'NotPublished' });
    expect((await get(path, 'rita')).status).toBe(404);
    expect(shownAs(await publish(path))).toEqual([1, 'published']);
    expect(shownAs(await post(`${path}/disable`))).toEqual([1, 'disabled']);
    expect((await publish(path)).body).toMatchObject({ status: 409, code: 'StateConflict' });
    await post(`${path}/draft`);
    expect(shownAs(await publish(path))).toEqual([2, 'published']);
  });

  test('with a draft begun, what was unpublished is published again by its version, and the draft only by its own', async () => {
    const path = await published({ name: 'One' });
    const begun = await post(`${path}/draft`);
    await put(path, broken(), begun.headers.get('etag')!);
    await post(`${path}/unpublish`);
    for (const body of [undefined, {}]) {
      expect((await publish(path, { ...(body && { body }) })).body).toMatchObject({
        code: 'StateConflict',
        detail: expect.stringContaining('version'),
      });
    }
    expect((await get(path)).body).toMatchObject({ version: 2, state: 'draft' });
    expect((await publish(path, { body: { version: 3 } })).body.errors).toMatchObject([
      { location: 'body', field: '/version' },
    ]);
    // Of the version that is published: the draft has errors.
    expect(shownAs(await publish(path, { body: { version: 1 } }))).toEqual([1, 'published']);
    expect((await publish(path, { body: { version: 1 } })).body).toMatchObject({ code: 'StateConflict' });
    expect((await publish(path, { body: { version: 2 } })).body).toMatchObject({ status: 422 });
    await put(path, {}, (await get(path)).headers.get('etag')!);
    expect(shownAs(await publish(path))).toEqual([2, 'published']);
    expect(shownAs(await publish(path, { body: { version: 1 } }))).toEqual([1, 'published']);
    expect(shownAs(await get(`${path}/versions/2`))).toEqual([2, 'unpublished']);
  });

  test('a repeated publication gets its first answer, even when it would be refused now', async () => {
    const { path } = await draft();
    const headers = { 'idempotency-key': randomUUID(), 'if-match': '"1"' };
    const first = await publish(path, { headers });
    await post(`${path}/disable`);
    expect((await publish(path, { headers })).body).toEqual(first.body);
    expect((await get(path)).body.state).toBe('disabled');
  });

  test('a template that nothing refers to is deleted with its versions', async () => {
    const path = await published();
    const remove = (headers?: Record<string, string>) =>
      api.send('DELETE', path, { as: 'ada', ...(headers && { headers }) });
    expect((await remove()).body.code).toBe('PreconditionRequired');
    expect((await remove({ 'if-match': '"1"' })).body.code).toBe('PreconditionFailed');
    const deleted = await remove({ 'if-match': '"2"' });
    expect([deleted.status, deleted.body.version]).toEqual([200, 1]);
    expect((await remove({ 'if-match': '"2"' })).status).toBe(404);
    expect((await get(`${path}/versions/1`)).status).toBe(404);
  });

  test('one that an account refers to is not', async () => {
    const template = await makeTemplate(api.database, sampleTemplate());
    await project(api.database.db, sampleAccount({ templateId: template.id, state: 'retired' }));
    const headers = { 'if-match': '"2"' };
    const refused = await api.send('DELETE', `/templates/${template.id}`, { as: 'ada', headers });
    expect(refused.body).toMatchObject({ status: 409, code: 'TemplateInUse' });
    expect((await get(`/templates/${template.id}`)).status).toBe(200);
  });

  test('there is nothing to do to a template that is not there', async () => {
    for (const action of ['draft', 'publish', 'unpublish', 'disable', 'preview']) {
      const headers = { 'if-match': '"1"' };
      expect((await post(`/templates/${randomUUID()}/${action}`, 'ada', headers)).status, action).toBe(404);
    }
  });
});

describe('who sees what', () => {
  const names = async (as: Person, query = '') =>
    (await get(`/templates?limit=200${query}`, as)).body.items.map(
      (row: { template: { name: string } }) => row.template.name,
    ) as string[];

  test('requesters see what is published and available to them, administrators all', async () => {
    await api.send('POST', '/groups', { as: 'ada', body: { name: 'Payroll', members: ['other-requester'] } });
    await draft({ name: 'Seen: draft' });
    await published({ name: 'Seen: all' });
    await published({ name: 'Seen: rita', availableTo: { users: ['rita'] } });
    const path = await published({ name: 'Seen: group', availableTo: { groups: ['Payroll'] } });
    const seen = async (as: Person) => (await names(as)).filter((name) => name.startsWith('Seen: '));
    expect(await seen('rita')).toEqual(['Seen: all', 'Seen: rita']);
    expect(await seen('other-requester')).toEqual(['Seen: all', 'Seen: group']);
    expect(await seen('ada')).toEqual(['Seen: all', 'Seen: draft', 'Seen: group', 'Seen: rita']);
    expect((await get(path, 'rita')).status).toBe(404);
    expect((await get(path, 'other-requester')).status).toBe(200);
    await api.send('POST', '/groups/Payroll/disable', { as: 'ada' });
    expect((await get(path, 'other-requester')).status).toBe(404);
  });

  test('names of approvers that a template hides are for administrators', async () => {
    await api.send('POST', '/groups', { as: 'ada', body: { name: 'Hidden', members: ['anna', 'ben'] } });
    const step = { name: 'Security', approvers: { users: ['cleo'], groups: ['Hidden'] }, quorum: 1, deadline: 'P7D' };
    const steps = [{ ...step, escalation: { users: ['ben'] } }];
    const path = await published({ name: 'Hides', approval: { hideApprovers: true, steps } });
    for (const where of [path, `${path}/versions/1`, '/templates?limit=200']) {
      const text = JSON.stringify((await get(where, 'rita')).body);
      expect(text).toContain('Hides');
      expect(text).not.toMatch(/"(?:cleo|ben|Hidden)"/);
      expect((await get(where)).text).toMatch(/"Hidden"/);
    }
    const nobody = { users: [], groups: [] };
    const [shown] = (await get(path, 'rita')).body.template.approval.steps;
    expect(shown).toMatchObject({ name: 'Security', approvers: nobody, escalation: nobody, deadline: 'P7D' });
  });

  test('the list is filtered by state', async () => {
    await draft({ name: 'Filtered' });
    expect(await names('ada', '&state=draft')).toContain('Filtered');
    expect(await names('ada', '&state=published')).not.toContain('Filtered');
    expect(await names('rita', '&state=draft')).toEqual([]);
    expect(await names('rita', '&state=published')).toEqual(await names('rita'));
  });
});

describe('the preview', () => {
  const fields = (findings: { field: string }[]) => findings.map(({ field }) => field);

  test('names every field that is wrong, and publishing is refused with the same', async () => {
    const { path } = await draft(broken());
    const { body } = await post(`${path}/preview`);
    const wrong = ['/directory/organizationalUnit', '/approval/steps/0/approvers/users/1', '/approval/steps/0/quorum'];
    expect(fields(body.errors)).toEqual(wrong);
    const refused = await publish(path);
    expect(refused.body).toMatchObject({ status: 422, code: 'InvalidRequest' });
    expect(fields(refused.body.errors)).toEqual(wrong);
    expect((await get(path)).body.state).toBe('draft');
  });

  test('counts the active members of groups, as of now', async () => {
    await api.send('POST', '/groups', { as: 'ada', body: { name: 'Counted', members: ['anna', 'ben', 'gone'] } });
    const step = (quorum: number) => ({ name: 'Security', approvers: { groups: ['Counted'] }, quorum });
    const { path, etag } = await draft({ approval: { steps: [step(3)] } });
    expect(fields((await post(`${path}/preview`)).body.errors)).toEqual(['/approval/steps/0/quorum']);
    await put(path, { approval: { steps: [step(1)] } }, etag);
    expect((await post(`${path}/preview`)).body).toEqual({ errors: [], warnings: [] });
    await api.send('POST', '/groups/Counted/disable', { as: 'ada' });
    const disabled = (await post(`${path}/preview`)).body.errors;
    expect(fields(disabled)).toEqual(['/approval/steps/0/approvers/groups/0', '/approval/steps/0/quorum']);
  });

  test('has what the engine found; its absence is a warning that publishing tells too', async () => {
    const { path } = await draft({ vault: { folder: 'service-accounts', mayChooseFolder: true } });
    const ou = sampleTemplate().directory.organizationalUnit;
    api.gateway.inspects({
      directory: { problems: [{ distinguishedName: ou, problem: 'does not exist' }], nameInUse: null },
      vault: { ready: false, problem: 'The mount "kv" is not there.' },
    });
    const { body } = await post(`${path}/preview`);
    expect(fields(body.errors)).toEqual(['/directory/organizationalUnit', '/vault/folder']);
    expect(api.gateway.inspections.at(-1)).toMatchObject({ folder: 'service-accounts', mayChooseFolder: true });
    const away = { failed: 'away', message: 'No engine.' } as const;
    api.gateway.inspects({ directory: away, vault: away });
    const answer = await publish(path);
    expect([answer.status, fields(answer.body.warnings)]).toEqual([
      200,
      ['/approval/steps/0/quorum', '/directory/domain'],
    ]);
  });

  test('a domain that is not registered is refused before there is a draft', async () => {
    const body = sampleTemplate({
      directory: { domain: 'nowhere.example.com', organizationalUnit: 'OU=x,DC=nowhere,DC=example,DC=com' },
    });
    const refused = await api.send('POST', '/templates', { as: 'ada', body });
    expect(refused.body.errors).toMatchObject([{ field: '/directory/domain' }]);
  });

  test('short periods are errors, except in demonstrations', async () => {
    const lifecycle = { intervals: ['PT20S'], renewalWindow: 'PT10S', endOfLife: 'delete' } as const;
    const parts = { lifecycle: { ...lifecycle, intervals: ['PT20S'] } };
    const { path } = await draft(parts);
    const shorts = ['/lifecycle/intervals/0', '/lifecycle/renewalWindow'];
    expect(fields((await post(`${path}/preview`)).body.errors)).toEqual(shorts);
    const demonstration = await startTestApi({ allowShortIntervals: true });
    const made = await demonstration.send('POST', '/templates', { as: 'ada', body: sampleTemplate(parts) });
    const headers = { 'if-match': '"1"' };
    const answer = await demonstration.send('POST', `/templates/${made.body.id}/publish`, { as: 'ada', headers });
    expect(answer.status, answer.text).toBe(200);
    await demonstration.close();
  });
});

describe('the check of a name', () => {
  const check = (path: string, samAccountName: string, as: Person = 'rita') =>
    api.send('POST', `${path}/name-check`, { as, body: { samAccountName } });
  const failing = ({ body }: Answered) =>
    body.rules.filter(({ ok }: { ok: boolean | null }) => ok === false).map(({ rule }: { rule: string }) => rule);

  test('says which rule failed, and asks nobody else then', async () => {
    const path = await published({ naming: { prefix: 'svc-', pattern: 'svc-[a-z]+' } });
    expect(failing(await check(path, 'Guest'))).toEqual(['reserved', 'prefix', 'pattern']);
    expect((await check(path, '')).body).toMatchObject({ ok: false });
    const good = await check(path, 'svc-payroll');
    expect(good.body).toMatchObject({ samAccountName: 'svc-payroll', ok: true });
    expect(good.body.rules.every(({ ok }: { ok: boolean | null }) => ok)).toBe(true);
  });

  test('knows open requests, in whatever case, and what is in the directory', async () => {
    const path = await published({ naming: { pattern: '(?i)svc-[a-z]+' } });
    await api.database.run(
      `insert into name_reservations (account_id, template_id, domain, sam_account_name, reserved_at)
       values ('${randomUUID()}', '${randomUUID()}', 'corp.example.com', 'svc-open', now())`,
    );
    expect(failing(await check(path, 'SVC-OPEN'))).toEqual(['open']);
    api.gateway.inspects({ ...WELL, directory: { problems: [], nameInUse: true } });
    expect(failing(await check(path, 'svc-other'))).toEqual(['directory']);
    // Also a contact of that common name, where the account would be made.
    const { domain, organizationalUnit } = sampleTemplate().directory;
    const asked = { domain, organizationalUnits: [organizationalUnit], samAccountName: 'svc-other' };
    expect(api.gateway.inspections.at(-1)).toMatchObject(asked);
  });

  test('an engine that is away leaves the directory unknown', async () => {
    const path = await published();
    api.gateway.inspects({ directory: { failed: 'away', message: 'No engine.' }, vault: null });
    const answer = await check(path, 'svc-payroll');
    expect(answer.body.ok).toBe(true);
    expect(answer.body.rules.at(-1)).toMatchObject({ rule: 'directory', ok: null });
  });

  test('is for those who may ask under the template', async () => {
    const path = await published({ availableTo: { users: ['rita'] } });
    expect((await check(path, 'svc-a', 'rita')).status).toBe(200);
    expect((await check(path, 'svc-a', 'other-requester')).status).toBe(404);
    expect((await check(path, 'svc-a', 'olaf')).status).toBe(403);
    await post(`${path}/unpublish`);
    expect((await check(path, 'svc-a', 'rita')).status).toBe(404);
    expect((await check(path, 'svc-a', 'ada')).body).toMatchObject({ code: 'NotPublished' });
  });
});
