/** Searches, lookups and the paging envelope. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startFixture, type Fixture } from './fixture.ts';
import { ACTIVE_DIRECTORY_TEMPLATE, PASSWORD_TEMPLATE, template, templateField } from './world.ts';
import type { Secret } from './types.ts';

let fixture: Fixture;
let now = Date.parse('2026-03-01T10:00:00Z');
let subFolderId: number;
let hiddenFolderId: number;

type Name = 'alpha' | 'beta' | 'gamma' | 'delta' | 'omega';
const secrets = {} as Record<Name, Secret>;

beforeAll(async () => {
  fixture = await startFixture({ nowMs: () => now, settings: { sessionTimeoutMinutes: null } });
  const { admin } = fixture.simulator;
  subFolderId = admin.addFolder({ name: 'Sub', parentId: fixture.folderId }).id;
  const hidden = admin.addFolder({ name: 'Hidden' });
  const grants = [{ userId: fixture.userId, folderRole: 'Owner', secretRole: 'Owner' }] as const;
  hiddenFolderId = admin.addFolder({ name: 'Below', parentId: hidden.id, grants }).id;
  const add = (name: Name, folderId: number, templateId: number) => {
    const values = { domain: 'corp.example', username: `svc-${name}`, password: 'alpha-in-password', resource: 'res' };
    secrets[name] = admin.addSecret({ name, folderId, templateId, values });
  };
  add('alpha', fixture.folderId, ACTIVE_DIRECTORY_TEMPLATE);
  add('beta', fixture.folderId, PASSWORD_TEMPLATE);
  add('gamma', subFolderId, ACTIVE_DIRECTORY_TEMPLATE);
  add('delta', fixture.folderId, ACTIVE_DIRECTORY_TEMPLATE);
  add('omega', hiddenFolderId, ACTIVE_DIRECTORY_TEMPLATE);
});

afterAll(async () => fixture.simulator.close());

beforeEach(() => {
  secrets.delta.active = false;
  secrets.beta.flags.requiresComment = true;
  secrets.gamma.lastHeartBeatStatus = 'Success';
});

const search = async (query: string, version = 'v1') => fixture.api('GET', `/${version}/secrets?${query}`);
const found = async (query: string): Promise<string[]> => {
  const { json } = await search(query);
  return json.records.map(({ name }: { name: string }) => name);
};

describe('filters', () => {
  test.each([
    ['', ['alpha', 'gamma']],
    ['filter.includeRestricted=true', ['alpha', 'beta', 'gamma']],
    ['filter.includeInactive=true', ['alpha', 'delta', 'gamma']],
    ['filter.includeInactive=true&filter.includeActive=false', ['delta']],
    ['filter.folderId=FOLDER', ['alpha']],
    ['filter.folderId=FOLDER&filter.includeSubFolders=True', ['alpha', 'gamma']],
    ['filter.searchText=ALPH', ['alpha']],
    ['filter.searchText=svc-', ['alpha', 'gamma']],
    ['FILTER.SEARCHTEXT=svc-alpha&filter.isExactmatch=true', ['alpha']],
    ['filter.searchText=svc-alph&filter.isExactMatch=true', []],
    ['filter.searchText=alpha-in-password', []],
    ['filter.searchText=alpha&filter.searchField=Username', ['alpha']],
    ['filter.searchText=alpha&filter.searchField=domain', []],
    ['filter.searchText=corp&filter.searchField=Username&filter.searchFieldSlug=domain', ['alpha', 'gamma']],
    [
      'paging.filter.searchText=svc-gamma&paging.filter.searchField=username&paging.filter.isExactMatch=true',
      ['gamma'],
    ],
    ['filter.secretTemplateId=6001', ['alpha', 'gamma']],
    ['filter.secretTemplateIds=2&filter.includeRestricted=true', ['beta']],
    ['filter.siteId=2', []],
    ['filter.heartbeatStatus=Success', ['gamma']],
    ['filter.HeartbeatStatus=1', ['gamma']],
    ['filter.permissionRequired=Owner', ['alpha', 'gamma']],
    ['filter.permissionRequired=4', ['alpha', 'gamma']],
    ['filter.onlyRPCEnabled=true&filter.includeRestricted=true', ['alpha', 'gamma']],
  ])('%s', async (query, expected) => {
    expect(await found(query.replace('FOLDER', String(fixture.folderId)))).toEqual(expected);
  });

  test.each([
    ['take=0', 'take'],
    ['skip=-1', 'skip'],
    ['take=many', 'take'],
    ['filter.heartbeatStatus=Fine', 'filter.heartbeatStatus'],
    ['filter.permissionRequired=All', 'filter.permissionRequired'],
    ['sortBy[0].name=name&sortBy[0].direction=Up', 'sortBy[0].direction'],
  ])('%s is refused', async (query, member) => {
    const reply = await search(query);
    expect(reply.status).toBe(400);
    expect(reply.json.modelState).toHaveProperty([member]);
  });

  test('a folder that is missing, and a whole path that is not seen', async () => {
    expect((await search('filter.folderId=1')).json.errorCode).toBe('API_AccessDenied');
    expect(await found(`filter.folderId=${hiddenFolderId}`)).toEqual([]);
    expect(await found('filter.searchText=omega')).toEqual([]);
    // By its id it is read: the rights on the secret are what counts there.
    expect((await fixture.api('GET', `/v1/secrets/${secrets.omega.id}`)).status).toBe(200);
  });
});

describe('the envelope', () => {
  test('has the second page of three', async () => {
    const { json } = await search('filter.includeInactive=true&take=1&skip=1');
    expect(json).toMatchObject({
      skip: 1,
      take: 1,
      total: 3,
      pageCount: 3,
      currentPage: 2,
      batchCount: 3,
      prevSkip: 0,
      nextSkip: 2,
      hasPrev: true,
      hasNext: true,
      success: true,
      severity: 'None',
      sortBy: [{ name: 'name', direction: 'Asc', priority: 0 }],
    });
    expect(json.records).toHaveLength(1);
  });

  test('ends with the page that has the last one', async () => {
    const { json } = await search('filter.includeInactive=true&take=3');
    expect([json.records.length, json.hasNext, json.pageCount]).toEqual([3, false, 1]);
  });

  test('takes ten, sorts as asked, and does not count where it need not', async () => {
    const plain = await search('');
    expect([plain.json.take, plain.json.hasNext]).toEqual([10, false]);
    expect(await found('sortBy[0].name=Id&sortBy[0].direction=Desc')).toEqual(['gamma', 'alpha']);
    const uncounted = await search('filter.doNotCalculateTotal=true&take=1');
    expect([uncounted.json.total, uncounted.json.hasNext]).toEqual([0, true]);
  });

  test('shows extended fields, and no value else', async () => {
    const reply = await search('filter.extendedFields=Username&filter.extendedFields=Password', 'v2');
    expect(reply.json.records[0].extendedFields).toEqual([{ name: 'Username', value: 'svc-alpha' }]);
    expect(reply.text).not.toContain('alpha-in-password');
  });
});

test('lookups and totals', async () => {
  const list = await fixture.api('GET', `/v1/secrets/lookup?filter.folderId=${fixture.folderId}`);
  expect(list.json.records).toEqual([{ id: secrets.alpha.id, value: `${fixture.folderId} - 6001 - alpha` }]);
  const one = await fixture.api('GET', `/v1/secrets/lookup/${secrets.alpha.id}`);
  expect(one.json).toEqual({ id: secrets.alpha.id, value: 'alpha' });
  expect((await fixture.api('GET', '/v1/secrets/search-total')).text).toBe('2');
  expect((await fixture.api('GET', '/v2/secrets/search-total?filter.includeInactive=true')).text).toBe('3');
});

test('an empty search may be 404', async () => {
  fixture.simulator.admin.set({ emptySearchStatus: 404 });
  expect((await search('filter.searchText=nothing')).status).toBe(404);
  expect((await search('')).status).toBe(200);
  fixture.simulator.admin.set({ emptySearchStatus: 200 });
});

test('the index comes later: a text does not find what a list of the folder has', async () => {
  fixture.simulator.admin.set({ indexDelayMs: 5_000 });
  const list = `filter.folderId=${subFolderId}`;
  await fixture.api('POST', '/v1/secrets', { ...fixture.newSecret('fresh'), folderId: subFolderId });
  const delayed = { ...fixture.newSecret('later'), folderId: subFolderId, delayIndexing: true };
  await fixture.api('POST', '/v1/secrets', delayed);
  expect(await found(list)).toEqual(['fresh', 'gamma', 'later']);
  expect(await found('filter.searchText=fresh')).toEqual([]);
  now += 5_000;
  expect(await found('filter.searchText=fresh')).toEqual(['fresh']);
  expect(await found('filter.searchText=later')).toEqual([]);
  now += 60_000;
  expect(await found('filter.searchText=later')).toEqual(['later']);
  fixture.simulator.admin.set({ indexDelayMs: 0 });
});

test('a field that is not indexed is not searched', async () => {
  const { admin } = fixture.simulator;
  const fields = [templateField({ id: 911, name: 'Remark', slug: 'remark', isIndexable: false })];
  admin.putTemplate(template({ id: 910, name: 'Unindexed', fields }));
  const folder = { folderId: subFolderId, templateId: 910 };
  admin.addSecret({ ...folder, name: 'remarked', values: { remark: 'unusual' } });
  expect(await found('filter.searchText=unusual')).toEqual([]);
  expect(await found('filter.searchText=remarked')).toEqual(['remarked']);
});
