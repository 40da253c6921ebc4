/** The KV v2 adapter on a real vault: what it writes, lost answers, and each kind of trouble told apart. Races: vault-conformance.test.ts. */
import { randomUUID } from 'node:crypto';
import { ApplicationFailure } from '@temporalio/common';
import { beforeAll, describe, expect, test } from 'vitest';
import { createKvVault } from '../../activities/vault/kv/store.ts';
import type { HttpsFetch } from '../../activities/vault/https-fetch.ts';
import type { SecretVault, StageRequest } from '../../activities/vault/port.ts';
import { secretFolder } from '../../contracts/ids.ts';
import { sensitive } from '../../infra/runtime/sensitive.ts';
import { createFaults, MOMENTS } from '../support/faults.ts';
import { stateFolder } from '../support/our-stack.ts';
import { createVaultFixture, enginePolicy, FOLDER, type VaultFixture } from '../support/vault-fixture.ts';

let fixture: VaultFixture;
beforeAll(async () => {
  fixture = await createVaultFixture(stateFolder);
});

/** The code of the failure that the work ends in; `'none'` when it succeeds. */
async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'none',
    (error: unknown) => (error instanceof ApplicationFailure ? String(error.type) : `not a failure: ${String(error)}`),
  );
}

async function nothingIsLeft(vaultPath: string): Promise<boolean> {
  return (await fixture.admin('GET', `${fixture.mount}/metadata/${vaultPath}`)).status === 404;
}

async function stagedAndPromoted(vault: SecretVault, request: StageRequest): Promise<void> {
  await vault.stage(request);
  await vault.promote(request);
}

