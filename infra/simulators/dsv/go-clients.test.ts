/**
 * The vendor's own Go clients against the simulator: the integration tests that DelineaXPM/dsv-sdk-go carries, unchanged,
 * and DelineaXPM/dsv-cli. Both make the server's name of a tenant and a domain; the SDK takes a template for that, and
 * the command's `127` and `0.0.1` give an address too.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { attempt } from '../../dev/command.ts';
import { ensureGoClients, type GoClients } from './go-clients.ts';
import { startDsvSimulator, type DsvSimulator } from './simulator.ts';

/** What a program wrote, and the same as JSON if it is. */
interface Output {
  readonly text: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- answers of servers under test are read as they come
  readonly json: any;
}

const EVERYTHING = [{ resources: ['<.*>'], actions: ['<.*>'] }];
let clients: GoClients;
let vault: DsvSimulator;
let folder: string;

beforeAll(async () => {
  clients = await ensureGoClients(console.log);
  vault = await startDsvSimulator();
  folder = await mkdtemp(join(tmpdir(), 'alm-dsv-'));
  await writeFile(join(folder, 'ca.pem'), vault.caPem);
}, 900_000);

afterAll(async () => {
  await vault?.close();
  if (folder) await rm(folder, { recursive: true, force: true });
});

test('the integration tests of the SDK pass', { timeout: 60_000 }, async () => {
  const { clientId: ClientID, clientSecret: ClientSecret } = vault.addClient('test-role', EVERYTHING);
  const URLTemplate = `https://%[1]s:${vault.port}/v1/%[3]s%[4]s`;
  const configuration = { Credentials: { ClientID, ClientSecret }, Tenant: '127.0.0.1', URLTemplate };
  await writeFile(join(folder, 'test_config.json'), JSON.stringify(configuration));
  await mkdir(join(folder, 'vault'));
  const options = { cwd: join(folder, 'vault'), env: { SSL_CERT_FILE: join(folder, 'ca.pem') } };
  const { stdout, code } = await attempt(clients.sdkTests, ['-test.v', '-test.count=1'], options);
  const verdicts = [...stdout.matchAll(/^ *--- (\w+): (\S+)/gm)].map(([, verdict, name]) => `${verdict} ${name}`);
  expect(verdicts.filter((verdict) => !verdict.startsWith('PASS '))).toEqual([]);
  expect(verdicts).toEqual(
    expect.arrayContaining([
      'PASS TestClient/TestNewClient',
      'PASS TestClient/TestGetClient',
      'PASS TestClient/TestDeleteClient',
      'PASS TestRole',
      'PASS TestNonexistentRole',
      'PASS TestSecret',
      'PASS TestCreateSecret',
      'PASS TestDeleteSecret',
    ]),
  );
  expect(code).toBe(0);
});

