/** DevOps Secrets Vault: what is its own, beside what the conformance suite shows. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { secretPathOf } from '../../activities/vault/devops-secrets-vault/secret.ts';
import type { SecretVault, StageRequest } from '../../activities/vault/port.ts';
import { sensitive } from '../../infra/runtime/sensitive.ts';
import { dsvSubject, type DsvSubject } from '../support/vaults/dsv.ts';
import { codeOf, newRequest } from '../support/vaults/subject.ts';

const HOUR_MS = 3_600_000;

let aheadMs = 0;
let vaults: DsvSubject;
beforeAll(async () => {
  vaults = await dsvSubject({ nowMs: () => Date.now() + aheadMs });
});
afterAll(async () => vaults.close());

const ask = (overrides?: Partial<StageRequest>): StageRequest => newRequest(vaults.folder, overrides);

async function stagedAndPromoted(vault: SecretVault, request = ask()): Promise<StageRequest> {
  await vault.stage(request);
  await vault.promote(request);
  return request;
}

describe('a suspended secret', () => {
  test('comes back after the vault has dropped it, from where only the engine reads', async () => {
    const request = await stagedAndPromoted(vaults.newVault());
    await vaults.newVault().suspend(request);
    aheadMs += 100 * HOUR_MS;
    const vault = vaults.newVault();
    await vault.reinstate(request);
    expect(await vaults.readFields(request.vaultPath)).toMatchObject({
      username: request.username,
      password: request.password.reveal(),
    });
    expect((await vault.readStaged(request)).reveal()).toBe(request.password.reveal());
    await vault.revoke(request);
    expect(await vaults.isGone(request.vaultPath)).toBe(true);
  });

  test('leaves nothing in the personal area once it is back, or revoked', async () => {
    const vault = vaults.newVault();
    const [back, revoked] = [await stagedAndPromoted(vault), await stagedAndPromoted(vault)];
    for (const request of [back, revoked]) await vault.suspend(request);
    await vault.reinstate(back);
    await vault.revoke(revoked);
    const { secrets, marked } = vaults.simulator.snapshot();
    const kept = [...Object.keys(secrets), ...Object.keys(marked.secrets)].filter((key) => key.startsWith('home:'));
    expect(kept).toEqual([]);
  });

  test('that people have deleted themselves is not brought back', async () => {
    const vault = vaults.newVault();
    const request = await stagedAndPromoted(vault);
    const path = `secrets/${secretPathOf(request.vaultPath)}`;
    await vaults.ask('DELETE', `${path}?force=false`);
    await vault.suspend(request);
    expect(await codeOf(vault.reinstate(request))).toBe('VaultSecretMissing');
    expect(await codeOf(vault.stage({ ...request, operationId: 'next' }))).toBe('VaultPathConflict');
    await vaults.ask('PUT', `${path}/restore`);
    expect(await codeOf(vault.reinstate(request))).toBe('none');
    await vault.revoke(request);
  });
});

test.each([{ createdStatus: 200 }, { markedReadStatus: 404 }] as const)(
  'what the sources leave open may be either way: %o',
  async (options) => {
    const other = await dsvSubject(options);
    try {
      const vault = other.newVault();
      const request = newRequest(other.folder);
      await stagedAndPromoted(vault, request);
      await vault.suspend(request);
      expect(await other.readFields(request.vaultPath)).toBeUndefined();
      await vault.reinstate(request);
      expect((await other.readFields(request.vaultPath))?.['password']).toBe(request.password.reveal());
      await vault.revoke(request);
      expect(await other.isGone(request.vaultPath)).toBe(true);
    } finally {
      await other.close();
    }
  },
);

test('names that the vault takes for a verb or an id are accounts all the same', async () => {
  const vault = vaults.newVault();
  for (const name of ['restore', 'version/1', 'rollback/2', '11111111-2222-4333-8444-555555555555', 'svc_pending']) {
    const request = await stagedAndPromoted(vault, ask({ vaultPath: `${vaults.folder}/${name}` }));
    expect((await vaults.readFields(request.vaultPath))?.['password'], name).toBe(request.password.reveal());
    await vault.revoke(request);
    expect(await vaults.isGone(request.vaultPath), name).toBe(true);
  }
});

describe('trouble, told apart', () => {
  test.each([
    ['throttling', { kind: 'throttle', retryAfterSeconds: 1 }, 'VaultUnavailable'],
    ['an error of the vault', { kind: 'server-error' }, 'VaultUnavailable'],
    ['a token that ended early', { kind: 'expired-token' }, 'none'],
    ['an answer that is lost', { kind: 'cut-after' }, 'VaultUnavailable'],
  ] as const)('%s', async (_what, action, code) => {
    const vault = vaults.newVault();
    const request = ask();
    await vault.probe();
    vaults.simulator.faults.add({ method: 'POST', path: /secrets/, action });
    expect(await codeOf(vault.stage(request))).toBe(code);
    expect(await codeOf(vault.stage({ ...request, password: sensitive('Of-the-next-attempt') }))).toBe('none');
    const expected = code === 'none' || action.kind === 'cut-after' ? request.password.reveal() : 'Of-the-next-attempt';
    expect((await vault.readStaged(request)).reveal()).toBe(expected);
  });

  test('a token that is over is replaced before it is used', async () => {
    let nowMs = 0;
    const vault = vaults.newVault(undefined, {}, () => nowMs);
    await vault.probe();
    const logOns = () => vaults.simulator.calls().filter(({ path }) => path.endsWith('/token')).length;
    const before = logOns();
    nowMs = 2 * HOUR_MS;
    expect(await vault.probe()).toEqual({ ready: true });
    expect(logOns()).toBe(before + 1);
  });

  test('a vault that is not there, and a wrong secret', async () => {
    const away = vaults.newVault(undefined, { address: 'https://127.0.0.1:9' });
    expect(await away.probe()).toMatchObject({ ready: false, code: 'VaultUnavailable' });
    const wrong = vaults.newVault(undefined, { clientSecret: sensitive('wrong') });
    expect(await wrong.probe()).toMatchObject({ ready: false, code: 'VaultAccessDenied' });
    expect(await codeOf(wrong.stage(ask()))).toBe('VaultAccessDenied');
  });

  test('rights that are missing are named by the probe, and other folders are closed', async () => {
    const elsewhere = 'elsewhere/corp.example/svc';
    expect(await vaults.newVault().probe(`${vaults.folder}/svc`)).toEqual({ ready: true });
    const probe = await vaults.newVault().probe(elsewhere);
    expect(probe).toMatchObject({ ready: false, code: 'VaultAccessDenied' });
    expect(JSON.stringify(probe)).toContain('lacks read, update, delete on elsewhere/corp.example/*');
    expect(await codeOf(vaults.newVault().stage(ask({ vaultPath: elsewhere })))).toBe('VaultAccessDenied');
  });
});
