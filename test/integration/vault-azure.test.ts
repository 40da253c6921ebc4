/** Azure Key Vault: what is its own, beside what the conformance suite shows. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pendingName, secretName } from '../../activities/vault/azure-key-vault/secret.ts';
import { createKeyVault } from '../../activities/vault/azure-key-vault/store.ts';
import type { SecretVault, StageRequest } from '../../activities/vault/port.ts';
import { ALL_PERMISSIONS } from '../../infra/simulators/azure-key-vault/principals.ts';
import { makeClientCertificate } from '../../infra/simulators/azure-key-vault/test-client.ts';
import { sensitive } from '../../infra/runtime/sensitive.ts';
import { azureSubject, ENGINE, type AzureSubject } from '../support/vaults/azure.ts';
import { codeOf, newRequest } from '../support/vaults/subject.ts';

let vaults: AzureSubject;
beforeAll(async () => {
  vaults = await azureSubject();
});
afterAll(async () => vaults.close());

const ask = (overrides?: Partial<StageRequest>): StageRequest => newRequest(vaults.folder, overrides);

async function stagedAndPromoted(vault: SecretVault, request: StageRequest): Promise<void> {
  await vault.stage(request);
  await vault.promote(request);
}

describe('trouble, told apart', () => {
  test('throttling passes by itself for a moment, and is told as unavailable when it lasts', async () => {
    const { faults } = vaults.simulator;
    faults.add({ method: 'PUT', action: { kind: 'throttle', retryAfterSeconds: 1 } });
    expect(await codeOf(vaults.newVault().stage(ask()))).toBe('none');
    faults.add({ times: 100, action: { kind: 'throttle', retryAfterSeconds: 0 } });
    expect(await codeOf(vaults.newVault().stage(ask()))).toBe('VaultUnavailable');
    faults.clear();
  });

  test('an answer that is lost after its effect leaves one password', async () => {
    const request = ask();
    vaults.simulator.faults.add({ method: 'PUT', times: 2, action: { kind: 'cut-after' } });
    const vault = vaults.newVault();
    expect(await codeOf(vault.stage(request))).toBe('none');
    expect((await vault.readStaged(request)).reveal()).toBe(request.password.reveal());
  });

  test('a token that ended early is replaced', async () => {
    const vault = vaults.newVault();
    await vault.stage(ask());
    vaults.simulator.faults.add({ action: { kind: 'expired-token' } });
    expect(await codeOf(vault.stage(ask()))).toBe('none');
  });

  test('a vault, or an authority, that is not there', async () => {
    const nowhere = 'https://127.0.0.1:9';
    for (const overrides of [{ address: nowhere }, { authorityHost: nowhere }]) {
      const vault = vaults.newVault(undefined, overrides);
      expect(await vault.probe()).toMatchObject({ ready: false, code: 'VaultUnavailable' });
    }
  });

  test('a wrong secret, a stranger’s certificate, and the right one', async () => {
    const { tenantId } = vaults.simulator;
    const [own, strange] = [await makeClientCertificate(), await makeClientCertificate()];
    vaults.simulator.updateApplication(ENGINE, { certificatesPem: [own.certificatePem] });
    const pemOf = ({ certificatePem, keyPem }: typeof own) => sensitive(`${certificatePem}\n${keyPem}`);
    const as = (identity: object) =>
      vaults.newVault(undefined, { identity: { tenantId, clientId: ENGINE, ...identity } as never }).probe();
    const refused = { ready: false, code: 'VaultAccessDenied' };
    expect(await as({ kind: 'client-secret', secret: sensitive('wrong') })).toMatchObject(refused);
    expect(await as({ kind: 'certificate', pem: pemOf(strange) })).toMatchObject(refused);
    expect(await as({ kind: 'certificate', pem: pemOf(own) })).toEqual({ ready: true });
  });

  test('rights that are missing are named by the probe, before an account needs them', async () => {
    const permissions = ALL_PERMISSIONS.filter((permission) => permission !== 'set' && permission !== 'delete');
    vaults.simulator.updateApplication(ENGINE, { permissions });
    const probe = await vaults.newVault().probe();
    const code = await codeOf(vaults.newVault().stage(ask()));
    vaults.simulator.updateApplication(ENGINE, { permissions: ALL_PERMISSIONS });
    expect(probe).toMatchObject({ ready: false, code: 'VaultAccessDenied' });
    expect(JSON.stringify(probe)).toContain('lacks set, delete on secrets');
    expect(code).toBe('VaultAccessDenied');
    expect(await vaults.newVault().probe()).toEqual({ ready: true });
  });
});

test('of two attempts the later one counts, even if the earlier one’s call comes last', async () => {
  const request = ask();
  const attempt = (at: string) => createKeyVault({ ...vaults.config }, { now: () => new Date(at) });
  const [zombie, next] = [attempt('2026-01-01T00:00:00Z'), attempt('2026-01-01T00:00:30Z')];
  // Both look before either writes; the earlier one's write is held up.
  vaults.simulator.faults.add({ method: 'PUT', action: { kind: 'delay', ms: 400 } });
  const late = zombie.stage({ ...request, password: sensitive('Of-the-zombie') });
  await new Promise((resolve) => setTimeout(resolve, 150));
  await next.stage({ ...request, password: sensitive('Of-the-next') });
  await late;
  for (const vault of [zombie, next]) expect((await vault.readStaged(request)).reveal()).toBe('Of-the-next');
  await next.promote(request);
  expect((await vaults.readFields(request.vaultPath))?.['password']).toBe('Of-the-next');
  expect(await vaults.readablePasswords(request.vaultPath)).toEqual(['Of-the-next']);
});

describe('a promotion that was under way', () => {
  /** Stages a second password and promotes it; `meanwhile` comes between its look and its write. */
  async function overtaken(first: StageRequest, meanwhile: (second: StageRequest) => Promise<void>): Promise<string> {
    const second = { ...first, operationId: randomUUID(), password: sensitive('Second-password-1') };
    await vaults.newVault().stage(second);
    vaults.simulator.faults.add({ method: 'PUT', action: { kind: 'delay', ms: 600 } });
    const promotion = codeOf(vaults.newVault().promote(second));
    await new Promise((resolve) => setTimeout(resolve, 250));
    await meanwhile(second);
    return promotion;
  }

  test('when its password was discarded leaves readers the one before', async () => {
    const first = ask();
    await stagedAndPromoted(vaults.newVault(), first);
    await vaults.addField(first.vaultPath, 'note', 'theirs');
    expect(await overtaken(first, (second) => vaults.newVault().discard(second))).toBe('VaultSecretMissing');
    expect(await vaults.readFields(first.vaultPath)).toMatchObject({
      password: first.password.reveal(),
      note: 'theirs',
    });
    expect(await vaults.readablePasswords(first.vaultPath)).toEqual([first.password.reveal()]);
    expect((await vaults.newVault().readStaged(first)).reveal()).toBe(first.password.reveal());
  });

  test('when the secret was suspended puts nothing in reach, and is done once it is back', async () => {
    const first = ask();
    await stagedAndPromoted(vaults.newVault(), first);
    let second = first;
    const promotion = await overtaken(first, async (staged) => {
      second = staged;
      await vaults.newVault().suspend(first);
    });
    expect(promotion).toBe('VaultSecretMissing');
    expect(await vaults.readablePasswords(first.vaultPath)).toEqual([]);
    await vaults.newVault().reinstate(first);
    for (let round = 0; round < 2; round += 1) {
      expect((await vaults.readFields(first.vaultPath))?.['password']).toBe('Second-password-1');
      await vaults.newVault().promote(second);
    }
  });
});

