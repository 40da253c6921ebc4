/** The vendor's Python client against the simulator. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from '../../dev/command.ts';
import { ensurePythonEnvironment } from '../../dev/python-environment.ts';
import { PASSWORD, startFixture, type Fixture } from './fixture.ts';
import { ACTIVE_DIRECTORY_TEMPLATE, SSH_TEMPLATE } from './world.ts';

const SCRIPT = fileURLToPath(new URL('fixtures/python_client.py', import.meta.url));
const VALUES = { domain: 'corp.example', username: 'svc-app', password: 'Value-of-secret-1', notes: '' };

let fixture: Fixture;
let folder: string;
let python: string;

beforeAll(async () => {
  python = join(
    await ensurePythonEnvironment('python-tss-sdk-2.0.1', ['python-tss-sdk==2.0.1'], () => undefined),
    'bin/python',
  );
  fixture = await startFixture({ virtualDirectory: '/SecretServer' });
  folder = await mkdtemp(join(tmpdir(), 'alm-python-client-'));
  await writeFile(join(folder, 'ca.pem'), fixture.simulator.caPem);
}, 180_000);

afterAll(async () => {
  await fixture.simulator.close();
  await rm(folder, { recursive: true, force: true });
});

test(
  'the vendor’s Python client reads secrets and folders by each of its ways to log on',
  { timeout: 60_000 },
  async () => {
    const { simulator, folderId, userId } = fixture;
    const { admin } = simulator;
    const parentId = simulator.snapshot().folders.get(folderId)!.parentId;
    const secret = admin.addSecret({
      name: 'svc-app',
      templateId: ACTIVE_DIRECTORY_TEMPLATE,
      folderId,
      values: VALUES,
    });
    const sshBody = {
      name: 'ssh',
      secretTemplateId: SSH_TEMPLATE,
      folderId,
      siteId: 1,
      items: [
        { slug: 'machine', itemValue: 'm' },
        { slug: 'username', itemValue: 'u' },
      ],
      sshKeyArgs: { generateSshKeys: true, generatePassphrase: false },
    };
    const ssh = await fixture.api('POST', '/v1/secrets', sshBody);
    const elsewhere = admin.addFolder({ name: 'Elsewhere' });
    const forbidden = admin.addSecret({
      name: 'x',
      templateId: ACTIVE_DIRECTORY_TEMPLATE,
      folderId: elsewhere.id,
      values: VALUES,
    });
    const domainUser = admin.addUser({ username: 'alm', domain: 'CORP', password: PASSWORD, unlimited: true });
    const client = admin.addPlatformClient({ userId });
    const given = {
      url: simulator.url,
      origin: new URL(simulator.url).origin,
      platformUrl: simulator.platformUrl,
      username: 'alm',
      password: PASSWORD,
      domain: 'CORP',
      domainUser: domainUser.username,
      clientId: client.clientId,
      clientSecret: client.clientSecret,
      secretId: secret.id,
      secretPath: 'Accounts/Payroll/svc-app',
      fileSecretId: ssh.json.id,
      forbiddenId: forbidden.id,
      folderPath: '/Accounts/Payroll/',
      parentId,
    };
    const environment = { REQUESTS_CA_BUNDLE: join(folder, 'ca.pem') };
    const printed = await run(python, [SCRIPT], { env: environment, input: JSON.stringify(given) });
    expect(JSON.parse(printed)).toEqual({
      name: 'svc-app',
      template: 'Active Directory Account',
      folder: folderId,
      heartbeat: 1,
      byPassword: VALUES.password,
      byPath: secret.id,
      byDomain: VALUES.password,
      byPrefix: VALUES.password,
      byPlatform: VALUES.password,
      pathByPlatform: secret.id,
      byCloud: VALUES.password,
      byToken: VALUES.password,
      folderByPath: 'Payroll',
      children: ['Payroll'],
      childIds: [folderId],
      noChildIds: [],
      secretIds: [secret.id, ssh.json.id],
      found: 1,
      folders: [{ id: folderId, value: 'Payroll' }],
      file: expect.stringMatching(/^-----BEGIN PUBLIC KEY-----/),
      missing: { clientError: 'Access Denied' },
      forbidden: { clientError: 'Access Denied' },
      wrongPassword: { clientError: 'Login failed.' },
      htmlForToken: { error: '<Response [200]>' },
      wrongDirectory: { error: 'Unable to detect server type via health check endpoints.' },
    });
  },
);
