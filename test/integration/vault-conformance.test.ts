/** What the product needs of a vault, shown for every make of vault: one suite for the port. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SecretVault, StageRequest } from '../../activities/vault/port.ts';
import { sensitive } from '../../infra/runtime/sensitive.ts';
import { inParallel } from '../../bench/measure.ts';
import { createFaults, MOMENTS } from '../support/faults.ts';
import { stateFolder } from '../support/our-stack.ts';
import { awsSubject } from '../support/vaults/aws.ts';
import { azureSubject } from '../support/vaults/azure.ts';
import { dsvSubject } from '../support/vaults/dsv.ts';
import { kvSubject } from '../support/vaults/kv.ts';
import { codeOf, newRequest, type VaultSubject } from '../support/vaults/subject.ts';

const SUBJECTS: Readonly<Record<string, () => Promise<VaultSubject>>> = {
  'KV version 2': async () => kvSubject(stateFolder),
  'AWS Secrets Manager': awsSubject,
  'Azure Key Vault': azureSubject,
  'DevOps Secrets Vault': dsvSubject,
};

/** Each of the three is a race of its own. */
const ROUNDS = 15;
const MANY = 1_000;

describe.each(Object.entries(SUBJECTS))('%s', (_kind, open) => {
  let vaults: VaultSubject;
  beforeAll(async () => {
    vaults = await open();
  });
  afterAll(async () => vaults.close());

  const ask = (overrides?: Partial<StageRequest>): StageRequest => newRequest(vaults.folder, overrides);
  const currentPassword = async ({ vaultPath }: StageRequest): Promise<unknown> =>
    (await vaults.readFields(vaultPath))?.['password'];

  async function stagedAndPromoted(vault: SecretVault, request = ask()): Promise<StageRequest> {
    await vault.stage(request);
    await vault.promote(request);
    return request;
  }

  const nextOf = (request: StageRequest, password = 'Second-password-1'): StageRequest => ({
    ...request,
    operationId: randomUUID(),
    password: sensitive(password),
  });

  test('stage, read, promote and revoke, each of them repeated', async () => {
    const vault = vaults.newVault();
    const request = ask();
    const password = request.password.reveal();
    const another = { ...request, password: sensitive('another') };

    const staged = await vault.stage(request);
    expect(await vault.stage(another)).toEqual(staged);
    expect(await currentPassword(request)).toBeUndefined();
    expect((await vault.readStaged(request)).reveal()).toBe(password);

    const promoted = await vault.promote(request);
    expect(await vault.promote(request)).toEqual(promoted);
    expect(await vaults.readFields(request.vaultPath)).toMatchObject({ username: request.username, password });
    expect((await vault.readStaged(request)).reveal()).toBe(password);
    expect(await vault.stage(another)).toEqual(promoted);
    // A discard that comes late must not take the current password away.
    await vault.discard(request);
    expect(await currentPassword(request)).toBe(password);

    await vault.revoke(request);
    await vault.revoke(request);
    expect(await vaults.isGone(request.vaultPath)).toBe(true);
    expect(await codeOf(vault.readStaged(request))).toBe('VaultSecretMissing');
    expect(await codeOf(vault.promote(request))).toBe('VaultSecretMissing');
  });

  test('a second change of password leaves the current one for readers until it is promoted', async () => {
    const vault = vaults.newVault();
    const first = await stagedAndPromoted(vault);
    const second = nextOf(first);

    await vault.stage(second);
    expect(await currentPassword(first)).toBe(first.password.reveal());
    await vault.discard(second);
    expect(await codeOf(vault.readStaged(second))).toBe('VaultSecretMissing');
    expect((await vault.readStaged(first)).reveal()).toBe(first.password.reveal());

    await stagedAndPromoted(vault, second);
    expect(await currentPassword(first)).toBe('Second-password-1');
    expect((await vault.readStaged(second)).reveal()).toBe('Second-password-1');
    // The first operation's turn is over: its late promotion must not bring the old password back.
    expect(await codeOf(vault.promote(first))).toBe('VaultSecretMissing');
    await stagedAndPromoted(vault, nextOf(first, 'Third-password-1'));
    expect(await codeOf(vault.promote(first))).toBe('VaultSecretMissing');
    expect(await currentPassword(first)).toBe('Third-password-1');
  });

  test('what was discarded can be staged again, with another password', async () => {
    const vault = vaults.newVault();
    const first = ask();
    await vault.stage(first);
    await vault.discard(first);
    await vault.discard(first);
    expect(await vaults.isGone(first.vaultPath)).toBe(true);
    expect(await codeOf(vault.promote(first))).toBe('VaultSecretMissing');
    await stagedAndPromoted(vault, first);
    const second = nextOf(first);
    for (const password of ['One-password', 'Two-password', 'Three-password']) {
      await vault.stage({ ...second, password: sensitive(password) });
      expect((await vault.readStaged(second)).reveal()).toBe(password);
      await vault.discard(second);
      expect(await currentPassword(first)).toBe(first.password.reveal());
    }
    await stagedAndPromoted(vault, second);
    expect(await currentPassword(first)).toBe('Second-password-1');
  });

  test("a change of password never writes over another one's pending password", async () => {
    const vault = vaults.newVault();
    for (const first of [ask(), await stagedAndPromoted(vault).then((done) => nextOf(done))]) {
      await vault.stage(first);
      expect(await codeOf(vault.stage(nextOf(first, 'Third-password-1')))).toBe('VaultConflict');
      await vault.discard(nextOf(first));
      expect((await vault.readStaged(first)).reveal()).toBe(first.password.reveal());
    }
  });

  test('what people add to the secret stays', async () => {
    const vault = vaults.newVault();
    const request = await stagedAndPromoted(vault);
    await vaults.addField(request.vaultPath, 'note', 'theirs');
    await stagedAndPromoted(vault, nextOf(request));
    expect(await vaults.readFields(request.vaultPath)).toMatchObject({ note: 'theirs', password: 'Second-password-1' });
  });

  test('people may add as much as the vault takes, again and again', async () => {
    const vault = vaults.newVault();
    let request = await stagedAndPromoted(vault);
    for (const [round, fields] of [4, 4, 3].entries()) {
      for (let field = 0; field < fields; field += 1) {
        await vaults.addField(request.vaultPath, `field-${round}-${field}`, 'theirs');
      }
      request = await stagedAndPromoted(vault, nextOf(request, `Password-of-round-${round}`));
      expect(await currentPassword(request)).toBe(`Password-of-round-${round}`);
    }
    await vault.suspend(request);
    expect(await vaults.readablePasswords(request.vaultPath)).toEqual([]);
    await vault.reinstate(request);
    expect(await currentPassword(request)).toBe('Password-of-round-2');
    await vault.revoke(request);
    expect(await vaults.isGone(request.vaultPath)).toBe(true);
  });

  test('of two operations that stage at once at most one is told that it has', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const [one, two] = [vaults.newVault(), vaults.newVault()];
      const first = await stagedAndPromoted(one);
      const changes = [nextOf(first, 'Of-the-one'), nextOf(first, 'Of-the-other')] as const;
      const told = await Promise.all([codeOf(one.stage(changes[0])), codeOf(two.stage(changes[1]))]);
      expect(told.filter((code) => code === 'none').length, told.join()).toBeLessThanOrEqual(1);
      expect(told.filter((code) => code !== 'none' && code !== 'VaultConflict')).toEqual([]);
      const winner = changes[told.indexOf('none')];
      if (winner) await one.promote(winner);
      expect(await currentPassword(first)).toBe((winner ?? first).password.reveal());
    }
  });

  test('two discards at once are both done, and what comes next begins anew', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const [one, two] = [vaults.newVault(), vaults.newVault()];
      const request = ask();
      await one.stage(request);
      expect(await Promise.all([codeOf(one.discard(request)), codeOf(two.discard(request))])).toEqual(['none', 'none']);
      expect(await vaults.isGone(request.vaultPath)).toBe(true);
      await stagedAndPromoted(two, nextOf(request));
      expect(await currentPassword(request)).toBe('Second-password-1');
    }
  });

  test.each([
    ['without a mark', (): undefined => undefined],
    ["with another account's mark", (): string => randomUUID()],
  ])("somebody else's secret %s is never touched", async (_which, accountId) => {
    const vault = vaults.newVault();
    const request = ask();
    await vaults.writeForeign(request.vaultPath, accountId());
    for (const verb of ['stage', 'promote', 'suspend', 'reinstate', 'revoke'] as const) {
      expect(await codeOf(vault[verb](request)), verb).toBe('VaultPathConflict');
    }
    expect(await codeOf(vault.discard(request))).toBe('none');
    expect(await codeOf(vault.readStaged(request))).toBe('VaultSecretMissing');
    expect(await vaults.readablePasswords(request.vaultPath)).toEqual(['theirs']);
  });

  test('of three engines at once exactly one password is staged, and promoted', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const engines = [vaults.newVault(), vaults.newVault(), vaults.newVault()];
      const request = ask();
      await Promise.all(
        engines.map(async (engine, index) => engine.stage({ ...request, password: sensitive(`Password-of-${index}`) })),
      );
      const read = await Promise.all(engines.map(async (engine) => (await engine.readStaged(request)).reveal()));
      expect(new Set(read).size).toBe(1);
      await Promise.all(engines.map(async (engine) => engine.promote(request)));
      expect(await currentPassword(request)).toBe(read[0]);
    }
  });

  test('of a promotion and a discard at once: either the password is current, or nothing is left', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const [one, two] = [vaults.newVault(), vaults.newVault()];
      const request = ask();
      await one.stage(request);
      const [promotion] = await Promise.all([codeOf(one.promote(request)), two.discard(request)]);
      const password = await currentPassword(request);
      if (promotion === 'none') expect(password).toBe(request.password.reveal());
      else expect([promotion, password]).toEqual(['VaultSecretMissing', undefined]);
    }
  });

  test('names of all kinds are secrets of their own', async () => {
    const vault = vaults.newVault();
    const names = [
      'svc a',
      'svc=20a',
      'svc#a',
      "svc'a",
      'svc$a',
      'svc(a)',
      'svc-é',
      'svc-abcdef',
      'svc.a',
      'svc%20a',
      'svc&a',
    ];
    const requests = names.map((name) => ask({ vaultPath: `${vaults.folder}/${name}`, username: name }));
    for (const request of requests) await stagedAndPromoted(vault, request);
    for (const request of requests) {
      expect(await currentPassword(request), request.username).toBe(request.password.reveal());
      await vault.suspend(request);
      await vault.reinstate(request);
      await vault.revoke(request);
      expect(await vaults.isGone(request.vaultPath), request.username).toBe(true);
    }
  });

  test('a suspended secret is out of reach, and comes back as it was, each step done twice', async () => {
    const vault = vaults.newVault();
    const request = await stagedAndPromoted(vault, nextOf(await stagedAndPromoted(vault)));
    const before = await vaults.readablePasswords(request.vaultPath);
    for (let round = 0; round < 2; round += 1) {
      await vault.suspend(request);
      expect(await vaults.readablePasswords(request.vaultPath)).toEqual([]);
    }
    expect(await codeOf(vault.suspend({ ...request, accountId: randomUUID() }))).toBe('VaultPathConflict');
    expect(await codeOf(vault.reinstate({ ...request, accountId: randomUUID() }))).toBe('VaultPathConflict');
    for (let round = 0; round < 2; round += 1) {
      await vault.reinstate(request);
      expect(await vaults.readablePasswords(request.vaultPath)).toEqual(before);
    }
    expect(await currentPassword(request)).toBe('Second-password-1');
    expect((await vault.readStaged(request)).reveal()).toBe('Second-password-1');
    await vault.suspend(request);
    for (let round = 0; round < 2; round += 1) await vault.revoke(request);
    expect(await vaults.isGone(request.vaultPath)).toBe(true);
    expect(await codeOf(vault.reinstate(request))).toBe('VaultSecretMissing');
    await vault.suspend(request);
  });

  describe('cut off at each single call', () => {
    type Step = (vault: SecretVault, request: StageRequest) => Promise<unknown>;
    const stage: Step = async (vault, request) => vault.stage(request);
    const promoted: Step = async (vault, request) => stagedAndPromoted(vault, request);
    const suspended: Step = async (vault, request) => {
      await stagedAndPromoted(vault, request);
      await vault.suspend(request);
    };

    test.each<{ name: string; prepare: Step; run: Step; staged: boolean; readable: boolean }>([
      { name: 'stage', prepare: async () => undefined, run: stage, staged: true, readable: false },
      {
        name: 'readStaged',
        prepare: stage,
        run: async (vault, request) => vault.readStaged(request),
        staged: true,
        readable: false,
      },
      {
        name: 'promote',
        prepare: stage,
        run: async (vault, request) => vault.promote(request),
        staged: true,
        readable: true,
      },
      {
        name: 'discard',
        prepare: stage,
        run: async (vault, request) => vault.discard(request),
        staged: false,
        readable: false,
      },
      {
        name: 'suspend',
        prepare: promoted,
        run: async (vault, request) => vault.suspend(request),
        staged: false,
        readable: false,
      },
      {
        name: 'reinstate',
        prepare: suspended,
        run: async (vault, request) => vault.reinstate(request),
        staged: true,
        readable: true,
      },
      {
        name: 'revoke',
        prepare: promoted,
        run: async (vault, request) => vault.revoke(request),
        staged: false,
        readable: false,
      },
    ])('$name converges when another engine tries again', async ({ name, prepare, run, staged, readable }) => {
      const counting = createFaults({ outageMs: Infinity });
      const dry = ask();
      await prepare(vaults.newVault(), dry);
      await run(vaults.newVault(counting), dry);
      const calls = [...counting.calls];
      expect(calls.length).toBeGreaterThan(0);
      for (const [index, call] of calls.entries()) {
        for (const moment of MOMENTS) {
          const where = `${moment} ${index + 1} ${call}`;
          const request = ask();
          await prepare(vaults.newVault(), request);
          // An engine that is cut at one call dies there.
          const dying = createFaults({ outageMs: Infinity });
          dying.begin({ index, moment });
          const isLast = index === calls.length - 1;
          const expected = moment === 'after' && isLast ? 'none' : 'VaultUnavailable';
          expect(await codeOf(run(vaults.newVault(dying), request)), where).toBe(expected);

          // The next attempt brings a password of its own: it must not be used if one is staged.
          const next = vaults.newVault();
          const known = await next.readStaged(request).catch(() => undefined);
          await run(next, { ...request, password: sensitive('Second-attempt-1') });
          const password = known?.reveal() ?? (name === 'reinstate' ? request.password.reveal() : 'Second-attempt-1');
          if (staged) expect((await next.readStaged(request)).reveal(), where).toBe(password);
          expect(await currentPassword(request), where).toBe(readable ? password : undefined);
          if (name === 'discard' || name === 'revoke') expect(await vaults.isGone(request.vaultPath), where).toBe(true);
        }
      }
    });
  });

  test('a thousand secrets at once are a thousand secrets', async () => {
    const engines = [vaults.newVault(), vaults.newVault()];
    const requests = Array.from({ length: MANY }, () => ask());
    await inParallel(MANY, 20, async (index) => {
      await stagedAndPromoted(engines[index % engines.length]!, requests[index]);
    });
    await inParallel(MANY, 20, async (index) => {
      expect(await currentPassword(requests[index]!)).toBe(requests[index]!.password.reveal());
    });
  });
});
