/**
 * What an account costs while it sleeps: bytes of Temporal's database, bytes of Postgres's, resident memory of the control
 * plane. One population grows in steps; a cost is the slope over all steps, so that what is there anyway does not count.
 */
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { readStack, type Stack } from '../infra/dev/state.ts';
import { inParallel, slope, type Measure } from './measure.ts';
import { resident } from './memory.ts';
import { openProduct } from './product.ts';
import { openSleepers, stopLaunched } from './sleeping-accounts.ts';

/** How many accounts sleep at each look, and how many are provisioned to see what a new one has left behind. */
export interface SleepingSize {
  readonly steps: readonly number[];
  readonly provisioned: number;
}

const DEFAULT_SIZE: SleepingSize = { steps: [100, 2_500, 5_000], provisioned: 100 };
const SUBMITTED_AT_ONCE = 10;
/** In that time V8 has found the process idle, most often, and given back what a burst of work had left: twice as much. */
const REST_MS = 90_000;
const LOOK_EVERY_MS = 1_000;
/** Temporal removes the tasks of what is done a little later. */
const SETTLE_MS = 10_000;

type Say = (text: string) => void;

/** In bytes. */
interface Stores {
  readonly temporal: number;
  readonly postgres: number;
}

interface Look extends Stores {
  readonly accounts: number;
  /** Resident memory of the control plane at rest, in bytes. */
  readonly memory: number;
}

/** On the running stack of `stateFolder`. `say` is told what goes on, a line at a time. */
export async function sleepingCost(
  stateFolder: string,
  say: Say,
  { steps, provisioned }: SleepingSize = DEFAULT_SIZE,
): Promise<Measure[]> {
  const stack = await readStack(stateFolder);
  const born = await costOfBirth(stack, say, provisioned);
  const looks = await growInSteps(stateFolder, stack, say, steps);
  const each = (what: keyof Look): number =>
    slope(
      looks.map(({ accounts }) => accounts),
      looks.map((look) => look[what]),
    ) / 1024;
  return [
    {
      name: `a sleeping account, slope from ${steps[0]} to ${steps.at(-1)} of them`,
      evidence: {
        'Temporal KB': each('temporal'),
        'Postgres KB': each('postgres'),
        'memory of the control plane KB': each('memory'),
        [`memory at ${steps.join('/')} MB`]: looks.map(({ memory }) => (memory / 2 ** 20).toFixed(0)).join('/'),
      },
    },
    {
      name: `an account that was just provisioned, mean of ${provisioned}`,
      evidence: { 'Temporal KB': born.temporal / 1024, 'Postgres KB': born.postgres / 1024 },
    },
  ];
}

async function growInSteps(stateFolder: string, stack: Stack, say: Say, steps: readonly number[]): Promise<Look[]> {
  const sleepers = await openSleepers(stateFolder);
  try {
    const population = await sleepers.populate(0);
    const controlPlane = await population.startControlPlane();
    try {
      const looks: Look[] = [];
      for (const accounts of steps) {
        await population.grow(accounts - population.accountIds.length, say);
        const residentMb = await lowestResident(controlPlane.pid);
        const look = { accounts, memory: residentMb * 2 ** 20, ...(await sizes(stack, sleepers.databaseUrl)) };
        looks.push(look);
        say(`${accounts} asleep: ${inMb(look)}, control plane ${residentMb.toFixed(0)} MB`);
      }
      return looks;
    } finally {
      await stopLaunched(stateFolder, controlPlane);
    }
  } finally {
    await sleepers.close();
  }
}

/** In MB. */
async function lowestResident(pid: number): Promise<number> {
  const until = performance.now() + REST_MS;
  let lowest = Infinity;
  while (performance.now() < until) {
    await sleep(LOOK_EVERY_MS);
    lowest = Math.min(lowest, await resident(pid));
  }
  return lowest;
}

/** What an account has left behind when the whole product has just made it: its request and its steps are in its history. */
async function costOfBirth(stack: Stack, say: Say, count: number): Promise<Stores> {
  const product = await openProduct(stack);
  try {
    const before = await settledSizes(stack);
    await inParallel(count, SUBMITTED_AT_ONCE, async () => product.approve(await product.submit()));
    await product.allActive();
    const after = await settledSizes(stack);
    say(`${count} accounts provisioned: ${inMb(before)} before, ${inMb(after)} now`);
    return {
      temporal: (after.temporal - before.temporal) / count,
      postgres: (after.postgres - before.postgres) / count,
    };
  } finally {
    await product.close();
  }
}

async function settledSizes(stack: Stack): Promise<Stores> {
  await sleep(SETTLE_MS);
  return sizes(stack, stack.postgres!.url);
}

async function sizes(stack: Stack, databaseUrl: string): Promise<Stores> {
  return { temporal: temporalBytes(stack.temporal!.databaseFile!), postgres: await postgresBytes(databaseUrl) };
}

/** Of the pages in use, those in the write-ahead log too: the file itself grows in jumps of some megabytes. */
function temporalBytes(file: string): number {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const pragma = (name: string): number => Number(Object.values(database.prepare(`pragma ${name}`).get()!)[0]);
    return (pragma('page_count') - pragma('freelist_count')) * pragma('page_size');
  } finally {
    database.close();
  }
}

/** Tables and indexes. What updates have left behind is made free first, as a server does by itself. */
async function postgresBytes(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query('vacuum');
    const { rows } = await client.query<{ bytes: string }>('select pg_database_size(current_database()) as bytes');
    return Number(rows[0]!.bytes);
  } finally {
    await client.end();
  }
}

function inMb({ temporal, postgres }: Stores): string {
  const mb = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);
  return `Temporal ${mb(temporal)} MB, Postgres ${mb(postgres)} MB`;
}
