import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openVault, type Send, type TestVault } from './test-client.ts';

let vault: TestVault;
let send: Send;

const SECRETS: Readonly<Record<string, unknown>> = {
  'db/one': { data: { password: 'db' }, description: 'first', attributes: { stage: 'production', ttl: 900 } },
  'db/two': { data: {}, description: 'second', attributes: { stage: 'test', ttl: '900' } },
  'web/one': { data: {}, attributes: { stage: 'production test', linkConfig: { linkedSecret: 'db:one' } } },
  'web/gone': { data: {}, description: 'first' },
};

beforeAll(async () => {
  vault = await openVault();
  send = await vault.asAdministrator();
  for (const [path, body] of Object.entries(SECRETS)) {
    await send('POST', `secrets/${path}`, body);
    vault.pass(1_000);
  }
  await send('DELETE', 'secrets/web/gone');
});
afterAll(async () => vault.close());

const found = async (query: string): Promise<string[]> =>
  (await send('GET', `secrets?${query}`)).body.data.map(({ path }: { path: string }) => path);

describe('a search', () => {
  test.each([
    ['', ['web:one', 'db:two', 'db:one']],
    ['sort=asc', ['db:one', 'db:two', 'web:one']],
    ['searchTerm=one', ['web:one', 'db:one']],
    ['searchTerm=db/o', ['db:one']],
    ['searchTerm=db&search.comparison=begins_with', ['db:two', 'db:one']],
    ['searchTerm=b:one&search.comparison=begins_with', []],
    ['searchTerm=db:one&search.comparison=equal', ['db:one']],
    ['searchTerm=db&search.comparison=equal', []],
    ['searchTerm=first&search.field=description', ['db:one']],
    ['searchTerm=production&search.field=attributes.stage', ['web:one', 'db:one']],
    ['searchTerm=production&search.field=attributes.stage&search.comparison=equal', ['db:one']],
    ['searchTerm=900&search.field=attributes.ttl', ['db:two']],
    ['searchTerm=900&search.field=attributes.ttl&search.type=number', ['db:one']],
    ['searchTerm=x&search.field=attributes.toString', []],
    ['searchTerm=db/one&search.links=true', ['web:one']],
    ['searchTerm=password', []],
    // What dsv-cli sends when its user says no more than the term.
    ['searchTerm=two&limit=&cursor=&search.type=&search.comparison=&search.field=&sort=', ['db:two']],
  ])('for %s', async (query, paths) => expect(await found(query)).toEqual(paths));

  test('shows no data', async () => {
    const { body } = await send('GET', 'secrets?searchTerm=db/one');
    expect(body).toMatchObject({ cursor: '', length: 1, limit: 25, sort: '' });
    expect(Object.keys(body.data[0]).sort()).toEqual([
      'attributes',
      'created',
      'createdBy',
      'description',
      'id',
      'lastModified',
      'lastModifiedBy',
      'path',
      'version',
    ]);
  });

  test.each([
    'limit=0',
    'limit=1001',
    'limit=x',
    'sort=up',
    'search.field=data.password',
    'search.field=attributes.',
    'search.comparison=like',
    'search.comparison=toString',
    'search.type=boolean',
    'search.type=number&searchTerm=x',
    'search.type=number',
    'cursor=x',
    'cursor=e30=',
    'searchTerm=a&searchTerm=b',
  ])('with %s is 400', async (query) => {
    expect(await send('GET', `secrets?${query}`)).toMatchObject({ status: 400, body: { code: 400 } });
  });
});

describe('pages', () => {
  test('lead to the end by their cursors', async () => {
    const pages: string[][] = [];
    let cursor = '';
    do {
      const { body } = await send('GET', `secrets?limit=2&sort=asc&cursor=${encodeURIComponent(cursor)}`);
      pages.push(body.data.map(({ path }: { path: string }) => path));
      expect(body).toMatchObject({ length: body.data.length, limit: 2 });
      cursor = body.cursor;
    } while (cursor !== '');
    expect(pages).toEqual([['db:one', 'db:two'], ['web:one']]);
  });

  test('of which the last may be full', async () => {
    const { cursor } = (await send('GET', 'secrets?limit=2&sort=asc&searchTerm=one')).body;
    expect(cursor).toBe('');
  });

  test('a cursor is good for its own query only', async () => {
    const { cursor } = (await send('GET', 'secrets?limit=1')).body;
    expect(cursor).toMatch(/^[A-Za-z0-9+/=]+$/);
    const encoded = encodeURIComponent(cursor);
    expect((await send('GET', `secrets?limit=2&cursor=${encoded}`)).status).toBe(200);
    expect((await send('GET', `secrets?limit=1&sort=asc&cursor=${encoded}`)).status).toBe(400);
    expect((await send('GET', `secrets?limit=1&searchTerm=x&cursor=${encoded}`)).status).toBe(400);
  });

  test('a cursor outlives what it was made of', async () => {
    const { cursor } = (await send('GET', 'secrets?limit=1&sort=asc&searchTerm=one')).body;
    const { id } = (await send('GET', 'secrets/db/one')).body;
    await send('DELETE', 'secrets/db/one');
    expect(await found(`limit=1&sort=asc&searchTerm=one&cursor=${encodeURIComponent(cursor)}`)).toEqual(['web:one']);
    await send('PUT', `secrets/${id}/restore`);
    expect(await found('searchTerm=db:one')).toEqual(['db:one']);
  });
});

describe('listpaths', () => {
  const listed = async (start: string) => (await send('GET', `secrets/${start}::listpaths`)).body;

  test('finds the paths that begin with a text', async () => {
    expect(await listed('db')).toEqual({ data: ['db:one', 'db:two'] });
    expect(await listed('db/t')).toEqual({ data: ['db:two'] });
    expect((await send('GET', 'secrets/db::listpaths?limit=1')).body).toEqual({ data: ['db:one'] });
  });

  test('is 404 when there is none, and does not find what is marked', async () => {
    expect(await listed('nowhere')).toMatchObject({ code: 404 });
    expect(await listed('web')).toEqual({ data: ['web:one'] });
  });
});

test('searching and listing take the list permission on the whole', async () => {
  const reader = await vault.asRole('reader', [{ resources: ['secrets:<.*>'], actions: ['<.*>'] }]);
  const lister = await vault.asRole('lister', [{ resources: ['secrets'], actions: ['list'] }]);
  for (const path of ['secrets', 'secrets/db::listpaths']) {
    expect([(await reader('GET', path)).status, (await lister('GET', path)).status], path).toEqual([403, 200]);
  }
  expect((await lister('GET', 'secrets/db/one')).status).toBe(403);
});