test('an audience that the vault names is not trusted outside of its own domain', async () => {
  const { tokensIssued } = vaults.simulator.snapshot();
  const vault = vaults.newVault(undefined, { trustsAnyAudience: false });
  expect(await vault.probe()).toMatchObject({ ready: false });
  expect(vaults.simulator.snapshot().tokensIssued).toBe(tokensIssued);
});

test('names are what Key Vault takes, however long, and differ in what it does not tell apart', () => {
  const paths = ['a/corp.example/svc', 'A/corp.example/svc', 'a/corp-example/svc', `${'x'.repeat(300)}/svc`, 'ä/ö/ü'];
  const names = paths.flatMap((path) => [secretName(path), pendingName(path)]);
  for (const name of names) expect(name).toMatch(/^[0-9A-Za-z-]{1,127}$/);
  expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(names.length);
});

describe('a vault that keeps what is deleted', () => {
  test.each([
    ['for a while, and says so late', {}],
    ['for good', { purgeProtection: true }],
  ])('%s', async (_how, options) => {
    const slow = await azureSubject({ ...options, consistency: {} });
    try {
      const vault = slow.newVault();
      const first = newRequest(slow.folder);
      await vault.stage(first);
      await vault.discard(first);
      await stagedAndPromoted(vault, first);
      await vault.suspend(first);
      await vault.revoke(first);
      await vault.revoke(first);
      expect(await slow.readFields(first.vaultPath)).toBeUndefined();

      // A new account of the same name.
      const second = newRequest(slow.folder, { vaultPath: first.vaultPath });
      await stagedAndPromoted(vault, second);
      expect(await slow.readablePasswords(first.vaultPath)).toEqual([second.password.reveal()]);
      expect(await codeOf(vault.revoke(first))).toBe('VaultPathConflict');
      await vault.revoke(second);
    } finally {
      await slow.close();
    }
  });

  test('a deleted secret of somebody else is not taken over', async () => {
    const slow = await azureSubject({ purgeProtection: true });
    try {
      const request = newRequest(slow.folder);
      await slow.writeForeign(request.vaultPath, randomUUID());
      await slow.deleteAsPeople(request.vaultPath);
      expect(await codeOf(slow.newVault().stage(request))).toBe('VaultPathConflict');
    } finally {
      await slow.close();
    }
  });
});
