/** What docs/operate/upgrade.md says, on a real Temporal server: releases beside each other, and nothing is stuck. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Account } from '../../contracts/account.ts';
import type { AccountAction } from '../../contracts/lifecycle.ts';
import { eventually } from '../../infra/dev/eventually.ts';
import { bundleChanged, PATCHED_DELETION } from '../support/changed-workflows.ts';
import { FQDN, PATIENCE } from '../support/gateway-harness.ts';
import { stateFolder } from '../support/our-stack.ts';
import { sampleSubmission } from '../support/projection-samples.ts';
import { installQuietRuntime } from '../support/quiet-runtime.ts';
import { startReleases, type Release, type Releases } from '../support/releases.ts';
import { bundleInto } from '../support/workflow-setup.ts';

const SECONDS = 1_000;

installQuietRuntime();

let folder: string;
let address: string;
let today: string;
let releases: Releases;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'alm-upgrade-'));
  today = await bundleInto(folder);
  address = JSON.parse(await readFile(join(stateFolder, 'stack.json'), 'utf8')).temporal.address;
});
beforeEach(async () => void (releases = await startReleases(address)));
afterEach(async () => releases.close());
afterAll(async () => rm(folder, { recursive: true, force: true }));

const by = (actor: string) => ({ actor, operationId: randomUUID() });
const anna = () => ({ ...by('anna'), standing: [['anna']], step: null, decision: 'approve' as const, reason: null });

async function submitted(): Promise<string> {
  const id = randomUUID();
  await releases.gateway.submit(FQDN, id, sampleSubmission());
  return id;
}

const approve = (id: string): Promise<Account> => releases.gateway.act(FQDN, id, 'decide', anna());

const act = (id: string, action: Extract<AccountAction, 'disable' | 'enable' | 'resume' | 'retire'>) =>
  releases.gateway.act(FQDN, id, action, by('olaf'));

/** Waits until a release has sent an event of the account, after `sequence`, that left it as wanted. */
async function until(release: Release, id: string, wanted: (account: Account) => boolean): Promise<void> {
  const isThere = async (): Promise<boolean> => {
    const account = await releases.gateway.snapshot(FQDN, id);
    return account !== null && wanted(account) && release.lastSequence(id) === account.sequence;
  };
  await eventually('the account gets there under that release', isThere, { ...PATIENCE, timeoutMs: 60_000 });
}
const is = (state: Account['state']) => (account: Account) => account.state === state;

/** Switches an active account off and on: each release of the two directions must be `release`. */
async function goesOnUnder(release: Release, id: string): Promise<void> {
  for (const action of ['disable', 'enable'] as const) {
    const { sequence } = await act(id, action);
    expect(release.lastSequence(id)).toBe(sequence);
  }
}

const SECOND_PAGE = '00000000-0000-4000-8000-000000000002';

