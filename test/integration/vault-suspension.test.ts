/** The secret of a retired account on a real vault: out of reach with all its versions, and back exactly as it was. */
import { randomUUID } from 'node:crypto';
import { ApplicationFailure } from '@temporalio/common';
import { beforeAll, describe, expect, test } from 'vitest';
import { createKvVault } from '../../activities/vault/kv/store.ts';
import type { SecretVault, StageRequest } from '../../activities/vault/port.ts';
import { createFaults, MOMENTS } from '../support/faults.ts';
import { stateFolder } from '../support/our-stack.ts';
import { createVaultFixture, enginePolicy, FOLDER, type VaultFixture } from '../support/vault-fixture.ts';

let fixture: VaultFixture;
beforeAll(async () => {
  fixture = await createVaultFixture(stateFolder);
});

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'none',
    (error: unknown) => (error instanceof ApplicationFailure ? String(error.type) : `not a failure: ${String(error)}`),
  );
}

/** A secret with a current password, and whose it is. */
async function make(vault: SecretVault): Promise<StageRequest> {
  const request = fixture.newRequest();
  await vault.stage(request);
  await vault.promote(request);
  return request;
}

/** What any reader gets of any version, and what is said of the secret. */
async function photograph(vaultPath: string) {
  const { status, data } = await fixture.admin('GET', `${fixture.mount}/metadata/${vaultPath}`);
  const numbers = Object.keys(data['versions'] ?? {});
  const versions: Record<string, unknown> = {};
  for (const number of numbers) {
    const answer = await fixture.admin('GET', `${fixture.mount}/data/${vaultPath}?version=${number}`);
    versions[number] = answer.status === 200 ? answer.data['data'] : answer.status;
  }
  return { status, versions, mark: data['custom_metadata'], newest: data['current_version'] };
}

const inReach = ({ versions }: { versions: object }): unknown[] =>
  Object.values(versions).filter((version) => typeof version === 'object');

