/** The vendor's Go client, by the integration tests that it carries (its "live battery"), against the simulator. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { attempt } from '../../dev/command.ts';
import { ensureGo } from '../../dev/go-compiler.ts';
import { CACHE } from '../../dev/paths.ts';
import { startFixture, PASSWORD, type Fixture } from './fixture.ts';
import { PASSWORD_TEMPLATE, SSH_TEMPLATE } from './world.ts';

const MODULE = fileURLToPath(new URL('fixtures/go', import.meta.url));
const PACKAGE = 'github.com/DelineaXPM/tss-sdk-go/v3/server';
const BATTERY = [
  'TestSecret',
  'TestSecretCRUD',
  'TestSecretCRUDForSSHTemplate',
  'TestSearch',
  'TestSearchWithoutField',
  'TestSecretByPath',
  'TestSecretTemplate',
];

let fixture: Fixture;
let folder: string;
let go: string;

beforeAll(async () => {
  go = await ensureGo(console.log);
  fixture = await startFixture({ virtualDirectory: '/SecretServer' });
  folder = await mkdtemp(join(tmpdir(), 'alm-go-client-'));
  await writeFile(join(folder, 'ca.pem'), fixture.simulator.caPem);
}, 300_000);

afterAll(async () => {
  await fixture.simulator.close();
  await rm(folder, { recursive: true, force: true });
});

function environment(): Record<string, string> {
  const { simulator, folderId, userId } = fixture;
  const values = { resource: 'r', username: 'battery-user', password: 'Battery-password-1', notes: '' };
  const secret = simulator.admin.addSecret({ name: 'Battery', templateId: PASSWORD_TEMPLATE, folderId, values });
  const client = simulator.admin.addPlatformClient({ userId });
  const common = {
    SECRET_ID: String(secret.id),
    SECRET_PATH: '\\Accounts\\Payroll\\Battery',
    TEMPLATE_ID: String(PASSWORD_TEMPLATE),
    FOLDER_ID: String(folderId),
    SITE_ID: '1',
    SSH_KEY_TEMPLATE_ID: String(SSH_TEMPLATE),
    TEST_PASSWORD: 'Test-password-1',
    SEARCH_FIELD: 'username',
    SEARCH_TEXT: 'battery-user',
  };
  const named = (prefix: string) => Object.entries(common).map(([name, value]) => [`${prefix}${name}`, value]);
  return {
    ...(Object.fromEntries([...named('TSS_'), ...named('TSS_PLATFORM_')]) as Record<string, string>),
    TSS_INTEGRATION: '1',
    TSS_SERVER_URL: simulator.url,
    TSS_USERNAME: 'alm',
    TSS_PASSWORD: PASSWORD,
    TSS_PLATFORM_URL: simulator.platformUrl,
    TSS_PLATFORM_USERNAME: client.clientId,
    TSS_PLATFORM_PASSWORD: client.clientSecret,
    TSS_PLATFORM_ALLOWED_VAULT_HOSTS: new URL(simulator.url).host,
    SSL_CERT_FILE: join(folder, 'ca.pem'),
    GOTOOLCHAIN: 'local',
    GOFLAGS: '-mod=readonly -modcacherw',
    GOPATH: join(CACHE, 'go-clients'),
    GOCACHE: join(CACHE, 'go-clients-build'),
  };
}

describe('the vendor’s Go client', () => {
  test('passes its live battery', { timeout: 300_000 }, async () => {
    const options = ['-count=1', '-v', '-run', `^(${BATTERY.join('|')})$`];
    const result = await attempt(go, ['test', ...options, PACKAGE], { cwd: MODULE, env: environment() });
    expect(result.stdout + result.stderr).not.toMatch(/^\s*--- (?:FAIL|SKIP)/m);
    for (const name of BATTERY) {
      for (const target of ['SecretServer', 'Platform']) {
        expect(result.stdout).toContain(`--- PASS: ${name}/${target}`);
      }
    }
    expect(result.code).toBe(0);
  });
});