/** Accounts are looked for in two pages; the first comes when the gate is opened. */
function twoPages({ fakes }: Release): { open(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  fakes.behave({
    findAffected: async ({ after }) => {
      await promise;
      return { accounts: [], next: after === null ? SECOND_PAGE : null };
    },
  });
  return { open: resolve };
}

async function blocked(): Promise<string> {
  releases.engine.fail('promoteCredential', 'VaultAccessDenied', 1);
  const id = await submitted();
  await approve(id);
  await eventually(
    'it is blocked',
    async () => (await releases.gateway.snapshot(FQDN, id))?.blocked !== null,
    PATIENCE,
  );
  return id;
}

test('a new release beside the old one: all accounts go on under it, what is pinned ends, and back again', async () => {
  const a = await releases.start(today, 'a');
  await releases.makeCurrent('a');
  const endsAt = new Date(Date.now() + 25 * SECONDS).toISOString();
  const [waiting, stuck, active, ending] = [
    await submitted(),
    await blocked(),
    (await releases.living()).id,
    (await releases.living({ renewalOpensAt: '2026-01-31T00:00:00.000Z', endsAt })).id,
  ];
  await goesOnUnder(a, active);
  // Under way while the release changes: a request whose name is being reserved, and the first of two pages.
  const reserving = a.fakes.hold('reserveName');
  const requested = submitted();
  const paging = twoPages(a);
  await releases.gateway.reassess(randomUUID(), { approvers: { users: ['ben'], groups: [] }, left: [] });
  const isUnderWay = async (): Promise<boolean> =>
    a.fakes.inputsOf('findAffected').length > 0 && a.fakes.inputsOf('reserveName').length === 3;
  await eventually('both are under way', isUnderWay, PATIENCE);

  const b = await releases.start(today, 'b');
  await releases.makeCurrent('b');
  reserving.open();
  paging.open();
  const late = await requested;
  expect(b.lastSequence(late)).toBe(1);
  expect(Date.now()).toBeLessThan(Date.parse(endsAt));
  await goesOnUnder(b, active);
  await approve(waiting);
  await approve(late);
  await act(stuck, 'resume');
  for (const id of [waiting, late, stuck]) await until(b, id, is('active'));
  await until(b, ending, is('expired'));
  expect(a.fakes.inputsOf('findAffected').map(({ after }) => after)).toContain(SECOND_PAGE);
  expect(b.fakes.inputsOf('findAffected')).toEqual([]);
  for (const id of [late, ending]) expect(a.lastSequence(id)).toBe(0);

  await a.stop();
  const fresh = await submitted();
  await approve(fresh);
  await until(b, fresh, is('active'));
  for (const id of [active, waiting, late, stuck, fresh]) await goesOnUnder(b, id);

  const again = await releases.start(today, 'a');
  await releases.makeCurrent('a');
  for (const id of [active, waiting, fresh]) await goesOnUnder(again, id);
  await b.stop();
  for (const id of [active, late, stuck]) await goesOnUnder(again, id);
  expect(again.lastSequence(await submitted())).toBe(1);
});

test('the first time: from control planes without a release, and back', async () => {
  const old = await releases.start(today);
  const waiting = await submitted();
  const { id: active } = await releases.living();
  const a = await releases.start(today, 'a');
  await goesOnUnder(old, active);
  const before = await submitted();
  expect(old.lastSequence(before)).toBe(1);

  await releases.makeCurrent('a');
  await goesOnUnder(a, active);
  expect(a.lastSequence(await submitted())).toBe(1);
  await old.stop();
  await approve(before);
  await until(a, before, is('active'));
  expect(a.lastSequence(await submitted())).toBe(1);

  const back = await releases.start(today);
  await releases.makeCurrent(null);
  await goesOnUnder(back, active);
  await a.stop();
  await approve(waiting);
  await until(back, waiting, is('active'));
  expect(back.lastSequence(await submitted())).toBe(1);
});

test('a release that works in another order: what is under way ends in the old one, and one step back waits', async () => {
  const next = await mkdtemp(join(folder, 'next-'));
  const changed = await bundleChanged(next, PATCHED_DELETION);
  const a = await releases.start(today, 'a');
  await releases.makeCurrent('a');
  const [first, second, third] = [await releases.living(), await releases.living(), await releases.living()];
  const ends = (id: string) =>
    releases.engine.calls
      .filter(
        ({ activity, input }) =>
          (input as { accountId: string }).accountId === id && /^(?:delete|revoke)/.test(activity),
      )
      .map(({ activity }) => activity);
  const deleting = releases.engine.hold('deleteAccount');
  await act(first.id, 'retire');
  await eventually('it is being deleted', async () => ends(first.id).length > 0, PATIENCE);

  const b = await releases.start(changed, 'b');
  await releases.makeCurrent('b');
  deleting.open();
  await until(b, first.id, is('retired'));
  expect(ends(first.id)).toEqual(['deleteAccount', 'revokeCredential']);
  await act(second.id, 'retire');
  await until(b, second.id, is('retired'));
  expect(ends(second.id)).toEqual(['revokeCredential', 'deleteAccount']);

  // Has begun in the new order, which the old release does not know.
  releases.engine.fail('revokeCredential', 'VaultPathConflict', 1);
  await act(third.id, 'retire');
  await until(b, third.id, ({ blocked: why }) => why !== null);
  await releases.makeCurrent('a');
  await expect(act(third.id, 'resume')).rejects.toMatchObject({ code: 'ServiceUnavailable' });
  await releases.makeCurrent('b');
  await until(b, third.id, is('retired'));
  expect(a.lastSequence(third.id)).toBe(0);
});
