/**
 * Control plane, API, Temporal, Postgres, vault and directory, each killed before, during and after every LDAP and vault
 * call of provisioning and retirement. Many accounts stand at a gate, each at another call and moment; one kill hits all.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Account } from '../../contracts/account.ts';
import { eventually } from '../../infra/dev/eventually.ts';
import { DOMAINS, killProcess, startProcess } from '../../infra/dev/stack.ts';
import { readStack, type ProcessRole } from '../../infra/dev/state.ts';
import { GONE, openPeople, truthOf, USABLE, type People } from '../support/accounts.ts';
import { connectionsThrough, MOMENTS } from '../support/faults.ts';
import { createGate, type Passage, type Server, type Stop } from '../support/gate.ts';
import { stateFolder } from '../support/our-stack.ts';
import { engineConfiguration, replaceByEngines } from '../support/own-engine.ts';

const [CORP] = DOMAINS;
const PATIENCE_MS = 150_000;
/** The first ones at the gate wait for the last ones: less than an attempt at a step may take. */
const GATHERING_MS = 20_000;
interface Blow {
  readonly deadMs: number;
  readonly answers?: Server;
  readonly fqdn?: string;
}

/**
 * How long the engine goes on by itself before the process is started again, and whose answers die with it. Temporal is
 * away for longer than it misses heartbeats, and than a result waits for it: every step under way is done once more.
 */
const VICTIMS = {
  'control-plane': { deadMs: 700 },
  api: { deadMs: 700 },
  temporal: { deadMs: 12_000 },
  postgres: { deadMs: 700 },
  vault: { deadMs: 700, answers: 'vault' },
  samba: { deadMs: 700, answers: 'ldap', fqdn: CORP },
} as const satisfies Partial<Record<ProcessRole, Blow>>;
type Victim = keyof typeof VICTIMS;
/** On a slow machine some have not come to the gate when the first must go on: others stand there at the next blow. */
const MOST_BLOWS = 3;
/** 34 calls at three moments are 102 today: a measure that is much smaller has missed something. */
const FEWEST_STOPS = 90;
/** Engines: one for each account that stands at the gate, one for all others. */
const LANES = 120;
/** Accounts are looked at with programs of the directory. */
const LOOKS_AT_A_TIME = 4;

const gate = createGate();
let people: People;
let restore: (() => Promise<void>) | undefined;
/** Every call of an undisturbed life at every moment, the latest first: those who come first have the longest way. */
let provisioning: Passage;
let retirement: Passage;
/** Those who were provisioned under the blow before are retired under the next. */
let living: Account[] = [];

beforeAll(async () => {
  people = await openPeople(stateFolder);
  const configuration = await engineConfiguration(stateFolder, CORP);
  const connections = Array.from({ length: LANES }, () => connectionsThrough(gate.ports, configuration));
  restore = await replaceByEngines(stateFolder, configuration, connections, gate.lane, gate.around);
  await retired(await people.provide(CORP));
  // The second life is the measure: the first one opens what is then kept.
  const undisturbed = await people.provide(CORP);
  const made = () => gate.calls.filter(({ accountId }) => accountId === undisturbed.id);
  const provisionedBy = made().length;
  await retired(undisturbed);
  provisioning = passageOf(made().slice(0, provisionedBy));
  retirement = passageOf(made().slice(provisionedBy));
  const stops = [...provisioning.stops, ...retirement.stops];
  expect(stops.length).toBeGreaterThanOrEqual(FEWEST_STOPS);
  expect(stops.length).toBeLessThan(LANES);
  living = await Promise.all(retirement.stops.map(async () => people.provide(CORP)));
}, 300_000);

afterAll(async () => {
  gate.open();
  await restore?.();
});

function passageOf(calls: readonly Omit<Stop, 'moment'>[]): Passage {
  const stopsAt = ({ activity, call, nth }: Omit<Stop, 'moment'>): Stop[] =>
    MOMENTS.map((moment) => ({ activity, call, nth, moment }));
  return { first: calls[0]!.activity, stops: calls.toReversed().flatMap(stopsAt) };
}

async function retired(account: Account): Promise<Account> {
  beginRetirement(account);
  return people.client.until(account, 'is retired', ({ state }) => state === 'retired', PATIENCE_MS);
}