describe('the life of a secret', () => {
  test('stage, read, promote and revoke, each of them repeated', async () => {
    const vault = fixture.newVault();
    const request = fixture.newRequest();
    const password = request.password.reveal();

    expect(await vault.stage(request)).toEqual({ version: 1 });
    expect(await vault.stage({ ...request, password: sensitive('another') })).toEqual({ version: 1 });
    expect(await fixture.readData(request.vaultPath)).toEqual({
      username: request.username,
      domain: fixture.domain,
      password_pending: password,
      alm_pending_operation_id: request.operationId,
      alm_account_id: request.accountId,
    });
    expect((await vault.readStaged(request)).reveal()).toBe(password);

    expect(await vault.promote(request)).toEqual({ version: 2 });
    expect(await vault.promote(request)).toEqual({ version: 2 });
    expect(await fixture.readData(request.vaultPath)).toEqual({
      username: request.username,
      domain: fixture.domain,
      password,
      alm_operation_id: request.operationId,
      alm_account_id: request.accountId,
    });
    expect((await vault.readStaged(request)).reveal()).toBe(password);
    expect(await vault.stage({ ...request, password: sensitive('another') })).toEqual({ version: 2 });
    // A discard that comes late must not take the current password away.
    await vault.discard(request);
    expect((await fixture.readData(request.vaultPath))?.['password']).toBe(password);

    const { data } = await fixture.admin('GET', `${fixture.mount}/metadata/${request.vaultPath}`);
    expect(data['custom_metadata']).toEqual({ alm_account_id: request.accountId });
    await vault.revoke(request);
    await vault.revoke(request);
    expect(await nothingIsLeft(request.vaultPath)).toBe(true);
  });

  test('a second change of password leaves the current one for readers until it is promoted', async () => {
    const vault = fixture.newVault();
    const first = fixture.newRequest();
    await stagedAndPromoted(vault, first);
    const second = { ...first, operationId: randomUUID(), password: sensitive('Second-password-1') };

    await vault.stage(second);
    expect((await fixture.readData(first.vaultPath))?.['password']).toBe(first.password.reveal());
    await vault.discard(second);
    expect(await codeOf(vault.readStaged(second))).toBe('VaultSecretMissing');
    expect((await vault.readStaged(first)).reveal()).toBe(first.password.reveal());

    await stagedAndPromoted(vault, second);
    expect((await fixture.readData(first.vaultPath))?.['password']).toBe('Second-password-1');
    expect((await vault.readStaged(second)).reveal()).toBe('Second-password-1');
    // The first operation's turn is over: its late promotion must not bring the old password back.
    expect(await codeOf(vault.promote(first))).toBe('VaultSecretMissing');
    expect((await fixture.readData(first.vaultPath))?.['password']).toBe('Second-password-1');
  });

  test('discard of a first password leaves nothing, and staging may begin anew', async () => {
    const vault = fixture.newVault();
    const request = fixture.newRequest();
    await vault.stage(request);
    await vault.discard(request);
    await vault.discard(request);
    expect(await nothingIsLeft(request.vaultPath)).toBe(true);
    expect(await codeOf(vault.promote(request))).toBe('VaultSecretMissing');
    await stagedAndPromoted(vault, request);
    expect((await fixture.readData(request.vaultPath))?.['password']).toBe(request.password.reveal());
  });

  test("a change of password never writes over another one's pending password", async () => {
    const vault = fixture.newVault();
    const first = fixture.newRequest();
    await vault.stage(first);
    expect(await codeOf(vault.stage({ ...first, operationId: randomUUID() }))).toBe('VaultConflict');
    expect((await vault.readStaged(first)).reveal()).toBe(first.password.reveal());
  });

  test('a path whose newest version was deleted can be staged, and is empty after the revocation', async () => {
    const vault = fixture.newVault();
    const request = fixture.newRequest();
    const path = `${fixture.mount}/data/${request.vaultPath}`;
    await fixture.admin('POST', path, { data: { note: 'one' } });
    await fixture.admin('POST', path, { data: { note: 'two' } });
    await fixture.admin('DELETE', path);

    expect(await vault.stage(request)).toEqual({ version: 3 });
    expect(await vault.promote(request)).toEqual({ version: 4 });
    await fixture.admin('DELETE', path);
    expect(await codeOf(vault.readStaged(request))).toBe('VaultSecretMissing');
    await vault.revoke(request);
    expect(await nothingIsLeft(request.vaultPath)).toBe(true);
  });

  test('what people add to the secret stays', async () => {
    const vault = fixture.newVault();
    const request = fixture.newRequest();
    await vault.stage(request);
    const data = await fixture.readData(request.vaultPath);
    await fixture.admin('POST', `${fixture.mount}/data/${request.vaultPath}`, { data: { ...data, note: 'theirs' } });
    expect(await vault.promote(request)).toEqual({ version: 3 });
    expect((await fixture.readData(request.vaultPath))?.['note']).toBe('theirs');
  });
});

describe("somebody else's secret", () => {
  test.each([
    ['without a marker', (): object => ({ data: { password: 'theirs' } })],
    ['of another account', (): object => ({ data: { password: 'theirs', alm_account_id: randomUUID() } })],
  ])('%s is never touched', async (_kind, secret) => {
    const vault = fixture.newVault();
    const request = fixture.newRequest();
    await fixture.admin('POST', `${fixture.mount}/data/${request.vaultPath}`, secret());

    expect(await codeOf(vault.stage(request))).toBe('VaultPathConflict');
    expect(await codeOf(vault.promote(request))).toBe('VaultPathConflict');
    expect(await codeOf(vault.revoke(request))).toBe('VaultPathConflict');
    expect(await codeOf(vault.discard(request))).toBe('none');
    expect(await codeOf(vault.readStaged(request))).toBe('VaultSecretMissing');
    const { data } = await fixture.admin('GET', `${fixture.mount}/metadata/${request.vaultPath}`);
    expect(data['current_version']).toBe(1);
    expect((await fixture.readData(request.vaultPath))?.['password']).toBe('theirs');
  });

  test("another account's deleted secret is still its own", async () => {
    const vault = fixture.newVault();
    const request = fixture.newRequest();
    await vault.stage(request);
    await fixture.admin('DELETE', `${fixture.mount}/data/${request.vaultPath}`);
    const other = { ...fixture.newRequest(), vaultPath: request.vaultPath };
    expect(await codeOf(vault.stage(other))).toBe('VaultPathConflict');
    expect(await codeOf(vault.revoke(other))).toBe('VaultPathConflict');
    expect(await nothingIsLeft(request.vaultPath)).toBe(false);
  });
});

