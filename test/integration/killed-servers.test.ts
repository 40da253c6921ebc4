/**
 * Control plane, API, Temporal and Postgres, each killed before, during and after the LDAP and vault calls of provisioning
 * and retirement. Many accounts stand at a gate, each at another call and moment; one kill hits all that have come so far.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import type { Account } from '../../contracts/account.ts';
import { eventually } from '../../infra/dev/eventually.ts';
import { DOMAINS, killProcess, startProcess } from '../../infra/dev/stack.ts';
import { readStack, type ProcessRole } from '../../infra/dev/state.ts';
import { GONE, openPeople, truthOf, USABLE, type People } from '../support/accounts.ts';
import { connectionsThrough, MOMENTS } from '../support/faults.ts';
import { createGate, type Stop } from '../support/gate.ts';
import { engineConfiguration, replaceByEngines } from '../support/own-engine.ts';

const [CORP] = DOMAINS;
const stateFolder = inject('stateFolder');
const PATIENCE_MS = 150_000;
/** The first ones at the gate wait for the last ones: less than a call to the vault may take. */
const GATHERING_MS = 7_000;
/** How long the engine goes on by itself before the process is started again. */
const DEAD_MS = 700;
/** How many are hit at least, on a slow machine: not all have come to the gate when the first must go on. */
const FEWEST_HIT = 15;
/** Accounts are looked at with programs of the directory. */
const LOOKS_AT_A_TIME = 4;

const gate = createGate();
let people: People;
let restore: (() => Promise<void>) | undefined;
/** Every call of an undisturbed life at every moment, the latest first: those who come first have the longest way. */
let provisioning: readonly Stop[];
let retirement: readonly Stop[];
/** Those who were provisioned under the blow before are retired under the next. */
let living: Account[] = [];

beforeAll(async () => {
  people = await openPeople(stateFolder);
  const configuration = await engineConfiguration(stateFolder, CORP);
  const connections = [connectionsThrough(gate.ports, configuration)];
  restore = await replaceByEngines(stateFolder, configuration, connections, () => 0, gate.around);
  await retired(await people.provide(CORP));
  // The second life is the measure: the first one logs on and looks around, which is then remembered.
  const undisturbed = await people.provide(CORP);
  const made = () => gate.calls.filter(({ accountId }) => accountId === undisturbed.id);
  const provisionedBy = made().length;
  await retired(undisturbed);
  const stops = (calls: readonly Omit<Stop, 'moment'>[]): Stop[] =>
    calls.toReversed().flatMap(({ activity, call, nth }) => MOMENTS.map((moment) => ({ activity, call, nth, moment })));
  provisioning = stops(made().slice(0, provisionedBy));
  retirement = stops(made().slice(provisionedBy));
  living = await Promise.all(retirement.map(async () => people.provide(CORP)));
}, 300_000);

afterAll(async () => {
  gate.open();
  await restore?.();
});

async function retired(account: Account): Promise<Account> {
  beginRetirement(account);
  return people.client.until(account, 'is retired', ({ state }) => state === 'retired', PATIENCE_MS);
}

/** The answer comes after the step, which may take longer than a caller waits, or than the API lives. */
function beginRetirement(account: Account): void {
  void people.client.act('owner', account, 'retire').catch(() => undefined);
}

interface Row {
  readonly killed: ProcessRole;
  readonly call: string;
  readonly moment: string;
  readonly outcome: string;
}

/** Stops accounts at all of these calls, kills the process, and answers who was hit, by account, and who came to be. */
async function blow(victim: ProcessRole, kinds: readonly [readonly Stop[], readonly Stop[]]) {
  const [starting, ending] = kinds;
  const leaving = living.splice(0, ending.length);
  expect(leaving.length).toBe(ending.length);
  gate.close(kinds);
  const requested = Promise.all(starting.map(async () => people.request(CORP)));
  for (const account of leaving) beginRetirement(account);
  const coming = await requested;
  const areThere = async () => gate.held().size === starting.length + ending.length;
  await eventually('all are at the gate', areThere, { timeoutMs: GATHERING_MS, intervalMs: 50 }).catch(() => undefined);
  expect(await killProcess(stateFolder, victim), `${victim} ran`).toBe(true);
  // They stand there while the process is dead: that is how it is known whom the blow hit.
  const hit = gate.held();
  gate.open();
  await sleep(DEAD_MS);
  await startProcess(stateFolder, victim);
  for (const account of leaving) if (!hit.has(account.id)) beginRetirement(account);
  return { hit, coming, leaving };
}

/** By account: ✓, or what is not as it should be. */
async function outcomesOf(coming: readonly Account[], leaving: readonly Account[]): Promise<Map<string, string>> {
  const outcomes = new Map<string, string>();
  const look = async (account: Account, state: Account['state'], truth: object): Promise<void> => {
    const isThere = (now: Account): boolean => now.state === state && now.blocked === null;
    const seen = await truthOf(stateFolder, await people.client.until(account, `is ${state}`, isThere, PATIENCE_MS));
    const isAsItShouldBe = JSON.stringify(seen) === JSON.stringify({ ...seen, ...truth });
    outcomes.set(account.id, isAsItShouldBe ? '✓' : JSON.stringify(seen));
  };
  const looks = [
    ...coming.map((account) => () => look(account, 'active', USABLE)),
    ...leaving.map((account) => () => look(account, 'retired', GONE)),
  ];
  const lookInTurn = async (): Promise<void> => {
    for (let next = looks.shift(); next; next = looks.shift()) await next();
  };
  await Promise.all(Array.from({ length: LOOKS_AT_A_TIME }, lookInTurn));
  return outcomes;
}

it('sees a secret that can still be brought back (the look itself works)', async () => {
  const { address, token, mount } = (await readStack(stateFolder)).vaults[0]!;
  const account = await people.provide(CORP);
  const secretIs = async (what: string): Promise<void> =>
    expect((await truthOf(stateFolder, { ...account, secret: null })).secret).toBe(what);
  const remove = async (what: 'data' | 'metadata'): Promise<void> => {
    const url = `${address}/v1/${mount}/${what}/${account.secret!.vaultPath}`;
    expect((await fetch(url, { method: 'DELETE', headers: { 'x-vault-token': token } })).status).toBe(204);
  };
  await secretIs('current');
  await remove('data');
  await secretIs('suspended');
  await remove('metadata');
  await secretIs('none');
});

it.for(['control-plane', 'api', 'temporal', 'postgres'] as const)(
  '%s killed while accounts stand at their calls: every one comes to its right end',
  { timeout: 400_000 },
  async (victim) => {
    const rows: Row[] = [];
    const { hit, coming, leaving } = await blow(victim, [provisioning, retirement]);
    const outcomes = await outcomesOf(coming, leaving);
    for (const [accountId, { activity, call, nth, moment }] of hit) {
      const outcome = outcomes.get(accountId) ?? 'an account that nobody knows';
      rows.push({ killed: victim, call: `${activity}: ${call} ${nth}`, moment, outcome });
    }
    living.push(...coming);
    console.table(rows.sort((a, b) => a.call.localeCompare(b.call, 'en', { numeric: true })));
    expect(rows.filter(({ outcome }) => outcome !== '✓')).toEqual([]);
    expect([...outcomes.values()].filter((outcome) => outcome !== '✓')).toEqual([]);
    expect(rows.length).toBeGreaterThanOrEqual(FEWEST_HIT);
  },
);