/** The answer comes after the step, which may take longer than a caller waits, or than the API lives. */
function beginRetirement(account: Account): void {
  void people.client.act('owner', account, 'retire').catch(() => undefined);
}

interface Row {
  readonly killed: Victim;
  readonly call: string;
  readonly moment: string;
  readonly outcome: string;
}

/** Stops accounts at all of these calls, kills the process, and answers who was hit, by account, and who came to be. */
async function blow(victim: Victim, starting: Passage, ending: Passage) {
  const leaving = living.splice(0, ending.stops.length);
  expect(leaving.length).toBe(ending.stops.length);
  gate.close([starting, ending]);
  const requested = Promise.all(starting.stops.map(async () => people.request(CORP)));
  for (const account of leaving) beginRetirement(account);
  const coming = await requested;
  const areThere = async () => gate.held().size === starting.stops.length + ending.stops.length;
  await eventually('all are at the gate', areThere, { timeoutMs: GATHERING_MS, intervalMs: 50 }).catch(() => undefined);
  const { deadMs, answers, fqdn }: Blow = VICTIMS[victim];
  expect(await killProcess(stateFolder, victim, fqdn), `${victim} ran`).toBe(true);
  // They stand there while the process is dead: that is how it is known whom the blow hit.
  const hit = gate.held();
  gate.open(answers);
  await sleep(deadMs);
  await startProcess(stateFolder, victim, fqdn);
  for (const account of leaving) if (!hit.has(account.id)) beginRetirement(account);
  return { hit, coming, leaving };
}

/** By account: ✓, or what is not as it should be. */
async function outcomesOf(coming: readonly Account[], leaving: readonly Account[]): Promise<Map<string, string>> {
  const outcomes = new Map<string, string>();
  const patience = AbortSignal.timeout(PATIENCE_MS);
  const outcomeOf = async (account: Account, state: Account['state'], truth: object): Promise<string> => {
    const isThere = (now: Account): boolean => now.state === state && now.blocked === null;
    // One look at the least, also when those before have used up the time.
    const timeoutMs = patience.aborted ? 0 : PATIENCE_MS;
    const seen = await truthOf(stateFolder, await people.client.until(account, `is ${state}`, isThere, timeoutMs));
    return JSON.stringify(seen) === JSON.stringify({ ...seen, ...truth }) ? '✓' : JSON.stringify(seen);
  };
  const look = async (...what: Parameters<typeof outcomeOf>): Promise<void> => {
    const outcome = await outcomeOf(...what).catch((error: unknown) => (error as Error).message);
    outcomes.set(what[0].id, outcome);
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

it.for(Object.keys(VICTIMS) as Victim[])(
  '%s killed while accounts stand at their calls: every one comes to its right end',
  { timeout: 400_000 },
  async (victim) => {
    const rows: Row[] = [];
    let missed = [provisioning, retirement] as const;
    for (let blows = 0; blows < MOST_BLOWS && missed.some(({ stops }) => stops.length > 0); blows += 1) {
      const { hit, coming, leaving } = await blow(victim, ...missed);
      const outcomes = await outcomesOf(coming, leaving);
      rows.push(...[...outcomes].map(([accountId, outcome]) => rowOf(victim, hit.get(accountId), outcome)));
      living.push(...coming);
      const wasMissed = (stop: Stop): boolean => ![...hit.values()].includes(stop);
      const [starting, ending] = missed;
      missed = [
        { ...starting, stops: starting.stops.filter(wasMissed) },
        { ...ending, stops: ending.stops.filter(wasMissed) },
      ];
    }
    console.table(rows.sort((a, b) => a.call.localeCompare(b.call, 'en', { numeric: true })));
    const wrong = rows.filter(({ outcome }) => outcome !== '✓');
    expect({ wrong, missed: missed.flatMap(({ stops }) => stops) }).toEqual({ wrong: [], missed: [] });
  },
);

function rowOf(killed: Victim, stop: Stop | undefined, outcome: string): Row {
  if (!stop) return { killed, call: 'on the way', moment: '', outcome };
  const { activity, call, nth, moment } = stop;
  return { killed, call: `${activity}: ${call} ${nth}`, moment, outcome };
}