describe('cut off at each single call', () => {
  interface Step {
    readonly name: string;
    readonly prepare: (vault: SecretVault, request: StageRequest) => Promise<unknown>;
    readonly run: (vault: SecretVault, request: StageRequest) => Promise<unknown>;
    readonly password: 'pending' | 'current' | 'none';
  }
  const steps: readonly Step[] = [
    { name: 'stage', prepare: async () => {}, run: (vault, request) => vault.stage(request), password: 'pending' },
    {
      name: 'readStaged',
      prepare: (vault, request) => vault.stage(request),
      run: (vault, request) => vault.readStaged(request),
      password: 'pending',
    },
    {
      name: 'promote',
      prepare: (vault, request) => vault.stage(request),
      run: (vault, request) => vault.promote(request),
      password: 'current',
    },
    {
      name: 'discard',
      prepare: (vault, request) => vault.stage(request),
      run: (vault, request) => vault.discard(request),
      password: 'none',
    },
    { name: 'revoke', prepare: stagedAndPromoted, run: (vault, request) => vault.revoke(request), password: 'none' },
  ];

  test.each(steps)('$name converges when it is tried again', async ({ prepare, run, password }) => {
    // An engine that is cut at one call dies there.
    const faults = createFaults({ outageMs: Infinity });
    const dry = fixture.newRequest();
    await prepare(fixture.newVault(), dry);
    await run(createKvVault(fixture.config, { fetch: faults.fetch(fixture.fetch) }), dry);
    const calls = [...faults.calls];
    expect(calls.length).toBeGreaterThan(2);

    for (const [index, call] of calls.entries()) {
      for (const moment of MOMENTS) {
        const where = `${moment} ${index + 1} ${call}`;
        const request = fixture.newRequest();
        await prepare(fixture.newVault(), request);
        const dying = createFaults({ outageMs: Infinity });
        dying.begin({ index, moment });
        const faulty = createKvVault(fixture.config, { fetch: dying.fetch(fixture.fetch) });
        const last = index === calls.length - 1;
        expect(await codeOf(run(faulty, request)), where).toBe(
          moment === 'after' && last ? 'none' : 'VaultUnavailable',
        );

        // The next attempt, on another engine, brings a password of its own: it must not be used if one is staged.
        const next = fixture.newVault();
        const known = await next.readStaged(request).catch(() => undefined);
        const retried = { ...request, password: sensitive('Second-attempt-1') };
        await run(next, retried);
        const secret = await fixture.readData(request.vaultPath);
        if (password === 'none') {
          expect(await nothingIsLeft(request.vaultPath), where).toBe(true);
        } else {
          const field = password === 'pending' ? 'password_pending' : 'password';
          expect(secret?.[field], where).toBe(known?.reveal() ?? 'Second-attempt-1');
          const { data } = await fixture.admin('GET', `${fixture.mount}/metadata/${request.vaultPath}`);
          expect(data['custom_metadata'], where).toEqual({ alm_account_id: request.accountId });
          expect(data['current_version'], where).toBe(password === 'pending' ? 1 : 2);
        }
      }
    }
  });
});

