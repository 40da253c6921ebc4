/**
 * From a decision to its answer over HTTP, with many requests that wait for approval and with few. Each crowd has an API,
 * a control plane and a database of its own, and they take turns. The requests that are decided on were asked for through
 * the API and lie as long as all others; of a large crowd most are not in the control plane's memory.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { callerAs, type Account } from '../infra/dev/demo/api.ts';
import type { Stack, StackProcess, TokenName } from '../infra/dev/state.ts';
import { inParallel, percentile, timed, type Measure } from './measure.ts';
import { openRequest, sleepersTemplate } from './sleeper.ts';
import { openSleepers, stopLaunched } from './sleeping-accounts.ts';

/** How many requests are open in each crowd, and how many votes on each are timed. */
export interface DecideSize {
  readonly few: number;
  readonly many: number;
  readonly votes: number;
}

const DEFAULT_SIZE: DecideSize = { few: 100, many: 5_000, votes: 180 };
/** Votes that nobody times. */
const WARM_UP = 20;
const AT_ONCE = 10;
/** Requests lie for days: what a control plane is left with that has just taken in thousands is not a part of it. */
const REST_MS = 45_000;
/** Of three, who must all agree: the votes of two of them leave every request open. */
const VOTERS = ['approver1', 'approver2'] as const satisfies readonly TokenName[];
const QUORUM = 3;

type Say = (text: string) => void;

interface Crowd {
  /** Casts one more vote; every request that was voted on before is still open. */
  vote(): Promise<void>;
  close(): Promise<void>;
}

/** On the servers of the stack of `stateFolder`. `say` is told what goes on, a line at a time. */
export async function decide(stateFolder: string, say: Say, size: DecideSize = DEFAULT_SIZE): Promise<Measure[]> {
  const crowds: Crowd[] = [];
  try {
    for (const count of [size.many, size.few]) {
      say(`opening ${count} requests`);
      crowds.push(await openCrowd(stateFolder, say, count, size.votes + WARM_UP));
    }
    say('everything rests');
    await sleep(REST_MS);
    const times: number[][] = crowds.map(() => []);
    for (let vote = -WARM_UP; vote < size.votes; vote += 1) {
      for (const [index, crowd] of crowds.entries()) {
        const ms = await timed(() => crowd.vote());
        if (vote >= 0) times[index]!.push(ms);
      }
    }
    return [compare(size, times[0]!, times[1]!)];
  } finally {
    for (const crowd of crowds) await crowd.close();
  }
}

/** So many requests wait for approval; the first ones were asked for through the API, and are voted on. */
async function openCrowd(stateFolder: string, say: Say, count: number, votes: number): Promise<Crowd> {
  const sleepers = await openSleepers(stateFolder);
  const processes: StackProcess[] = [];
  const close = async (): Promise<void> => {
    for (const process of processes) await stopLaunched(stateFolder, process);
    await sleepers.close();
  };
  try {
    const population = await sleepers.populate(0);
    processes.push(await population.startControlPlane());
    const { process, api } = await population.startApi();
    processes.push(process);
    const asked = await submit({ api }, Math.min(count, votes));
    await population.grow(count - asked.length, say, openRequest(sleepersTemplate(QUORUM)));
    let cast = 0;
    const vote = async (): Promise<void> => {
      const voter = callerAs({ api }, VOTERS[Math.floor(cast / asked.length)]!);
      await voter.act(asked[cast % asked.length]!.id, 'decide', { decision: 'approve' });
      cast += 1;
    };
    return { vote, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function submit(stack: Pick<Stack, 'api'>, count: number): Promise<Account[]> {
  const templateId = await callerAs(stack, 'administrator').makeTemplate(sleepersTemplate(QUORUM));
  const requester = callerAs(stack, 'requester');
  const accounts: Account[] = [];
  await inParallel(count, AT_ONCE, async () => {
    const samAccountName = `svc-${randomUUID().slice(0, 13)}`;
    const request = { templateId, samAccountName, justification: 'A benchmark', owners: ['owner'] };
    accounts.push(await requester.submit(request));
  });
  return accounts;
}

function compare({ few, many }: DecideSize, withMany: readonly number[], withFew: readonly number[]): Measure {
  const [manyP95, fewP95] = [percentile(withMany, 0.95), percentile(withFew, 0.95)];
  return {
    name: `decision until its answer over HTTP, ${many} requests open against ${few}, p95`,
    ratio: manyP95 / fewP95,
    target: { atMost: 1.3 },
    evidence: {
      [`${many} open p95 ms`]: manyP95,
      [`${few} open p95 ms`]: fewP95,
      [`${many} open p50 ms`]: percentile(withMany, 0.5),
      [`${few} open p50 ms`]: percentile(withFew, 0.5),
      'decisions each': withMany.length,
    },
  };
}
