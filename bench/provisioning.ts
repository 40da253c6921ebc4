/**
 * Accounts provisioned a second, many requests approved at once, on the whole product and real servers. The limit is put
 * together from two bare halves: the same LDAP and vault calls by a script, and workflows that do nothing. A round measures
 * all three and is a comparison of its own; which of them comes first changes from round to round.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { openContest, type Contest } from './contest.ts';
import { inParallel, percentile, timed, type Measure } from './measure.ts';

/** How many are approved at once, and in how many rounds. */
export interface ProvisioningSize {
  readonly accounts: number;
  readonly rounds: number;
}

const DEFAULT_SIZE: ProvisioningSize = { accounts: 200, rounds: 3 };
const SUBMITTED_AT_ONCE = 10;
/** Of each, before anything counts: the stack was started a moment ago, and its compilers do not know the way yet. */
const WARM_UP = 60;
/** What one has left to do in the background must not be the next one's load. */
const PAUSE_MS = 3_000;

/** Accounts a second of one round. */
type Rates = Record<Kind, number>;
type Kind = keyof typeof KINDS;

const KINDS = { product: provisionAtOnce, a: makeAccounts, b: liveAtOnce };

/** On the running stack of `stateFolder`. `say` is told what goes on, a line at a time. */
export async function provisioning(
  stateFolder: string,
  say: (text: string) => void,
  { accounts, rounds }: ProvisioningSize = DEFAULT_SIZE,
): Promise<Measure[]> {
  const contest = await openContest(stateFolder);
  try {
    for (const run of Object.values(KINDS)) await run(contest, WARM_UP);
    const measured: Rates[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const rates: Partial<Rates> = {};
      for (const kind of rotated(Object.keys(KINDS) as Kind[], round)) {
        await sleep(PAUSE_MS);
        rates[kind] = await KINDS[kind](contest, accounts);
        say(`accounts a second, round ${round + 1} of ${rounds}, ${kind}: ${rates[kind].toFixed(2)}`);
      }
      measured.push(rates as Rates);
    }
    return [compare(accounts, measured, contest)];
  } finally {
    await contest.close();
  }
}

function rotated<T>(list: readonly T[], by: number): T[] {
  const start = by % list.length;
  return [...list.slice(start), ...list.slice(0, start)];
}

/** The median of the rounds' ratios: what else the machine did in one round spoils that round only. */
function compare(accounts: number, rounds: readonly Rates[], { script, lanes }: Contest): Measure {
  const ratios = rounds.map(({ product, a, b }) => product * (1 / a + 1 / b));
  const median = (of: Kind): number =>
    percentile(
      rounds.map((rates) => rates[of]),
      0.5,
    );
  return {
    name: `provisioning, ${accounts} requests approved at once, accounts per second`,
    ratio: percentile(ratios, 0.5),
    target: { atLeast: 0.85 },
    evidence: {
      'of each round': ratios.map((ratio) => ratio.toFixed(2)).join('/'),
      'product/s': median('product'),
      'a: the same calls by a script/s': median('a'),
      'b: bare workflows/s': median('b'),
      'calls an account': script.callsPerAccount,
      'steps at once': lanes,
    },
  };
}

/** From the first approval until the last account is active. */
async function provisionAtOnce({ product }: Contest, count: number): Promise<number> {
  const accounts = await submitted(count, () => product.submit());
  return perSecond(count, [...accounts.map((account) => () => product.approve(account)), () => product.allActive()]);
}

async function liveAtOnce({ lives }: Contest, count: number): Promise<number> {
  const ids = await submitted(count, () => lives.submit());
  return perSecond(
    count,
    ids.flatMap((id) => [() => lives.approve(id), () => lives.finished(id)]),
  );
}

async function makeAccounts({ script, lanes }: Contest, count: number): Promise<number> {
  return perSecond(count, [() => inParallel(count, lanes, () => script.makeAccount())]);
}

async function submitted<T>(count: number, submit: () => Promise<T>): Promise<T[]> {
  const all: T[] = [];
  await inParallel(count, SUBMITTED_AT_ONCE, async () => void all.push(await submit()));
  return all;
}

/** The rate at which `count` things are done that need all of `tasks`, begun at once. */
async function perSecond(count: number, tasks: readonly (() => Promise<unknown>)[]): Promise<number> {
  return (count * 1000) / (await timed(() => Promise.all(tasks.map((task) => task()))));
}
