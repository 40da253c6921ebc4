import { expect, onTestFinished, test } from 'vitest';
import { openVault } from './test-client.ts';

const BODY = { data: { username: 'u', password: 'p' }, attributes: { ttl: 100 }, description: 'd' };
const MARKED = 'secret marked for deletion and will be removed in about 72 hours';

test('what the sources leave open can be had the other way', async () => {
  const other = await openVault({ createdStatus: 200, markedReadStatus: 404 });
  onTestFinished(() => other.close());
  const administrator = await other.asAdministrator();
  expect((await administrator('POST', 'secrets/a', BODY)).status).toBe(200);
  expect((await administrator('DELETE', 'secrets/a')).status).toBe(200);
  const reply = await administrator('GET', 'secrets/a');
  expect([reply.status, reply.body]).toEqual([404, { code: 404, message: MARKED }]);
});

test('the personal area is its owner’s, with the same verbs', async () => {
  const vault = await openVault();
  onTestFinished(() => vault.close());
  const [owner, stranger] = [await vault.asRole('owner'), await vault.asRole('stranger')];
  const { status, body } = await owner('POST', 'home/roles:owner/db/one', BODY);
  expect([status, body.path]).toEqual([201, 'roles:owner:db:one']);
  expect((await owner('PUT', 'home/roles:owner/db/one', { data: { a: 1 } })).body.version).toBe('1');
  expect((await owner('GET', 'home/roles:owner?searchTerm=db')).body.length).toBe(1);
  expect((await owner('GET', 'secrets/db/one')).status).toBe(403);
  expect((await stranger('GET', 'home/roles:owner/db/one')).status).toBe(403);
  const invited = await vault.asRole('invited', [{ resources: ['home:roles:owner:db:<.*>'], actions: ['read'] }]);
  expect((await invited('GET', 'home/roles:owner/db/one')).status).toBe(200);
  expect((await invited('DELETE', 'home/roles:owner/db/one')).status).toBe(403);
  expect((await owner('DELETE', 'home/roles:owner/db/one?force=true')).status).toBe(204);
});
