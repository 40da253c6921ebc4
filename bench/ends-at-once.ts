/**
 * Accounts whose periods end at the same second, worked off until the projection has the last end, against as many bare
 * workflows whose timers fire at the same second. The accounts are of `expire` templates: there AD has ended them by
 * itself, and what is left to do is the control plane's alone. Ends that need an engine are as quick as that domain's
 * engines and controllers, which a timer is no limit for: they are told.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Account } from '../contracts/account.ts';
import { parseDuration, shift } from '../contracts/deadlines.ts';
import { eventually } from '../infra/dev/eventually.ts';
import { readStack, type Stack } from '../infra/dev/state.ts';
import { startTimers } from './lives.ts';
import { inParallel, type Measure } from './measure.ts';
import { openProduct } from './product.ts';
import { openSleepers, stopLaunched } from './sleeping-accounts.ts';

const ACCOUNTS = 2_000;
const AT_ONCE = 10;
/** All of them must be asleep by then; on two cores the accounts take 30 ms each, the timers 5. */
const LEAD_MS_EACH = { account: 50, timer: 15 };
/** Fewer than the brake of a domain lets through within an hour. */
const BY_ENGINE = 100;
const BY_ENGINE_LEAD_MS = 45_000;
const LOOK = { timeoutMs: 600_000, intervalMs: 250 };

type Say = (text: string) => void;

/** On the servers of the stack of `stateFolder`. `say` is told what goes on, a line at a time. */
export async function endsAtOnce(stateFolder: string, say: Say, accounts = ACCOUNTS): Promise<Measure[]> {
  const stack = await readStack(stateFolder);
  const bare = await timersPerSecond(stack.temporal!.address, say, accounts);
  const product = await endsPerSecond(stateFolder, say, accounts);
  const byEngine = await endsByEnginePerSecond(stack, say);
  return [
    {
      name: `${accounts} accounts that end at the same second, ends per second`,
      ratio: product / bare,
      target: { atLeast: 0.5 },
      evidence: { 'product/s': product, 'bare timers/s': bare },
    },
    {
      name: `${BY_ENGINE} accounts that end at the same second and are disabled in the directory by an engine`,
      evidence: { 'ends/s': byEngine },
    },
  ];
}

async function endsPerSecond(stateFolder: string, say: Say, accounts: number): Promise<number> {
  const sleepers = await openSleepers(stateFolder);
  const database = new pg.Client({ connectionString: sleepers.databaseUrl });
  try {
    await database.connect();
    const population = await sleepers.populate(0);
    const controlPlane = await population.startControlPlane();
    try {
      const atMs = dueTime(accounts * LEAD_MS_EACH.account);
      await population.grow(accounts, say, endingAt(atMs));
      await sleepUntil(atMs, 'the accounts are', say);
      const query = `select count(*)::int as ended from accounts where state = 'expired'`;
      const ended = async (): Promise<boolean> => (await database.query(query)).rows[0].ended === accounts;
      await eventually('all accounts have ended', ended, LOOK);
      return rateSince(atMs, accounts);
    } finally {
      await stopLaunched(stateFolder, controlPlane);
    }
  } finally {
    await database.end();
    await sleepers.close();
  }
}

/** In what an account that ends then is not as others: a year has passed, and its owners have been reminded. */
function endingAt(atMs: number): Partial<Account> {
  const endsAt = new Date(atMs);
  const back = (duration: string): string => shift(endsAt, parseDuration(duration)!, -1).toISOString();
  return { endOfLife: 'expire', startsAt: back('P1Y'), renewalOpensAt: back('P30D'), endsAt: endsAt.toISOString() };
}

/** Real accounts of the whole product, whose ends a migration moves to one second. */
async function endsByEnginePerSecond(stack: Stack, say: Say): Promise<number> {
  const product = await openProduct(stack);
  try {
    await inParallel(BY_ENGINE, AT_ONCE, async () => product.approve(await product.submit()));
    await product.allActive();
    const atMs = dueTime(BY_ENGINE_LEAD_MS);
    await product.moveEnds(new Date(atMs));
    await sleepUntil(atMs, `${BY_ENGINE} accounts to be disabled are`, say);
    await product.allExpired();
    return rateSince(atMs, BY_ENGINE);
  } finally {
    await product.close();
  }
}

async function timersPerSecond(address: string, say: Say, count: number): Promise<number> {
  const timers = await startTimers(address);
  try {
    const atMs = dueTime(count * LEAD_MS_EACH.timer);
    const ids: string[] = [];
    await inParallel(count, AT_ONCE, async () => void ids.push(await timers.set(atMs)));
    await sleepUntil(atMs, 'bare timers are', say);
    await Promise.all(ids.map((id) => timers.finished(id)));
    return rateSince(atMs, count);
  } finally {
    await timers.close();
  }
}

/** On a full second. */
function dueTime(leadMs: number): number {
  return Math.ceil((Date.now() + leadMs) / 1000) * 1000;
}

function rateSince(beginMs: number, count: number): number {
  return (count * 1000) / (Date.now() - beginMs);
}

async function sleepUntil(atMs: number, who: string, say: Say): Promise<void> {
  const ms = atMs - Date.now();
  if (ms <= 0) throw new Error(`${who} due before all of them sleep: this machine is too slow for that`);
  say(`${who} asleep; due in ${Math.round(ms / 1000)} s`);
  await sleep(ms);
}
