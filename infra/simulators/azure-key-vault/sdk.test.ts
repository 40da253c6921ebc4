/** The simulator driven by the vendor's own SDKs: the proof that what it speaks is Key Vault's protocol. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClientCertificateCredential, ClientSecretCredential, ManagedIdentityCredential } from '@azure/identity';
import { SecretClient } from '@azure/keyvault-secrets';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALL_PERMISSIONS } from './principals.ts';
import { startAzureKeyVaultSimulator, type AzureKeyVaultSimulator } from './simulator.ts';
import { SETTLES_AT_ONCE } from './store.ts';
import { makeClientCertificate } from './test-client.ts';

const CLIENT_ID = '11111111-2222-4333-8444-555555555555';
const IDENTITY_ID = '66666666-2222-4333-8444-555555555555';
const CLIENT_SECRET = 'a client secret of the test';
const FAST = { intervalInMs: 20 };

let simulator: AzureKeyVaultSimulator;
let certificate: Awaited<ReturnType<typeof makeClientCertificate>>;
let client: SecretClient;
let offset = 0;

const identityOptions = () => ({
  authorityHost: simulator.authorityUrl,
  disableInstanceDiscovery: true,
  tlsOptions: { ca: simulator.caPem },
  retryOptions: { maxRetries: 0 },
});
const newClient = (credential: ConstructorParameters<typeof SecretClient>[1], options = {}) =>
  new SecretClient(simulator.url, credential, {
    disableChallengeResourceVerification: true,
    tlsOptions: { ca: simulator.caPem },
    retryOptions: { maxRetries: 3, retryDelayInMs: 10 },
    ...options,
  });
const bySecret = (secret = CLIENT_SECRET, tenantId = simulator.tenantId) =>
  new ClientSecretCredential(tenantId, CLIENT_ID, secret, identityOptions());
const failure = async (promise: Promise<unknown>): Promise<ReturnType<typeof JSON.parse>> =>
  promise.then(
    () => expect.unreachable('the call succeeded'),
    (error: unknown) => error,
  );
const all = async <T>(items: AsyncIterable<T>) => {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
};

beforeAll(async () => {
  certificate = await makeClientCertificate();
  simulator = await startAzureKeyVaultSimulator({
    applications: [
      {
        clientId: CLIENT_ID,
        secrets: [{ value: CLIENT_SECRET }],
        certificatesPem: [certificate.certificatePem],
        permissions: ALL_PERMISSIONS,
      },
      { clientId: IDENTITY_ID, permissions: ['get', 'list'] },
    ],
    managedIdentityClientId: IDENTITY_ID,
    nowMs: () => Date.now() + offset,
  });
  client = newClient(bySecret());
});
afterAll(async () => simulator.close());

describe('@azure/keyvault-secrets', () => {
  it('writes, reads, describes and changes a secret', async () => {
    const [nbf, exp] = [new Date(1_700_000_000_000), new Date(1_900_000_000_000)];
    const tags = { almId: '7' };
    const first = await client.setSecret('payroll', 'one', { contentType: 'text/plain', tags, expiresOn: exp });
    expect(first).toMatchObject({ name: 'payroll', value: 'one', properties: { tags, enabled: true, expiresOn: exp } });
    expect(first.properties.version).toMatch(/^[0-9a-f]{32}$/);
    expect(first.properties).toMatchObject({ recoveryLevel: 'Recoverable+Purgeable', recoverableDays: 90 });
    const second = await client.setSecret('payroll', 'two');
    expect((await client.getSecret('payroll')).value).toBe('two');
    const old = await client.getSecret('payroll', { version: first.properties.version! });
    expect(old).toMatchObject({ value: 'one', properties: { contentType: 'text/plain', vaultUrl: simulator.url } });
    const changed = await client.updateSecretProperties('payroll', first.properties.version!, {
      tags: { other: 'x' },
      notBefore: nbf,
    });
    expect(changed).toMatchObject({ tags: { other: 'x' }, notBefore: nbf, expiresOn: exp, contentType: 'text/plain' });
    expect(changed.tags).not.toHaveProperty('almId');
    const versions = await all(client.listPropertiesOfSecretVersions('payroll'));
    expect(versions.map(({ version }) => version).sort()).toEqual(
      [first.properties.version, second.properties.version].sort(),
    );
  });

  it('learns that a disabled newest version hides the one before', async () => {
    await client.setSecret('disabled', 'one');
    const { properties } = await client.setSecret('disabled', 'two', { enabled: false });
    for (const options of [{}, { version: properties.version! }]) {
      const error = await failure(client.getSecret('disabled', options));
      expect(error).toMatchObject({ statusCode: 403, code: 'Forbidden' });
      expect(error.details.error.innerError.code).toBe('SecretDisabled');
    }
    await client.updateSecretProperties('disabled', properties.version!, { enabled: true });
    expect((await client.getSecret('disabled')).value).toBe('two');
  });

  it('deletes, recovers and purges with the pollers, and meets the conflicts in between', async () => {
    await client.setSecret('mortal', 'one', { tags: { almId: '9' } });
    const deleting = await client.beginDeleteSecret('mortal', FAST);
    const deleted = await deleting.pollUntilDone();
    expect(deleted.properties.tags).toEqual({ almId: '9' });
    expect(deleted.properties.scheduledPurgeDate!.getTime() - deleted.properties.deletedOn!.getTime()).toBe(
      90 * 86_400_000,
    );
    const tooEarly = await failure(client.setSecret('mortal', 'two'));
    expect(tooEarly.details.error.innerError.code).toBe('ObjectIsBeingDeleted');
    const taken = await failure(client.setSecret('mortal', 'two'));
    expect(taken).toMatchObject({ statusCode: 409, code: 'Conflict' });
    expect(taken.details.error.innerError.code).toBe('ObjectIsDeletedButRecoverable');
    expect((await failure(client.getSecret('mortal'))).code).toBe('SecretNotFound');
    expect((await all(client.listDeletedSecrets())).map(({ name }) => name)).toEqual(['mortal']);

    const recovering = await client.beginRecoverDeletedSecret('mortal', FAST);
    expect((await recovering.pollUntilDone()).name).toBe('mortal');
    const stillBusy = await failure(client.setSecret('mortal', 'two'));
    expect(stillBusy.details.error.innerError.code).toBe('ObjectIsBeingRecovered');
    expect((await client.setSecret('mortal', 'two')).value).toBe('two');

    simulator.setConsistency({ ...SETTLES_AT_ONCE, purging: {} });
    await (await client.beginDeleteSecret('mortal', FAST)).pollUntilDone();
    await client.purgeDeletedSecret('mortal');
    expect((await client.getDeletedSecret('mortal')).name).toBe('mortal');
    expect((await failure(client.getDeletedSecret('mortal'))).statusCode).toBe(404);
    expect((await failure(client.setSecret('mortal', 'x'))).details.error.innerError.code).toBe('ObjectIsBeingDeleted');
    expect((await client.setSecret('mortal', 'three')).value).toBe('three');
    simulator.setConsistency(SETTLES_AT_ONCE);
    expect(await all(client.listPropertiesOfSecretVersions('mortal'))).toHaveLength(1);
  });

  it('pages through lists by the next link', async () => {
    const names = Array.from({ length: 60 }, (_, index) => `page-${String(index).padStart(2, '0')}`);
    for (const name of names) await client.setSecret(name, 'x');
    const listed = (await all(client.listPropertiesOfSecrets())).map(({ name }) => name);
    expect(listed.filter((name) => name.startsWith('page-'))).toEqual(names);
    const pages = await all(client.listPropertiesOfSecrets().byPage({ maxPageSize: 20 }));
    expect(Math.max(...pages.map(({ length }) => length))).toBeLessThanOrEqual(25);
    expect(pages.length).toBeGreaterThan(2);
  });

  it('backs up and restores', async () => {
    simulator.setConsistency(SETTLES_AT_ONCE);
    await client.setSecret('kept', 'one');
    const backup = await client.backupSecret('kept');
    expect((await failure(client.restoreSecretBackup(backup!))).statusCode).toBe(409);
    await (await client.beginDeleteSecret('kept', FAST)).pollUntilDone();
    await client.purgeDeletedSecret('kept');
    await client.restoreSecretBackup(backup!);
    expect((await client.getSecret('kept')).value).toBe('one');
  });

  it('waits as Retry-After says, and repeats after 500', async () => {
    await client.setSecret('busy', 'one');
    simulator.faults.add({ path: /busy/, times: 1, action: { kind: 'throttle', retryAfterSeconds: 1 } });
    const start = performance.now();
    expect((await client.getSecret('busy')).value).toBe('one');
    expect(performance.now() - start).toBeGreaterThan(950);
    simulator.faults.add({ path: /busy/, times: 2, action: { kind: 'server-error', status: 503 } });
    expect((await client.getSecret('busy')).value).toBe('one');
    expect(simulator.faults.pending()).toBe(0);
    const impatient = newClient(bySecret(), { retryOptions: { maxRetries: 0 } });
    simulator.faults.add({ path: /busy/, action: { kind: 'throttle', retryAfterSeconds: 30 }, skip: 1 });
    expect(await failure(impatient.getSecret('busy'))).toMatchObject({ statusCode: 429, code: 'Throttled' });
  });

  it('writes twice when the answer to the first write is lost', async () => {
    await client.setSecret('doubled', 'one');
    simulator.faults.add({ method: 'PUT', path: /doubled/, action: { kind: 'cut-after' } });
    await client.setSecret('doubled', 'two');
    const versions = simulator.snapshot().secrets.find(({ name }) => name === 'doubled')!.versions;
    expect(versions.map(({ value }) => value)).toEqual(['one', 'two', 'two']);
  });
});

describe('@azure/identity', () => {
  it('starts without a token and follows the challenge', async () => {
    const fresh = newClient(bySecret());
    const before = simulator.snapshot().calls.length;
    await fresh.setSecret('challenged', 'one');
    const calls = simulator.snapshot().calls.slice(before);
    const tenant = simulator.tenantId;
    expect(calls.map(({ method, path, status }) => `${method} ${path} ${status}`)).toEqual([
      'PUT /secrets/challenged 401',
      `GET /${tenant}/v2.0/.well-known/openid-configuration 200`,
      `POST /${tenant}/oauth2/v2.0/token 200`,
      'PUT /secrets/challenged 200',
    ]);
  });

  it('is refused with a wrong secret, an expired one, and in a foreign tenant', async () => {
    const wrong = await failure(bySecret('wrong').getToken('https://vault.azure.net/.default'));
    expect(wrong.message).toContain('AADSTS7000215');
    const foreign = bySecret(CLIENT_SECRET, '99999999-2222-4333-8444-555555555555');
    await failure(foreign.getToken('https://vault.azure.net/.default'));
    simulator.updateApplication(CLIENT_ID, { secrets: [{ value: CLIENT_SECRET, expiresAtMs: 1 }] });
    const expired = await failure(bySecret().getToken('https://vault.azure.net/.default'));
    expect(expired.message).toContain('AADSTS7000222');
    simulator.updateApplication(CLIENT_ID, { secrets: [{ value: CLIENT_SECRET }] });
  });

  it('proves itself by certificate, and not by one that is not registered', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'alm-akv-sdk-'));
    const credential = async (pair: typeof certificate, name: string) => {
      await writeFile(join(folder, name), pair.keyPem + pair.certificatePem, { mode: 0o600 });
      const options = identityOptions();
      return new ClientCertificateCredential(simulator.tenantId, CLIENT_ID, join(folder, name), options);
    };
    try {
      const byCertificate = newClient(await credential(certificate, 'registered.pem'));
      expect((await byCertificate.setSecret('certified', 'one')).value).toBe('one');
      const stranger = await credential(await makeClientCertificate(), 'stranger.pem');
      const error = await failure(stranger.getToken('https://vault.azure.net/.default'));
      expect(error.message).toContain('AADSTS700027');
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('gets tokens of the managed identity from IMDS and App Service, which may only read', async () => {
    const { imdsHost, appServiceEndpoint, appServiceHeader } = simulator.managedIdentity;
    await client.setSecret('readable', 'one');
    const environments = [
      { AZURE_POD_IDENTITY_AUTHORITY_HOST: imdsHost },
      { IDENTITY_ENDPOINT: appServiceEndpoint, IDENTITY_HEADER: appServiceHeader },
    ];
    for (const environment of environments) {
      Object.assign(process.env, environment);
      try {
        const reader = newClient(new ManagedIdentityCredential());
        expect((await reader.getSecret('readable')).value).toBe('one');
        const error = await failure(reader.setSecret('readable', 'two'));
        expect(error.details.error.innerError.code).toBe('AccessDenied');
      } finally {
        for (const name of Object.keys(environment)) delete process.env[name];
      }
    }
  });

  it('gets over a token that the vault no longer takes', async () => {
    await client.setSecret('renewed', 'one');
    simulator.faults.add({ path: /renewed/, action: { kind: 'expired-token' } });
    expect((await client.getSecret('renewed')).value).toBe('one');
    offset = 2 * 3_600_000;
    expect((await failure(client.getSecret('renewed'))).statusCode).toBe(401);
    offset = 0;
  });
});