describe('the command', () => {
  /** Runs `dsv` with a line of arguments and more of them that have spaces. */
  async function dsv(line: string, ...more: string[]): Promise<Output> {
    const { userName, password } = vault.administrator;
    const identity = ['--auth-type', 'password', '--auth-username', userName, '--auth-password', password];
    return dsvAs(identity, line, ...more);
  }

  async function dsvAs(identity: string[], line: string, ...more: string[]): Promise<Output> {
    const args = [...line.split(' '), ...more, ...identity, '--config', join(folder, 'dsv.yml')];
    const env = { HOME: folder, SSL_CERT_FILE: join(folder, 'ca.pem') };
    const { stdout, stderr } = await attempt(clients.cli, args, { cwd: folder, env });
    const text = (stdout + stderr).trim();
    return { text, json: text.startsWith('{') ? JSON.parse(text) : undefined };
  }

  beforeAll(async () => {
    const profile = { tenant: '127', domain: '0.0.1', port: String(vault.port), store: { type: 'none' } };
    await writeFile(
      join(folder, 'dsv.yml'),
      JSON.stringify({ version: 'v2', defaultProfile: 'default', profiles: { default: profile } }),
    );
  });

  test('works with secrets', { timeout: 120_000 }, async () => {
    const data = '{"username":"u","password":"p"}';
    const made = await dsv('secret create --path cli/one --attributes {"stage":"test"} --data', data, '--desc', 'a b');
    expect(made.json, made.text).toMatchObject({ path: 'cli:one', version: '0', data: JSON.parse(data) });
    expect((await dsv('secret create --path cli/one --data', data)).json).toEqual({
      code: 400,
      message: 'error creating secret, secret at path already exists',
    });
    const updated = await dsv('secret update --path cli/one --data', '{"password":"q"}');
    expect(updated.json).toMatchObject({
      version: '1',
      data: { username: 'u', password: 'q' },
      description: 'a b',
      attributes: { stage: 'test' },
    });
    await dsv('secret update --path cli/one --overwrite --data', '{"password":"r"}');
    expect((await dsv('secret read cli/one')).json).toMatchObject({ data: { password: 'r' }, description: '' });
    await dsv('secret rollback --path cli/one');
    expect((await dsv('secret read --path cli/one')).json).toMatchObject({ version: '3', data: { password: 'q' } });
    expect((await dsv('secret read --path cli/one --version 3')).json.data).toHaveLength(4);
    expect((await dsv('secret describe --path cli/one')).json).not.toHaveProperty('data');
    expect((await dsv('secret search test --search-field attributes.stage')).json).toMatchObject({ length: 1 });
    expect((await dsv('secret search nothing-like-it')).json.data).toEqual([]);
    expect((await dsv('secret delete cli/one')).text).toContain('will be removed');
    expect((await dsv('secret read cli/one')).text).toContain('will be removed');
    expect((await dsv('secret restore cli/one')).text).toBe('');
    expect((await dsv('secret delete cli/one --force')).text).toBe('');
    expect((await dsv('secret read cli/one')).json).toMatchObject({ code: 404 });
  });

  test('works with the personal area', { timeout: 60_000 }, async () => {
    const made = await dsv('home create mine --desc zero');
    expect(made.json, made.text).toMatchObject({ path: 'users:administrator:mine', description: 'zero' });
    expect((await dsv('home update mine --desc one')).json).toMatchObject({ version: '1', description: 'one' });
    await dsv('home rollback mine --version 0');
    expect((await dsv('home read mine')).json).toMatchObject({ version: '2', description: 'zero' });
    expect((await dsv('home delete mine --force')).text).toBe('');
  });

  test('works with roles, clients and policies', { timeout: 120_000 }, async () => {
    expect((await dsv('role create --name cli-role --desc d')).json).toMatchObject({ name: 'cli-role' });
    expect((await dsv('role update --name cli-role --desc e')).json).toMatchObject({ description: 'e', version: '1' });
    expect((await dsv('role search --query cli-role --limit 5')).json).toMatchObject({ length: 1, limit: 5 });
    expect((await dsv('client create --role cli-role-none')).json).toMatchObject({ code: 400 });
    const { clientId, clientSecret } = (await dsv('client create --role cli-role')).json;
    expect((await dsv('client search --role cli-role')).json).toMatchObject({ data: [{ clientId }] });
    const role = ['--auth-type', 'clientcred', '--auth-client-id', clientId, '--auth-client-secret', clientSecret];
    await dsv('secret create --path shared/one --data', '{"a":"b"}');
    const forbidden = { code: 403, message: 'Invalid permissions' };
    expect((await dsvAs(role, 'secret read shared/one')).json).toEqual(forbidden);
    const policy = await dsv('policy create --path secrets:shared --actions read --subjects roles:cli-role');
    expect(policy.json, policy.text).toMatchObject({
      path: 'secrets:shared',
      permissionDocument: [{ resources: ['secrets:shared:<.*>'], actions: ['read'], effect: 'allow' }],
    });
    expect((await dsvAs(role, 'secret read shared/one')).json).toMatchObject({ data: { a: 'b' } });
    expect((await dsvAs(role, 'secret delete shared/one')).json).toEqual(forbidden);
    expect((await dsv('policy delete secrets:shared --force')).text).toBe('');
    expect((await dsv(`client delete --client-id ${clientId} --force`)).text).toBe('');
    expect((await dsv('role delete --name cli-role')).text).toContain('marked for deletion');
    expect((await dsv('role restore --name cli-role')).text).toBe('');
  });

  test('is told of a wrong password', { timeout: 60_000 }, async () => {
    const identity = ['--auth-type', 'password', '--auth-username', 'administrator', '--auth-password', 'wrong'];
    expect((await dsvAs(identity, 'secret read shared/one')).text).toContain('unable to authenticate');
  });
});
