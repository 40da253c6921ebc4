/** Every single LDAP and vault call of a life, cut before, during and after: afterwards one account or none, and the truth. */
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Account } from '../../contracts/account.ts';
import { DOMAINS } from '../../infra/dev/stack.ts';
import { GONE, openPeople, PUT_AWAY, truthOf, USABLE, type People } from '../support/accounts.ts';
import { connectionsThrough, createFaults, MOMENTS, type Faults } from '../support/faults.ts';
import { engineConfiguration, replaceEngine } from '../support/own-engine.ts';

const [CORP] = DOMAINS;
const stateFolder = inject('stateFolder');
const PATIENCE_MS = 300_000;

let people: People;
/** Those whose retirements can be undone. */
let careful: People;
let faults: Faults;
let restore: () => Promise<void>;

beforeAll(async () => {
  people = await openPeople(stateFolder);
  const terms = { gracePeriod: 'P30D', retirementOu: `retired-${Date.now()}` };
  careful = await openPeople(stateFolder, undefined, terms);
  faults = createFaults();
  const configuration = await engineConfiguration(stateFolder, CORP);
  restore = await replaceEngine(stateFolder, configuration, connectionsThrough(faults, configuration));
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

/**
 * Cuts every call of an undisturbed `work` in turn, and prints and answers what came of each cut. What an engine remembers
 * ages meanwhile, so the last calls may not come about again: where nothing was cut, nothing is counted.
 */
async function campaign(
  prepare: () => Promise<Account | undefined>,
  work: (prepared?: Account) => Promise<Account>,
  truth: object,
) {
  // The second run is the measure: the first one logs on and looks at the vault's mount, which is then remembered.
  for (let run = 0; run < 2; run++) {
    const undisturbed = await prepare();
    faults.begin();
    await work(undisturbed);
  }
  const calls = [...faults.calls];
  const rows: { call: string; moment: string; outcome: string }[] = [];
  for (const [index, call] of calls.entries()) {
    for (const moment of MOMENTS) {
      const prepared = await prepare();
      faults.begin({ index, moment });
      const account = await work(prepared);
      const cut = faults.wasCut();
      faults.begin();
      const seen = await truthOf(stateFolder, account);
      const holds = Object.entries(truth).every(
        ([key, value]) => JSON.stringify(seen[key as keyof typeof seen]) === JSON.stringify(value),
      );
      const outcome = holds ? '✓' : JSON.stringify(seen);
      if (cut || !holds) rows.push({ call: `${index + 1} ${call}`, moment, outcome });
    }
  }
  console.table(rows);
  return rows;
}

describe('provisioning', () => {
  it('comes to one usable account wherever it is cut', { timeout: 900_000 }, async () => {
    const rows = await campaign(
      async () => undefined,
      () => people.provide(CORP),
      USABLE,
    );
    expect(rows.length).toBeGreaterThanOrEqual(40);
    expect(rows.filter(({ outcome }) => outcome !== '✓')).toEqual([]);
  });
});

describe('retirement', () => {
  it('leaves nothing wherever it is cut', { timeout: 900_000 }, async () => {
    const rows = await campaign(
      () => people.provide(CORP),
      (account) => retire(account!),
      GONE,
    );
    expect(rows.length).toBeGreaterThanOrEqual(20);
    expect(rows.filter(({ outcome }) => outcome !== '✓')).toEqual([]);
  });
});

describe('a retirement that can be undone', () => {
  it('puts the account away wherever it is cut', { timeout: 900_000 }, async () => {
    const rows = await campaign(
      () => careful.provide(CORP),
      (account) => putAway(account!),
      PUT_AWAY,
    );
    expect(rows.length).toBeGreaterThanOrEqual(40);
    expect(rows.filter(({ outcome }) => outcome !== '✓')).toEqual([]);
  });

  it('brings it back wherever its undo is cut', { timeout: 900_000 }, async () => {
    const rows = await campaign(
      async () => putAway(await careful.provide(CORP)),
      (account) => act(account!, 'restore', 'active'),
      USABLE,
    );
    expect(rows.length).toBeGreaterThanOrEqual(40);
    expect(rows.filter(({ outcome }) => outcome !== '✓')).toEqual([]);
  });
});
