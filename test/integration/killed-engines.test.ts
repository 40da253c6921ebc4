/** The engine's process killed at every call of a life's steps: another takes over, and all comes right. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Account } from '../../contracts/account.ts';
import { DOMAINS, startProcess, stopProcess } from '../../infra/dev/stack.ts';
import { GONE, openPeople, PUT_AWAY, truthOf, USABLE, type People } from '../support/accounts.ts';
import { DEATHS, runEngineUntil, type Death, type StepCall } from '../support/killed-engines.ts';
import { stateFolder } from '../support/our-stack.ts';

const [CORP] = DOMAINS;
/** Engines that wait for their death at the same time. */
const ENGINES = 4;
/** Kills are spread over them: each comes back after the heartbeat timeout, and three attempts make a round. */
const ACCOUNTS = 24;
const PATIENCE_MS = 600_000;
const PROVISIONING = ['stageCredential', 'establishAccount', 'promoteCredential'];
const RETIREMENT = ['deleteAccount', 'revokeCredential'];
const QUARANTINE = ['captureAccount', 'quarantineAccount', 'suspendCredential'];
const UNDO = ['reinstateCredential', 'restoreAccount'];

let people: People;
/** Those whose retirements can be undone. */
let careful: People;
/** The calls of two undisturbed lives. */
let calls: readonly StepCall[];
let accounts: readonly Account[];

beforeAll(async () => {
  people = await openPeople(stateFolder);
  const terms = { gracePeriod: 'P30D', retirementOu: `retired-${Date.now()}` };
  careful = await openPeople(stateFolder, undefined, terms);
  await stopProcess(stateFolder, 'engine', CORP);
  const end = new AbortController();
  const running = runEngineUntil(stateFolder, CORP, null, end.signal);
  const account = await people.provide(CORP);
  await retire(account);
  await until(account, 'retired');
  const undone = await careful.provide(CORP);
  await retire(undone);
  await until(undone, 'quarantined');
  await restore(undone);
  await until(undone, 'active');
  end.abort();
  calls = await running;
}, 300_000);

afterAll(async () => {
  await startProcess(stateFolder, 'engine', CORP);
});

async function until(account: Account, state: Account['state']): Promise<Account> {
  const isThere = (now: Account): boolean => now.state === state && now.blocked === null;
  return people.client.until(account, `is ${state}`, isThere, PATIENCE_MS);
}

/** The answer comes after the step, which may take longer than a caller waits. */
async function retire(account: Account): Promise<void> {
  void people.client.act('owner', account, 'retire').catch(() => undefined);
  await people.client.until(account, 'is on its way', ({ state }) => state !== 'active', PATIENCE_MS);
}

async function restore(account: Account): Promise<void> {
  void people.client.act('owner', account, 'restore').catch(() => undefined);
}

interface Kill extends StepCall {
  readonly moment: Death['moment'];
}

/** How often a death is tried: an attempt that goes on where another one ended makes fewer calls. */
const TRIES = 4;

/** Engines that die one after the other, at each call of these steps, until all did or `stop`. */
async function killAtEveryCall(steps: readonly string[], stop: AbortSignal): Promise<Kill[]> {
  const deaths = calls
    .filter(({ activity }) => steps.includes(activity))
    .flatMap(({ activity, call, nth }) => DEATHS.map((moment) => ({ activity, call, nth, moment, triesLeft: TRIES })));
  const kills: Kill[] = [];
  const lane = async (): Promise<void> => {
    for (let next = deaths.shift(); next && !stop.aborted; next = deaths.shift()) {
      const { triesLeft, ...death } = next;
      const [call] = await runEngineUntil(stateFolder, CORP, death, stop);
      if (call) kills.push({ ...call, moment: death.moment });
      else if (triesLeft > 1) deaths.push({ ...death, triesLeft: triesLeft - 1 });
    }
  };
  await Promise.all(Array.from({ length: ENGINES }, lane));
  return kills;
}

/** Kills engines at every call of `steps` while `begin` gives them work; afterwards each account must be in `state`. */
async function campaign(
  steps: readonly string[],
  begin: () => Promise<readonly Account[]>,
  state: Account['state'],
  truth: object,
) {
  await stopProcess(stateFolder, 'engine', CORP);
  const stop = new AbortController();
  // When all have died, an engine that lives finishes the work.
  const dying = killAtEveryCall(steps, stop.signal).finally(async () => startProcess(stateFolder, 'engine', CORP));
  // Told where it is waited for, after the accounts.
  dying.catch(() => undefined);
  accounts = await begin();
  const outcomes = new Map<string, string>();
  for (const account of accounts) {
    const seen = await truthOf(stateFolder, await until(account, state));
    outcomes.set(
      account.id,
      JSON.stringify(seen) === JSON.stringify({ ...seen, ...truth }) ? '✓' : JSON.stringify(seen),
    );
  }
  stop.abort();
  const kills = await dying;
  const rows = kills.map(({ activity, call, nth, moment, accountId }) => ({
    call: `${activity}: ${call} ${nth}`,
    killed: moment,
    outcome: outcomes.get(accountId) ?? 'an account that nobody knows',
  }));
  console.table(rows.sort((a, b) => a.call.localeCompare(b.call, 'en', { numeric: true })));
  expect([...outcomes.values()].filter((outcome) => outcome !== '✓')).toEqual([]);
  expect(rows.filter(({ outcome }) => outcome !== '✓')).toEqual([]);
  expect(missedKinds(steps, kills)).toEqual([]);
  return rows;
}

/** The kinds of calls of these steps, by moment, at which no engine was killed. */
function missedKinds(steps: readonly string[], kills: readonly Kill[]): string[] {
  const kind = ({ activity, call }: StepCall, moment: string): string => `${moment} ${call} of ${activity}`;
  const killed = new Set(kills.map((kill) => kind(kill, kill.moment)));
  const known = calls.filter(({ activity }) => steps.includes(activity));
  return [...new Set(known.flatMap((call) => DEATHS.map((moment) => kind(call, moment))))].filter(
    (each) => !killed.has(each),
  );
}

it('provisioning comes to one usable account each', { timeout: 1_500_000 }, async () => {
  const request = () => Promise.all(Array.from({ length: ACCOUNTS }, async () => people.request(CORP)));
  const rows = await campaign(PROVISIONING, request, 'active', USABLE);
  expect(rows.length).toBeGreaterThanOrEqual(30);
});

it('retirement leaves nothing of them', { timeout: 1_500_000 }, async () => {
  const retireAll = async () => (await Promise.all(accounts.map(retire)), accounts);
  const rows = await campaign(RETIREMENT, retireAll, 'retired', GONE);
  expect(rows.length).toBeGreaterThanOrEqual(16);
});

it('a retirement that can be undone puts them away', { timeout: 1_500_000 }, async () => {
  await startProcess(stateFolder, 'engine', CORP);
  const living = await Promise.all(Array.from({ length: ACCOUNTS }, async () => careful.provide(CORP)));
  const retireAll = async () => (await Promise.all(living.map(retire)), living);
  const rows = await campaign(QUARANTINE, retireAll, 'quarantined', PUT_AWAY);
  expect(rows.length).toBeGreaterThanOrEqual(20);
});

it('its undo brings them back', { timeout: 1_500_000 }, async () => {
  const restoreAll = async () => (await Promise.all(accounts.map(restore)), accounts);
  const rows = await campaign(UNDO, restoreAll, 'active', USABLE);
  expect(rows.length).toBeGreaterThanOrEqual(20);
});
