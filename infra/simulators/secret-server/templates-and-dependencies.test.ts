import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startFixture, type Fixture } from './fixture.ts';
import { PASSWORD_TEMPLATE } from './world.ts';

let fixture: Fixture;
let limited: string;

beforeAll(async () => {
  fixture = await startFixture();
  fixture.simulator.admin.addUser({ username: 'limited', password: 'pw', canViewTemplates: false });
  limited = await fixture.logOn('limited', 'pw');
});

afterAll(async () => fixture.simulator.close());

const denied = { errorCode: 'API_AccessDenied', message: 'Access Denied' };

describe('templates', () => {
  test('are searched by name, the inactive ones when asked for', async () => {
    const search = async (query: string) => {
      const { json } = await fixture.api('GET', `/v1/secret-templates?${query}`);
      return json.records.map(({ name }: { name: string }) => name);
    };
    expect(await search('')).toEqual(['Active Directory Account', 'Password', 'SSH Key']);
    expect(await search('filter.searchText=DIRECT')).toEqual(['Active Directory Account']);
    fixture.simulator.admin.setTemplate(PASSWORD_TEMPLATE, { active: false });
    expect(await search('filter.searchText=pass')).toEqual([]);
    expect(await search('filter.searchText=pass&filter.includeInactive=true')).toEqual(['Password']);
    const body = { name: 'x', secretTemplateId: PASSWORD_TEMPLATE, folderId: fixture.folderId, siteId: 1, items: [] };
    expect((await fixture.api('POST', '/v1/secrets', body)).json).toEqual(denied);
    fixture.simulator.admin.setTemplate(PASSWORD_TEMPLATE, { active: true });
  });

  test('have their fields in v1, their switches in v2', async () => {
    const { json } = await fixture.api('GET', '/v1/secret-templates/6001');
    expect(json).toMatchObject({ id: 6001, name: 'Active Directory Account' });
    expect(json.fields[2]).toMatchObject({
      secretTemplateFieldId: 85,
      fieldSlugName: 'password',
      isPassword: true,
      isRequired: true,
    });
    const details = await fixture.api('GET', '/v2/secret-templates/6001');
    expect(details.json).toMatchObject({ validatePasswordRequirementsOnCreate: false });
    expect(details.json).not.toHaveProperty('fields');
    const fields = await fixture.api('GET', '/v1/secret-templates/fields/search?filter.searchText=domain');
    expect(fields.json.records).toHaveLength(1);
  });

  test('are closed to a user without the role', async () => {
    for (const path of ['', '/6001']) {
      expect((await fixture.api('GET', `/v1/secret-templates${path}`, undefined, limited)).json).toEqual(denied);
    }
    expect((await fixture.api('GET', '/v1/secret-templates/1')).json).toEqual(denied);
  });

  test('generate a password for a password field', async () => {
    const generate = async (id: number) => fixture.api('POST', `/v1/secret-templates/generate-password/${id}`);
    const reply = await generate(85);
    expect(reply.json).toMatch(/^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)(?=.*[^A-Za-z\d]).{12,}$/);
    expect((await generate(85)).json).not.toBe(reply.json);
    expect([(await generate(83)).status, (await generate(1)).status]).toEqual([400, 400]);
  });
});

describe('dependencies', () => {
  const path = '/v1/secret-dependencies';
  let secretId: number;

  beforeAll(async () => {
    secretId = (await fixture.api('POST', '/v1/secrets', fixture.newSecret('with-dependencies'))).json.id;
  });

  test('are made from the stub, listed, changed and removed', async () => {
    const stub = await fixture.api('GET', `${path}/stub?secretId=${secretId}&typeId=2`);
    expect(stub.json).toMatchObject({ secretId, conditionMode: 'ALWAYSRUN', typeId: 2 });
    const runScript = { machineName: 'app1', scriptName: 'restart' };
    const made = await fixture.api('POST', path, { ...stub.json, runScript });
    expect(made.json).toMatchObject({ secretId, active: true, secretDependencyStatus: 'NotRun' });
    const list = await fixture.api('GET', `${path}?filter.secretId=${secretId}&filter.lastRunStatus=NotRun`);
    expect(list.json.records[0]).toMatchObject({
      machineName: 'app1',
      typeName: 'Windows Service',
      runResult: 'NotRun',
    });
    const put = await fixture.api('PUT', `${path}/${made.json.id}`, { ...made.json, description: 'd', active: false });
    expect(put.json).toMatchObject({ description: 'd', active: false });
    expect((await fixture.api('GET', `${path}?filter.secretId=${secretId}`)).json.records).toEqual([]);
    expect((await fixture.api('GET', `${path}/${made.json.id}`)).json.description).toBe('d');
    expect((await fixture.api('DELETE', `${path}/${made.json.id}`)).status).toBe(200);
    expect((await fixture.api('GET', `${path}/${made.json.id}`)).json).toEqual(denied);
  });

  test('need a secret that the user may see, and a type', async () => {
    expect((await fixture.api('GET', path)).status).toBe(400);
    expect((await fixture.api('GET', `${path}?filter.secretId=1`)).json).toEqual(denied);
    expect((await fixture.api('GET', `${path}?filter.secretId=${secretId}`, undefined, limited)).json).toEqual(denied);
    expect((await fixture.api('POST', path, { secretId })).json.modelState).toHaveProperty('typeId');
    expect((await fixture.api('POST', path, { typeId: 2 })).json.modelState).toHaveProperty('secretId');
  });

  test('are run in the background', async () => {
    const { id } = (await fixture.api('POST', path, { secretId, typeId: 2 })).json;
    const run = await fixture.api('POST', `${path}/run`, [id]);
    const progress = async () => (await fixture.api('GET', `${path}/run/${run.json}`)).json;
    expect(await progress()).toMatchObject({ isComplete: false, percentageComplete: 0, errors: [] });
    fixture.simulator.admin.completeDependencyRuns('Failed');
    expect(await progress()).toMatchObject({ isComplete: true, percentageComplete: 100, errors: [{ id }] });
    expect((await fixture.api('POST', `${path}/run`, [1])).json).toEqual(denied);
    expect((await fixture.api('POST', `${path}/run`, {})).status).toBe(400);
    expect((await fixture.api('GET', `${path}/run/none`)).json).toEqual(denied);
  });

  test('have groups, templates and scripts', async () => {
    const body = { secretDependencyGroupName: 'Night', siteId: 1 };
    const made = await fixture.api('POST', `${path}/groups/${secretId}`, body);
    expect((await fixture.api('GET', `${path}/groups/${secretId}`)).json).toEqual([made.json]);
    expect((await fixture.api('POST', `${path}/groups/${secretId}`, {})).status).toBe(400);
    expect((await fixture.api('GET', `${path}/templates`)).json.records).toHaveLength(1);
    expect((await fixture.api('GET', `${path}/scripts`)).json.records).toEqual([]);
  });
});