describe('trouble, told apart', () => {
  test('a vault that is not there', async () => {
    const vault = fixture.newVault({ address: 'http://127.0.0.1:9' });
    expect(await codeOf(vault.stage(fixture.newRequest()))).toBe('VaultUnavailable');
    expect(await vault.probe()).toMatchObject({ ready: false, code: 'VaultUnavailable' });
  });

  test('a vault that does not answer in time', async () => {
    const never: HttpsFetch = (_url, { signal }) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    const vault = createKvVault({ ...fixture.config, requestTimeoutMs: 50 }, { fetch: never });
    expect(await codeOf(vault.stage(fixture.newRequest()))).toBe('VaultUnavailable');
  });

  test('a wrong role id or secret id', async () => {
    const vault = fixture.newVault(fixture.wrongSecretId);
    expect(await codeOf(vault.stage(fixture.newRequest()))).toBe('VaultAccessDenied');
    expect(await vault.probe()).toMatchObject({ ready: false, code: 'VaultAccessDenied' });
  });

  test('a mount that is missing, of version 1, of another kind, or not allowed', async () => {
    const { domain } = fixture;
    const [version1, other] = [`v1-${randomUUID()}`, `transit-${randomUUID()}`];
    await fixture.admin('POST', `sys/mounts/${version1}`, { type: 'kv', options: { version: '1' } });
    await fixture.admin('POST', `sys/mounts/${other}`, { type: 'transit' });
    const codes: Record<string, string> = {};
    for (const mount of [version1, other, 'missing']) {
      const vault = fixture.newVault({ mount, ...(await fixture.newRole(await enginePolicy(mount, domain))) });
      codes[mount] = await codeOf(vault.stage(fixture.newRequest()));
    }
    codes['forbidden'] = await codeOf(fixture.newVault({ mount: 'forbidden' }).stage(fixture.newRequest()));
    expect(codes).toEqual({
      [version1]: 'VaultMountMissing',
      [other]: 'VaultMountMissing',
      missing: 'VaultMountMissing',
      forbidden: 'VaultAccessDenied',
    });
    const listing = await fixture.admin('GET', `${version1}?list=true`);
    expect(listing.status, 'nothing was written to the version 1 mount').toBe(404);
    for (const mount of [version1, other]) await fixture.admin('DELETE', `sys/mounts/${mount}`);
  });

  test("another domain's folder, and every other path, are closed to the engine", async () => {
    const vault = fixture.newVault();
    const { domain } = fixture;
    const closed = [
      ...[`${FOLDER}/other.example/svc-a`, `${FOLDER}/${domain}`, `${FOLDER}/${domain}.au/svc-a`, 'svc-a'],
      ...[`${FOLDER}/sub.${domain}/svc-a`, `${FOLDER}/a/${domain}/svc-a`, `${domain}/svc-a`, `a/${FOLDER}/${domain}/b`],
    ];
    for (const vaultPath of closed) {
      expect(await codeOf(vault.stage(fixture.newRequest({ vaultPath }))), vaultPath).toBe('VaultAccessDenied');
    }
    for (const vaultPath of ['../sys/x', `${FOLDER}/../x`, `${FOLDER}//x`, '']) {
      expect(await codeOf(vault.stage(fixture.newRequest({ vaultPath }))), vaultPath).toBe('VaultRejected');
    }
  });

  test('a folder that a requester chose is open to the engine of the domain, and to no other', async () => {
    const { domain, mount } = fixture;
    const neighbour = `neighbour.${domain}`;
    const other = fixture.newVault(await fixture.newRole(await enginePolicy(mount, neighbour)));
    for (const chosen of ['payroll', 'payroll/night', 'data/metadata', neighbour, `x/${FOLDER}/${neighbour}`]) {
      const vaultPath = `${secretFolder(FOLDER, domain, chosen)}/svc-a`;
      const vault = fixture.newVault();
      const request = fixture.newRequest({ vaultPath });
      await stagedAndPromoted(vault, request);
      expect(await codeOf(other.readStaged(request)), chosen).toBe('VaultAccessDenied');
      expect(await codeOf(other.suspend(request)), chosen).toBe('VaultAccessDenied');
      expect(await codeOf(other.revoke(request)), chosen).toBe('VaultAccessDenied');
      expect(await other.probe(vaultPath), chosen).toMatchObject({ ready: false, code: 'VaultAccessDenied' });
      await vault.suspend(request);
      await vault.reinstate(request);
      expect((await vault.readStaged(request)).reveal(), chosen).toBe(request.password.reveal());
      await vault.revoke(request);
      expect(await nothingIsLeft(vaultPath), chosen).toBe(true);
    }
    const own = fixture.newRequest({ vaultPath: `${secretFolder(FOLDER, neighbour)}/svc-a` });
    expect(await codeOf(other.stage(own)), 'the other engine can work, in its own domain').toBe('none');
  });

  test('a policy that lacks a right is named by the probe, before an account needs it', async () => {
    const policy = (await enginePolicy(fixture.mount, fixture.domain)).replace(
      '"read", "patch", "delete"',
      '"read", "patch"',
    );
    const vault = fixture.newVault(await fixture.newRole(policy));
    const path = fixture.newRequest().vaultPath;
    expect(await fixture.newVault().probe(path)).toEqual({ ready: true });
    expect(await vault.probe()).toEqual({ ready: true });
    expect(await vault.probe(path)).toMatchObject({
      ready: false,
      code: 'VaultAccessDenied',
      message: expect.stringContaining(`delete on ${fixture.mount}/metadata/${path}`),
    });
    const request = fixture.newRequest();
    await vault.stage(request);
    expect(await codeOf(vault.revoke(request))).toBe('VaultAccessDenied');
    // Without a path it looks where it staged last.
    expect(await vault.probe()).toMatchObject({ ready: false, code: 'VaultAccessDenied' });
  });
});

