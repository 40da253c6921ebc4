/** Parts of a secret: the general patch, one field by its slug, files. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startFixture, type Fixture } from './fixture.ts';
import { ACTIVE_DIRECTORY_TEMPLATE, SSH_TEMPLATE, template, templateField } from './world.ts';

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

describe('the general patch', () => {
  const patch = async (id: number, data: object) => fixture.api('PATCH', `/v1/secrets/${id}/general`, { data });

  test('changes what is dirty and nothing else', async () => {
    const id = await made();
    const reply = await patch(id, {
      name: { dirty: true, value: 'patched' },
      active: { dirty: false, value: false },
      secretFields: [
        { slug: 'notes', dirty: true, value: 'new' },
        { slug: 'domain', dirty: false, value: 'other' },
      ],
    });
    expect(reply.json.name.value).toBe('patched');
    const { json } = await fixture.api('GET', `/v1/secrets/${id}`);
    expect([json.name, valueOf(json, 'notes'), valueOf(json, 'domain')]).toEqual(['patched', 'new', 'corp.example']);
  });

  test('changes all or nothing', async () => {
    const id = await made();
    const fields = [
      { slug: 'notes', dirty: true, value: 'new' },
      { slug: 'domain', dirty: true, value: '' },
    ];
    const reply = await patch(id, { name: { dirty: true, value: 'other' }, secretFields: fields });
    expect(reply.json.errorCode).toBe('API_RequiredFieldMissing');
    const { json } = await fixture.api('GET', `/v1/secrets/${id}`);
    expect([json.name, valueOf(json, 'notes')]).not.toContain('other');
    expect(valueOf(json, 'notes')).toBe('');
  });

  test('deactivates', async () => {
    const id = await made();
    await patch(id, { active: { dirty: true, value: false } });
    expect((await fixture.api('GET', `/v1/secrets/${id}`)).json).toEqual(denied);
  });
});

describe('one field', () => {
  test('is a bare text, and set with the value as the answer', async () => {
    const id = await made();
    expect((await fixture.api('GET', `/v1/secrets/${id}/fields/PASSWORD`)).text).toBe('"Secret-password-1"');
    const put = await fixture.api('PUT', `/v1/secrets/${id}/fields/password`, { Value: 'n"ew' });
    expect([put.status, put.text]).toEqual([200, '"n\\"ew"']);
    expect((await fixture.api('GET', `/v1/secrets/${id}/fields/password`)).json).toBe('n"ew');
  });

  test.each([
    ['an unknown field', 'nothing', { value: 'x' }, 'API_AccessDenied'],
    ['no value', 'notes', {}, undefined],
    ['an empty required field', 'domain', { value: '' }, 'API_RequiredFieldMissing'],
    ['a long value', 'notes', { value: 'x'.repeat(10_001) }, 'API_InvalidSecretItemValueLength'],
  ])('refuses %s', async (_what, slug, body, errorCode) => {
    const reply = await fixture.api('PUT', `/v1/secrets/${await made()}/fields/${slug}`, body);
    expect([reply.status, reply.json.errorCode]).toEqual([400, errorCode]);
  });

  test('of a secret that lacks another required field cannot be set: the whole is looked at', async () => {
    const { id } = fixture.simulator.admin.addSecret({
      name: unique(),
      templateId: ACTIVE_DIRECTORY_TEMPLATE,
      folderId: fixture.folderId,
      values: { password: 'p' },
    });
    const reply = await fixture.api('PUT', `/v1/secrets/${id}/fields/notes`, { value: 'n' });
    expect(reply.json).toEqual({ errorCode: 'API_RequiredFieldMissing', message: 'Secret field is required' });
  });

  test('may be for owners, or for nobody, to change', async () => {
    const { admin } = fixture.simulator;
    const fields = [
      templateField({ id: 901, name: 'Free', slug: 'free' }),
      templateField({ id: 902, name: 'Owners', slug: 'owners', editRequires: 'Owner' }),
      templateField({ id: 903, name: 'Fixed', slug: 'fixed', editRequires: 'NotEditable' }),
    ];
    admin.putTemplate(template({ id: 900, name: 'Guarded', fields }));
    const editor = admin.addUser({ username: 'editor', password: 'pw' });
    const grants = [
      { userId: editor.id, folderRole: 'View', secretRole: 'Edit' },
      { userId: fixture.userId, folderRole: 'View', secretRole: 'Owner' },
    ] as const;
    const folder = admin.addFolder({ name: unique(), grants });
    const { id } = admin.addSecret({ name: unique(), templateId: 900, folderId: folder.id, values: {} });
    const token = await fixture.logOn('editor', 'pw');
    const put = async (slug: string, as?: string) =>
      (await fixture.api('PUT', `/v1/secrets/${id}/fields/${slug}`, { value: 'x' }, as)).status;
    expect([await put('free', token), await put('owners', token), await put('owners'), await put('fixed')]).toEqual([
      200, 400, 200, 400,
    ]);
  });

  test('is a file: by bytes, base64 or a part of a form', async () => {
    const items = [
      { slug: 'machine', itemValue: 'm' },
      { slug: 'username', itemValue: 'u' },
    ];
    const ssh = await made({ secretTemplateId: SSH_TEMPLATE, items });
    const path = `/v1/secrets/${ssh}/fields/public-key`;
    for (const fileAttachment of [[104, 105], 'aGk=']) {
      expect((await fixture.api('PUT', path, { fileName: 'a.pem', fileAttachment })).text).toBe('true');
      const read = await fixture.api('GET', path);
      expect([read.text, read.headers['content-type']]).toEqual(['hi', 'application/octet-stream']);
    }
    expect((await fixture.api('PUT', path, { fileAttachment: [300], fileName: 'a' })).status).toBe(400);
    expect((await fixture.api('PUT', path, { fileAttachment: [1] })).status).toBe(400);
    const data = { secretFields: [{ slug: 'public-key', dirty: true, value: '' }] };
    expect((await fixture.api('PATCH', `/v1/secrets/${ssh}/general`, { data })).status).toBe(200);
    expect((await fixture.api('GET', path)).text).toBe('""');
  });
});
