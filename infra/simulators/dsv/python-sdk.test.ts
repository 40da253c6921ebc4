/** The vendor's own python-dsv-sdk against the simulator; it only reads, and takes the base URL as it is. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from '../../dev/command.ts';
import { ensurePythonEnvironment } from '../../dev/python-environment.ts';
import { HOUR_MS, openVault, type Send, type TestVault } from './test-client.ts';

const VERSION = '1.0.4';

/** Reads the paths it is given, one after the other with one log-on, and says what the SDK made of each. */
const PROGRAM = `
import json, sys
from delinea.secrets.vault import *

order = json.load(sys.stdin)
if "access_token" in order:
    authorizer = AccessTokenAuthorizer(order["access_token"])
else:
    authorizer = PasswordGrantAuthorizer(order["url"], order["client_id"], order["client_secret"])
vault = SecretsVault(order["url"], authorizer)

def read(path):
    try:
        got = vault.get_secret(path)
        secret = VaultSecret(**got) if "data" in got else None
        if secret is None:
            return {"answer": got}
        dates = [secret.created.isoformat(), secret.last_modified.isoformat()]
        return {"data": secret.data, "version": secret.version, "by": secret.last_modified_by, "dates": dates}
    except SecretsVaultAccessError as error:
        return {"access": error.message, "status": error.response.status_code}
    except SecretsVaultError as error:
        return {"error": error.message.status_code}

print(json.dumps([read(path) for path in order["paths"]]))
`;

let python: string;
let folder: string;
let vault: TestVault;
let administrator: Send;

beforeAll(async () => {
  const environment = await ensurePythonEnvironment(
    `python-dsv-sdk-${VERSION}`,
    [`python-dsv-sdk==${VERSION}`],
    console.log,
  );
  python = join(environment, 'bin/python');
  folder = await mkdtemp(join(tmpdir(), 'alm-dsv-'));
  vault = await openVault();
  await writeFile(join(folder, 'ca.pem'), vault.caPem);
  administrator = await vault.asAdministrator();
}, 300_000);

afterAll(async () => {
  await vault?.close();
  if (folder) await rm(folder, { recursive: true, force: true });
});

async function read(order: Record<string, unknown>): Promise<unknown[]> {
  const input = JSON.stringify({ url: vault.url, ...order });
  const env = { REQUESTS_CA_BUNDLE: join(folder, 'ca.pem') };
  return JSON.parse(await run(python, ['-c', PROGRAM], { input, env })) as unknown[];
}

const credential = (): Record<string, string> => {
  const grants = [{ resources: ['secrets:py:<.*>'], actions: ['read'] }];
  const { clientId, clientSecret } = vault.addClient('py', grants);
  return { client_id: clientId, client_secret: clientSecret };
};

test('the SDK logs on once and reads what its role may', { timeout: 60_000 }, async () => {
  await administrator('POST', 'secrets/py/one', { data: { username: 'u', password: 'pä' } });
  vault.pass(1_000);
  await administrator('PUT', 'secrets/py/one', { data: { password: 'q' } });
  await administrator('POST', 'secrets/other', { data: {} });
  const before = vault.calls().length;
  expect(await read({ ...credential(), paths: ['/py/one', 'py:one', 'py/none', 'other', 'py/ä'] })).toEqual([
    expect.objectContaining({ data: { username: 'u', password: 'q' }, version: '1', by: 'users:administrator' }),
    expect.objectContaining({ dates: ['2026-01-02T03:04:05', '2026-01-02T03:04:06'] }),
    { access: 'unable to find item with specified identifier', status: 404 },
    { access: 'Invalid permissions', status: 403 },
    { access: expect.stringContaining('letters'), status: 400 },
  ]);
  const paths = vault
    .calls()
    .slice(before)
    .map(({ path }) => path);
  expect(paths.filter((path) => path === '/v1/token')).toHaveLength(1);
});

test('the SDK sees what a reader of a marked secret sees', { timeout: 60_000 }, async () => {
  await administrator('POST', 'secrets/py/gone', { data: {} });
  await administrator('DELETE', 'secrets/py/gone');
  const message = 'secret marked for deletion and will be removed in about 72 hours';
  expect(await read({ ...credential(), paths: ['py/gone'] })).toEqual([{ answer: { message } }]);
});

test('the SDK takes the refusals of the gateway and of the vault', { timeout: 60_000 }, async () => {
  expect(await read({ access_token: 'x.y.z', paths: ['py/one'] })).toEqual([{ access: 'Unauthorized', status: 401 }]);
  const wrong = { ...credential(), client_secret: 'wrong', paths: ['py/one'] };
  expect(await read(wrong)).toEqual([{ access: 'unable to authenticate', status: 401 }]);
  vault.faults.add({ path: /secrets/, action: { kind: 'server-error', status: 503 } });
  expect(await read({ ...credential(), paths: ['py/none', 'py/none'] })).toEqual([
    { error: 503 },
    { access: 'unable to find item with specified identifier', status: 404 },
  ]);
});

test('a token that the SDK was given runs out', { timeout: 60_000 }, async () => {
  const { client_id, client_secret } = credential();
  const grant = { grant_type: 'client_credentials', client_id, client_secret };
  const { accessToken: access_token } = (await vault.send('POST', '/v1/token', grant)).body as Record<string, string>;
  const order = { access_token, paths: ['py/none'] };
  expect(await read(order)).toMatchObject([{ status: 404 }]);
  vault.pass(HOUR_MS);
  expect(await read(order)).toMatchObject([{ status: 401 }]);
});