describe("the engine's token", () => {
  /** Counts log-ons and renewals. */
  function counting() {
    const counts = { logOns: 0, renewals: 0 };
    const fetch: HttpsFetch = (url, init) => {
      if (url.endsWith('/auth/approle/login')) counts.logOns += 1;
      if (url.endsWith('/auth/token/renew-self')) counts.renewals += 1;
      return fixture.fetch(url, init);
    };
    return { counts, fetch };
  }

  test('is obtained once for many calls at once', async () => {
    const { counts, fetch } = counting();
    const vault = createKvVault(fixture.config, { fetch });
    await Promise.all(Array.from({ length: 10 }, () => vault.stage(fixture.newRequest())));
    expect(counts).toEqual({ logOns: 1, renewals: 0 });
  });

  test('is renewed before it ends, and obtained anew near its maximum or after an idle time', async () => {
    let nowMs = 0;
    const { counts, fetch } = counting();
    const policy = await enginePolicy(fixture.mount, fixture.domain);
    const role = await fixture.newRole(policy, { token_ttl: '20s', token_max_ttl: '25s' });
    const vault = createKvVault({ ...fixture.config, ...role }, { fetch, nowMs: () => nowMs });
    const use = async () => codeOf(vault.stage(fixture.newRequest()));

    expect(await use()).toBe('none');
    nowMs = 10_000;
    expect([await use(), counts]).toEqual(['none', { logOns: 1, renewals: 0 }]);
    nowMs = 15_000;
    expect([await use(), counts]).toEqual(['none', { logOns: 1, renewals: 1 }]);
    nowMs = 36_000;
    expect([await use(), counts]).toEqual(['none', { logOns: 2, renewals: 1 }]);
  });

  test('that the vault ended early is replaced, once', async () => {
    const { counts, fetch } = counting();
    let token = '';
    const spying: HttpsFetch = (url, init) => {
      token = init.headers['x-vault-token'] ?? token;
      return fetch(url, init);
    };
    const vault = createKvVault(fixture.config, { fetch: spying });
    await vault.stage(fixture.newRequest());
    expect((await fixture.admin('POST', 'auth/token/revoke', { token })).status).toBe(204);
    const results = await Promise.all(Array.from({ length: 5 }, () => codeOf(vault.stage(fixture.newRequest()))));
    expect(results).toEqual(Array.from({ length: 5 }, () => 'none'));
    expect(counts).toEqual({ logOns: 2, renewals: 0 });
  });
});
