/**
 * Accounts provisioned a second, many requests approved at once, on the whole product and real servers. The limit is put
 * together from two bare halves: the same LDAP and vault calls by a script, and workflows that do nothing.
 */
import { openContest, type Contest } from './contest.ts';
import { inParallel, percentile, timed, type Measure } from './measure.ts';

/** How many are approved at once, and how often all three are measured in turn. */
export interface ProvisioningSize {
  readonly accounts: number;
  readonly rounds: number;
}

const DEFAULT_SIZE: ProvisioningSize = { accounts: 200, rounds: 1 };
const SUBMITTED_AT_ONCE = 10;
const WARM_UP = 10;

/** On the running stack of `stateFolder`. `say` is told what goes on, a line at a time. */
export async function provisioning(
  stateFolder: string,
  say: (text: string) => void,
  { accounts, rounds }: ProvisioningSize = DEFAULT_SIZE,
): Promise<Measure[]> {
  const contest = await openContest(stateFolder);
  const kinds = { product: provisionAtOnce, a: makeAccounts, b: liveAtOnce };
  const rates = { product: [] as number[], a: [] as number[], b: [] as number[] };
  try {
    for (const run of Object.values(kinds)) await run(contest, WARM_UP);
    for (let round = 1; round <= rounds; round += 1) {
      for (const kind of ['product', 'a', 'b'] as const) {
        const rate = await kinds[kind](contest, accounts);
        rates[kind].push(rate);
        say(`accounts a second, round ${round} of ${rounds}, ${kind}: ${rate.toFixed(2)}`);
      }
    }
  } finally {
    await contest.close();
  }
  const median = (list: readonly number[]): number => percentile(list, 0.5);
  const [product, a, b] = [median(rates.product), median(rates.a), median(rates.b)];
  const limit = 1 / (1 / a + 1 / b);
  return [
    {
      name: `provisioning, ${accounts} requests approved at once, accounts per second`,
      ratio: product / limit,
      target: { atLeast: 0.85 },
      evidence: {
        'product/s': product,
        'limit/s': limit,
        'a: the same calls by a script/s': a,
        'b: bare workflows/s': b,
        'calls an account': contest.script.callsPerAccount,
        'steps at once': contest.lanes,
      },
    },
  ];
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
