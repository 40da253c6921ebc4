/** One secret: stub, create, read, update of the whole, deletion. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startFixture, type Fixture } from './fixture.ts';
import { ACTIVE_DIRECTORY_TEMPLATE, PASSWORD_TEMPLATE } from './world.ts';

let fixture: Fixture;
let number = 0;

beforeAll(async () => {
  fixture = await startFixture();
});

afterAll(async () => fixture.simulator.close());

const unique = () => `secret-${(number += 1)}`;
const create = async (changes: object = {}) => {
  return fixture.api('POST', '/v1/secrets', { ...fixture.newSecret(unique()), ...changes });
};
const made = async (changes: object = {}): Promise<number> => (await create(changes)).json.id;
const denied = { errorCode: 'API_AccessDenied', message: 'Access Denied' };
const valueOf = (secret: { items: { slug: string; itemValue: string }[] }, slug: string) =>
  secret.items.find((item) => item.slug === slug)?.itemValue;

describe('the stub', () => {
  test.each(['secretTemplateId=6001&folderId=', 'filter.secrettemplateid=6001&filter.folderId='])(
    '%s',
    async (query) => {
      const { json } = await fixture.api('GET', `/v1/secrets/stub?${query}${fixture.folderId}`);
      expect(json).toMatchObject({ id: 0, secretTemplateId: 6001, folderId: fixture.folderId, siteId: 1 });
      expect(json.items.map((item: { slug: string; fieldId: number }) => [item.slug, item.fieldId])).toEqual([
        ['domain', 83],
        ['username', 86],
        ['password', 85],
        ['notes', 84],
      ]);
    },
  );

  test('needs a folder where secrets need one, and a template that is there', async () => {
    const without = await fixture.api('GET', '/v1/secrets/stub?secretTemplateId=6001');
    expect([without.status, without.json.errorCode]).toEqual([400, 'API_FolderIdRequired']);
    const unknown = await fixture.api('GET', `/v1/secrets/stub?secretTemplateId=1&folderId=${fixture.folderId}`);
    expect(unknown.json).toEqual(denied);
  });
});

describe('create', () => {
  test('answers the model, whatever the case of the names', async () => {
    const { name, items, ...rest } = fixture.newSecret(unique()) as { name: string; items: object[] };
    const reply = await fixture.api('POST', '/v1/secrets/', { Name: name, ITEMS: items, ...rest });
    expect(reply.status).toBe(200);
    expect(reply.json).toMatchObject({
      name,
      secretTemplateName: 'Active Directory Account',
      folderPath: '\\Accounts\\Payroll',
      active: true,
      checkOutUserId: -1,
      secretPolicyId: -1,
      enableInheritPermissions: true,
      lastHeartBeatCheck: '0001-01-01T00:00:00',
    });
    expect(valueOf(reply.json, 'password')).toBe('Secret-password-1');
    expect(valueOf(reply.json, 'notes')).toBe('');
  });

  const long = 'x'.repeat(10_001);
  const item = (slug: string, itemValue: string, more: object = {}) => ({ slug, itemValue, ...more });
  const whole = [item('domain', 'd'), item('username', 'u'), item('password', 'p')];
  test.each([
    ['no name', { name: null }, 'name'],
    ['a blank name', { name: '  ' }, 'name'],
    ['a long name', { name: 'n'.repeat(251) }, 'name'],
    ['no template', { secretTemplateId: null }, 'secretTemplateId'],
    ['no items', { items: null }, 'items'],
    ['items that are no list', { items: {} }, 'items'],
    ['a field of another template', { items: [...whole, { fieldId: 60, itemValue: 'x' }] }, 'items'],
    ['a field that is not named', { items: [...whole, { itemValue: 'x' }] }, 'items'],
    ['an id and a slug that disagree', { items: [...whole, item('notes', 'x', { fieldId: 83 })] }, 'items'],
    ['a field twice', { items: [...whole, item('domain', 'x')] }, 'items'],
    ['no site', { siteId: null }, 'siteId'],
    ['site 0', { siteId: 0 }, 'siteId'],
    ['an inactive site', { siteId: 2 }, 'siteId'],
    ['a site that is not', { siteId: 77 }, 'siteId'],
    ['an id that is a text', { folderId: 'x' }, 'folderId'],
    ['a flag that is none', { autoChangeEnabled: 'maybe' }, 'autoChangeEnabled'],
    ['keys for a template without', { sshKeyArgs: { generateSshKeys: false } }, 'sshKeyArgs'],
  ])('refuses %s', async (_what, changes, member) => {
    const reply = await create(changes);
    expect([reply.status, reply.json.message]).toEqual([400, 'The request is invalid.']);
    expect(reply.json.modelState).toHaveProperty(member);
  });

  test.each([
    ['an unknown template', { secretTemplateId: 1 }, 'API_AccessDenied'],
    ['an unknown folder', { folderId: 1 }, 'API_AccessDenied'],
    ['the root', { folderId: -1 }, 'API_FolderIdRequired'],
    ['no folder', { folderId: null }, 'API_FolderIdRequired'],
    ['an empty list of items', { items: [] }, 'API_RequiredFieldMissing'],
    ['an empty required field', { items: [...whole.slice(1), item('domain', '')] }, 'API_RequiredFieldMissing'],
    ['a long value', { items: [...whole, item('notes', long)] }, 'API_InvalidSecretItemValueLength'],
  ])('refuses %s with a code', async (_what, changes, errorCode) => {
    const reply = await create(changes);
    expect([reply.status, reply.json.errorCode]).toEqual([400, errorCode]);
  });

  test('at the root, where that is allowed, inherits nothing and belongs to its maker', async () => {
    fixture.simulator.admin.set({ folderRequired: false });
    const reply = await create({ folderId: -1, enableInheritPermissions: true });
    expect(reply.json).toMatchObject({ folderId: -1, enableInheritPermissions: false, folderPath: '' });
    expect((await fixture.api('DELETE', `/v1/secrets/${reply.json.id}`)).status).toBe(200);
    fixture.simulator.admin.set({ folderRequired: true });
  });

  test('two of one name, unless the settings or the folder refuse', async () => {
    const { admin } = fixture.simulator;
    const grants = [{ userId: fixture.userId, folderRole: 'Owner', secretRole: 'Owner' }] as const;
    const strict = admin.addFolder({ name: unique(), grants, duplicateNamesAllowed: false });
    const loose = admin.addFolder({ name: unique(), grants });
    const first = await made({ name: 'twin', folderId: strict.id });
    expect((await create({ name: 'TWIN', folderId: strict.id })).status).toBe(400);
    await fixture.api('DELETE', `/v1/secrets/${first}`);
    const second = await made({ name: 'twin', folderId: strict.id });
    expect(second).not.toBe(first);
    expect((await fixture.api('PUT', `/v1/secrets/${first}/undelete`)).status).toBe(400);

    const [one, two] = [
      await made({ name: 'pair', folderId: loose.id }),
      await made({ name: 'pair', folderId: loose.id }),
    ];
    expect(one).not.toBe(two);
    admin.set({ duplicateNamesAllowed: false });
    expect((await create({ name: 'pair', folderId: loose.id })).json).not.toHaveProperty('errorCode');
    admin.set({ duplicateNamesAllowed: true });
  });

  test('a folder with a list of templates takes no other', async () => {
    const grants = [{ userId: fixture.userId, folderRole: 'Owner', secretRole: 'Owner' }] as const;
    const folder = fixture.simulator.admin.addFolder({
      name: unique(),
      grants,
      allowedTemplateIds: [PASSWORD_TEMPLATE],
    });
    expect((await create({ folderId: folder.id })).status).toBe(400);
    const templates = await fixture.api('GET', `/v1/templates/${folder.id}`);
    expect(templates.json).toEqual([{ id: PASSWORD_TEMPLATE, name: 'Password' }]);
  });

  test('a weak password, when the template looks at it', async () => {
    const { admin } = fixture.simulator;
    const items = [item('domain', 'd'), item('username', 'u'), item('password', 'weak')];
    const id = await made({ items });
    admin.setTemplate(ACTIVE_DIRECTORY_TEMPLATE, { validateOnCreate: true });
    expect((await create({ items })).json.modelState).toHaveProperty('password');
    expect((await create()).status).toBe(200);
    expect((await fixture.api('PUT', `/v1/secrets/${id}/fields/password`, { value: 'weaker' })).status).toBe(200);
    admin.setTemplate(ACTIVE_DIRECTORY_TEMPLATE, { validateOnCreate: false, validateOnEdit: true });
    expect((await fixture.api('PUT', `/v1/secrets/${id}/fields/password`, { value: 'weak' })).status).toBe(400);
    expect((await fixture.api('PUT', `/v1/secrets/${id}/fields/notes`, { value: 'n' })).status).toBe(200);
    admin.setTemplate(ACTIVE_DIRECTORY_TEMPLATE, { validateOnEdit: false });
  });
});

describe('read', () => {
  test('by id in both versions, by path, as a summary without values', async () => {
    const { id, name } = (await create()).json;
    for (const path of [
      `/v1/secrets/${id}`,
      `/v2/secrets/${id}`,
      `/v1/secrets/0?secretPath=${`%5CAccounts%5CPAYROLL%5C${name}`}`,
    ]) {
      expect((await fixture.api('GET', path)).json.id).toBe(id);
    }
    const summary = await fixture.api('GET', `/v1/secrets/${id}/summary`);
    expect(summary.json).toMatchObject({ id, name, checkOutUserId: -1, daysUntilExpiration: null });
    expect(summary.text).not.toContain('Secret-password-1');
    const audits = await fixture.api('GET', `/v1/secrets/${id}/audits`);
    expect(audits.json.records.map((entry: { action: string }) => entry.action)).toEqual([
      'CREATE',
      'VIEW',
      'VIEW',
      'VIEW',
    ]);
  });

  test.each(['999999', 'x', '0', '0?secretPath=%5CAccounts%5CPayroll%5Cnone'])('%s is the one refusal', async (id) => {
    const reply = await fixture.api('GET', `/v1/secrets/${id}`);
    expect([reply.status, reply.json]).toEqual([400, denied]);
  });
});

describe('update of the whole', () => {
  test('what is not among the items becomes empty, and the last writer wins', async () => {
    const body = fixture.newSecret(unique(), { notes: 'first' });
    const id = (await fixture.api('POST', '/v1/secrets', body)).json.id;
    const put = { ...body, id, name: 'renamed', active: false, items: (body['items'] as object[]).slice(0, 3) };
    const reply = await fixture.api('PUT', `/v1/secrets/${id}`, put);
    expect(reply.json).toMatchObject({ id, name: 'renamed', active: true });
    expect(valueOf(reply.json, 'notes')).toBe('');
  });

  test.each([
    ['another id', { id: 1 }],
    ['no id', { id: null }],
    ['no name', { name: null }],
    ['no items', { items: null }],
    ['a missing required field', { items: [{ slug: 'domain', itemValue: 'd' }] }],
    ['another template', { secretTemplateId: PASSWORD_TEMPLATE }],
    ['keys', { sshKeyArgs: {} }],
    ['a folder that is not', { folderId: 1 }],
    ['a site that is not', { siteId: 77 }],
  ])('refuses %s', async (_what, changes) => {
    const body = fixture.newSecret(unique());
    const id = (await fixture.api('POST', '/v1/secrets', body)).json.id;
    const before = (await fixture.api('GET', `/v1/secrets/${id}`)).text;
    expect((await fixture.api('PUT', `/v1/secrets/${id}`, { ...body, id, ...changes })).status).toBe(400);
    expect((await fixture.api('GET', `/v1/secrets/${id}`)).text).toBe(before);
  });
});

describe('deletion', () => {
  test('makes the secret inactive; it can come back with its id', async () => {
    const id = await made();
    const reply = await fixture.api('DELETE', `/v1/secrets/${id}`);
    expect(reply.json).toEqual({ id, objectType: 'Secret', responseCodes: [] });
    for (const [method, path] of [
      ['GET', `/v1/secrets/${id}`],
      ['DELETE', `/v1/secrets/${id}`],
      ['GET', `/v1/secrets/${id}/fields/password`],
      ['GET', `/v1/secrets/${id}/summary`],
    ] as const) {
      expect((await fixture.api(method, path)).json).toEqual(denied);
    }
    const write = await fixture.api('PUT', `/v1/secrets/${id}/fields/notes?includeInactive=true`, { value: 'x' });
    expect(write.json).toEqual(denied);
    expect((await fixture.api('GET', `/v1/secrets/${id}?includeInactive=True`)).json).toMatchObject({
      id,
      active: false,
    });
    expect((await fixture.api('GET', `/v1/secrets/${id}/state`)).json.secretState).toBe('RequiresUndelete');
    expect((await fixture.api('PUT', `/v1/secrets/${id}/undelete`)).status).toBe(200);
    expect((await fixture.api('PUT', `/v1/secrets/${id}/undelete`)).json).toEqual(denied);
    await fixture.api('DELETE', `/v1/secrets/${id}`);
    expect((await fixture.api('PUT', `/v2/secrets/${id}/activate`)).status).toBe(200);
    expect((await fixture.api('GET', `/v1/secrets/${id}`)).json.active).toBe(true);
  });

  test('leaves the secret readable where the Platform keeps it so', async () => {
    const id = await made();
    await fixture.api('DELETE', `/v1/secrets/${id}`);
    fixture.simulator.admin.set({ deletedSecretsReadable: true });
    expect((await fixture.api('GET', `/v1/secrets/${id}`)).json.active).toBe(false);
    fixture.simulator.admin.set({ deletedSecretsReadable: false });
  });
});
