/** Every single LDAP and vault call of a life, cut before, during and after: afterwards one account or none, and the truth. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Account } from '../../contracts/account.ts';
import { DOMAINS } from '../../infra/dev/stack.ts';
import { GONE, newName, openPeople, PUT_AWAY, truthOf, USABLE, type People } from '../support/accounts.ts';
import { connectionsThrough, createFaults, MOMENTS, type Faults, type Moment } from '../support/faults.ts';
import { stateFolder } from '../support/our-stack.ts';
import { engineConfiguration, replaceByEngines } from '../support/own-engine.ts';

const [CORP] = DOMAINS;
const PATIENCE_MS = 300_000;

/** One after the other, most of a life is the wait before a step is tried again. Each lane has an engine of its own. */
const LANES = 4;
const lanes = Array.from({ length: LANES }, (_, number) => ({ number, faults: createFaults() }));
type Lane = (typeof lanes)[number];

/** The lane is in the account's name, which is in the input of each of its steps. */
const nameIn = ({ number }: Lane): string => newName().replace('svc-', `svc-l${number}-`);
const laneOf = (input: object): number => Number(/svc-l(\d)-/.exec(JSON.stringify(input))?.[1] ?? 0);

let people: People;
/** Those whose retirements can be undone. */
let careful: People;
let restore: () => Promise<void>;

beforeAll(async () => {
  people = await openPeople(stateFolder);
  const terms = { gracePeriod: 'P30D', retirementOu: `retired-${Date.now()}` };
  careful = await openPeople(stateFolder, undefined, terms);
  const configuration = await engineConfiguration(stateFolder, CORP);
  const connections = lanes.map(({ faults }) => connectionsThrough(faults, configuration));
  restore = await replaceByEngines(stateFolder, configuration, connections, laneOf);
});

afterAll(async () => {
  await restore?.();
});

async function act(account: Account, action: 'retire' | 'restore', state: Account['state']): Promise<Account> {
  // The answer comes after the step, which may take longer than a caller waits.
  await people.client.act('owner', account, action).catch(() => undefined);
  return people.client.until(account, `is ${state}`, (now) => now.state === state && !now.blocked, PATIENCE_MS);
}

const retire = (account: Account): Promise<Account> => act(account, 'retire', 'retired');
const putAway = (account: Account): Promise<Account> => act(account, 'retire', 'quarantined');

/** What is cut: `work`, on an account of that name, or on the one that `prepare` has made of it. */
interface Campaign {
  readonly prepare?: (name: string) => Promise<Account>;
  readonly work: (name: string, prepared: Account | undefined) => Promise<Account>;
  readonly truth: object;
}

interface Row {
  readonly index: number;
  readonly call: string;
  readonly moment: Moment;
  readonly outcome: string;
}

/**
 * Cuts every call of an undisturbed `work` in turn, and prints and answers what came of each cut. What an engine remembers
 * ages meanwhile, so the last calls may not come about again: where nothing was cut, nothing is counted.
 */
async function campaign({ prepare, work, truth }: Campaign): Promise<Row[]> {
  const live = async (lane: Lane, cut?: Parameters<Faults['begin']>[0]): Promise<Account> => {
    const name = nameIn(lane);
    const prepared = await prepare?.(name);
    lane.faults.begin(cut);
    return work(name, prepared);
  };
  const undisturbed = async (lane: Lane): Promise<readonly string[]> => {
    await live(lane);
    // The second run is the measure: the first one logs on and looks at the vault's mount, which is then remembered.
    await live(lane);
    return lane.faults.calls;
  };
  const measured = await Promise.all(lanes.map(undisturbed));
  const longest = Math.max(...measured.map(({ length }) => length));
  const cuts = Array.from({ length: longest }, (_, index) => MOMENTS.map((moment) => ({ index, moment }))).flat();
  const rows: Row[] = [];
  const cutInTurn = async (lane: Lane): Promise<void> => {
    for (let cut = cuts.shift(); cut; cut = cuts.shift()) {
      const account = await live(lane, cut);
      const wasCut = lane.faults.wasCut();
      const call = lane.faults.calls[cut.index] ?? 'none';
      lane.faults.begin();
      const outcome = outcomeOf(await truthOf(stateFolder, account), truth);
      if (wasCut || outcome !== '✓') rows.push({ ...cut, call, outcome });
    }
  };
  await Promise.all(lanes.map(cutInTurn));
  rows.sort((one, other) => one.index - other.index);
  console.table(rows.map(({ index, call, moment, outcome }) => ({ call: `${index + 1} ${call}`, moment, outcome })));
  return rows;
}

function outcomeOf(seen: object, truth: object): string {
  return JSON.stringify(seen) === JSON.stringify({ ...seen, ...truth }) ? '✓' : JSON.stringify(seen);
}

describe('provisioning', () => {
  it('comes to one usable account wherever it is cut', { timeout: 900_000 }, async () => {
    const rows = await campaign({ work: (name) => people.provide(CORP, name), truth: USABLE });
    expect(rows.length).toBeGreaterThanOrEqual(40);
    expect(rows.filter(({ outcome }) => outcome !== '✓')).toEqual([]);
  });
});

describe('retirement', () => {
  it('leaves nothing wherever it is cut', { timeout: 900_000 }, async () => {
    const rows = await campaign({
      prepare: (name) => people.provide(CORP, name),
      work: (_name, account) => retire(account!),
      truth: GONE,
    });
    expect(rows.length).toBeGreaterThanOrEqual(20);
    expect(rows.filter(({ outcome }) => outcome !== '✓')).toEqual([]);
  });
});

describe('a retirement that can be undone', () => {
  it('puts the account away wherever it is cut', { timeout: 900_000 }, async () => {
    const rows = await campaign({
      prepare: (name) => careful.provide(CORP, name),
      work: (_name, account) => putAway(account!),
      truth: PUT_AWAY,
    });
    expect(rows.length).toBeGreaterThanOrEqual(40);
    expect(rows.filter(({ outcome }) => outcome !== '✓')).toEqual([]);
  });

  it('brings it back wherever its undo is cut', { timeout: 900_000 }, async () => {
    const rows = await campaign({
      prepare: async (name) => putAway(await careful.provide(CORP, name)),
      work: (_name, account) => act(account!, 'restore', 'active'),
      truth: USABLE,
    });
    expect(rows.length).toBeGreaterThanOrEqual(40);
    expect(rows.filter(({ outcome }) => outcome !== '✓')).toEqual([]);
  });
});