describe('a suspended secret', () => {
  test('is out of reach in every version, and comes back as it was, each step done twice', async () => {
    const vault = fixture.newVault();
    const request = await make(vault);
    const { vaultPath } = request;
    // A version that people deleted themselves does not come back.
    await fixture.admin('POST', `${fixture.mount}/data/${vaultPath}`, {
      data: { ...(await fixture.readData(vaultPath)), note: 'theirs' },
    });
    await fixture.admin('POST', `${fixture.mount}/delete/${vaultPath}`, { versions: [2] });
    const before = await photograph(vaultPath);
    expect(inReach(before)).toHaveLength(2);

    for (let round = 0; round < 2; round += 1) {
      await vault.suspend(request);
      const suspended = await photograph(vaultPath);
      expect(inReach(suspended)).toEqual([]);
      expect(suspended.mark).toEqual({ alm_account_id: request.accountId, alm_suspended_versions: '1,3' });
    }
    for (let round = 0; round < 2; round += 1) {
      await vault.reinstate(request);
      expect(await photograph(vaultPath)).toEqual(before);
    }
    expect((await vault.readStaged(request)).reveal()).toBe(request.password.reveal());
  });

  test('is revoked for good, without a trace', async () => {
    const vault = fixture.newVault();
    const request = await make(vault);
    await vault.suspend(request);
    for (let round = 0; round < 2; round += 1) await vault.revoke(request);
    expect((await photograph(request.vaultPath)).status).toBe(404);
    await vault.suspend(request);
    expect(await codeOf(vault.reinstate(request))).toBe('VaultSecretMissing');
  });

  test('that lost its mark before can still be brought back', async () => {
    const vault = fixture.newVault();
    const request = await make(vault);
    const metadata = `${fixture.mount}/metadata/${request.vaultPath}`;
    await fixture.admin('POST', metadata, { custom_metadata: {} });
    await vault.suspend(request);
    await vault.reinstate(request);
    expect((await fixture.readData(request.vaultPath))?.['password']).toBe(request.password.reveal());
  });

  test('whose newest version was destroyed is told as missing; an older one that was is not', async () => {
    const vault = fixture.newVault();
    for (const [version, outcome] of [
      [1, 'none'],
      [2, 'VaultSecretMissing'],
    ] as const) {
      const request = await make(vault);
      await vault.suspend(request);
      await fixture.admin('PUT', `${fixture.mount}/destroy/${request.vaultPath}`, { versions: [version] });
      expect(await codeOf(vault.reinstate(request))).toBe(outcome);
    }
  });

  test('that people deleted themselves is not taken for one that we suspended', async () => {
    const vault = fixture.newVault();
    const request = await make(vault);
    await fixture.admin('POST', `${fixture.mount}/delete/${request.vaultPath}`, { versions: [1, 2] });
    await vault.suspend(request);
    expect(await codeOf(vault.reinstate(request))).toBe('VaultSecretMissing');
    await vault.revoke(request);
    expect((await photograph(request.vaultPath)).status).toBe(404);
  });

  test('stays out of reach on a vault whose clock is ahead', async () => {
    const vault = fixture.newVault();
    const request = await make(vault);
    const before = await photograph(request.vaultPath);
    // As such a vault answers: the deletions are still to come by the engine's clock.
    const ahead = createKvVault(fixture.config, {
      fetch: async (url, init) => {
        const response = await fixture.fetch(url, init);
        const text = (await response.text()).replaceAll(/"deletion_time":"2\d{3}-/g, '"deletion_time":"2999-');
        return { status: response.status, text: async () => text };
      },
    });
    for (let round = 0; round < 2; round += 1) await ahead.suspend(request);
    expect(inReach(await photograph(request.vaultPath))).toEqual([]);
    await ahead.reinstate(request);
    expect(await photograph(request.vaultPath)).toEqual(before);
  });
});

test("somebody else's secret is never touched", async () => {
  const vault = fixture.newVault();
  for (const data of [{ password: 'theirs' }, { password: 'theirs', alm_account_id: randomUUID() }]) {
    const request = fixture.newRequest();
    await fixture.admin('POST', `${fixture.mount}/data/${request.vaultPath}`, { data });
    const before = await photograph(request.vaultPath);
    expect(await codeOf(vault.suspend(request))).toBe('VaultPathConflict');
    expect(await codeOf(vault.reinstate(request))).toBe('VaultPathConflict');
    expect(await photograph(request.vaultPath)).toEqual(before);
  }
  const request = await make(vault);
  const other = { ...fixture.newRequest(), vaultPath: request.vaultPath };
  await vault.suspend(request);
  expect(await codeOf(vault.reinstate(other))).toBe('VaultPathConflict');
});

describe('cut off at each single call', () => {
  const suspend = (vault: SecretVault, request: StageRequest): Promise<void> => vault.suspend(request);
  const reinstate = (vault: SecretVault, request: StageRequest): Promise<void> => vault.reinstate(request);

  test.each([
    { name: 'suspend', prepare: async () => undefined, run: suspend, visible: 0 },
    { name: 'reinstate', prepare: suspend, run: reinstate, visible: 2 },
  ])('$name converges when it is tried again', async ({ prepare, run, visible }) => {
    const dry = await make(fixture.newVault());
    await prepare(fixture.newVault(), dry);
    const counting = createFaults();
    await run(createKvVault(fixture.config, { fetch: counting.fetch(fixture.fetch) }), dry);
    const calls = [...counting.calls];
    expect(calls.length).toBeGreaterThan(4);

    for (const [index, call] of calls.entries()) {
      for (const moment of MOMENTS) {
        const request = await make(fixture.newVault());
        const before = await photograph(request.vaultPath);
        await prepare(fixture.newVault(), request);
        // An engine that is cut at one call dies there.
        const dying = createFaults({ outageMs: Infinity });
        dying.begin({ index, moment });
        const isLast = index === calls.length - 1;
        const where = `${moment} ${index + 1} ${call}`;
        const faulty = createKvVault(fixture.config, { fetch: dying.fetch(fixture.fetch) });
        expect(await codeOf(run(faulty, request)), where).toBe(
          moment === 'after' && isLast ? 'none' : 'VaultUnavailable',
        );
        await run(fixture.newVault(), request);
        expect(inReach(await photograph(request.vaultPath)), where).toHaveLength(visible);
        await fixture.newVault().reinstate(request);
        expect(await photograph(request.vaultPath), where).toEqual(before);
      }
    }
  });
});

describe('the dry run of a template', () => {
  test("knows the domain's folders, a policy that lacks a right, and a vault that is away", async () => {
    const path = `${FOLDER}/${fixture.domain}/any-account`;
    expect(await fixture.newVault().probe(path)).toEqual({ ready: true });
    expect(await fixture.newVault().probe(`elsewhere/${fixture.domain}/any-account`)).toMatchObject({ ready: false });
    const policy = (await enginePolicy(fixture.mount, fixture.domain)).replace(/path "[^"]*\/undelete\/[^}]*}/, '');
    const lacking = fixture.newVault(await fixture.newRole(policy));
    expect(await lacking.probe(path)).toMatchObject({
      ready: false,
      code: 'VaultAccessDenied',
      message: expect.stringContaining(`update on ${fixture.mount}/undelete/${path}`),
    });
    const stopped = fixture.newVault().probe(path, AbortSignal.abort());
    expect(await stopped).toMatchObject({ ready: false, code: 'VaultUnavailable' });
    const request = await make(lacking);
    await lacking.suspend(request);
    expect(await codeOf(lacking.reinstate(request))).toBe('VaultAccessDenied');
    const wrong = fixture.newVault(fixture.wrongSecretId);
    expect(await wrong.probe(path)).toMatchObject({ ready: false, code: 'VaultAccessDenied' });
  });
});
