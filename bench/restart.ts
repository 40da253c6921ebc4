/**
 * A control plane that is restarted while accounts sleep: from the start of the process until it has served the first
 * account, whose retirement is asked for, recorded and answered (no engine need be there for that). Many and few sleeping
 * accounts take turns.
 */
import type { Account } from '../contracts/account.ts';
import { percentile, type Measure } from './measure.ts';
import { openSleepers, stopLaunched, type Population, type Sleepers } from './sleeping-accounts.ts';

/** How many accounts sleep, and how often both control planes are restarted in turn: fewer times than accounts. */
export interface RestartSize {
  readonly few: number;
  readonly many: number;
  readonly rounds: number;
}

const DEFAULT_SIZE: RestartSize = { few: 10, many: 1_000, rounds: 5 };

/** On the servers of the stack of `stateFolder`. `say` is told what goes on, a line at a time. */
export async function restart(
  stateFolder: string,
  say: (text: string) => void,
  size: RestartSize = DEFAULT_SIZE,
): Promise<Measure[]> {
  const sleepers = await openSleepers(stateFolder);
  try {
    say(`putting ${size.few} and ${size.many} accounts to sleep`);
    const few = await fallAsleep(stateFolder, sleepers, size.few);
    const many = await fallAsleep(stateFolder, sleepers, size.many);
    const [withFew, withMany]: [number[], number[]] = [[], []];
    for (let round = 0; round < size.rounds; round += 1) {
      say(`restart of a control plane, ${round + 1} of ${size.rounds}`);
      withFew.push(await restartMs(stateFolder, few, round));
      withMany.push(await restartMs(stateFolder, many, round));
    }
    return [compare(size, withMany, withFew)];
  } finally {
    await sleepers.close();
  }
}

async function fallAsleep(stateFolder: string, sleepers: Sleepers, count: number): Promise<Population> {
  const population = await sleepers.populate(count);
  const controlPlane = await population.startControlPlane();
  try {
    await population.visitAll();
  } finally {
    await stopLaunched(stateFolder, controlPlane);
  }
  return population;
}

/** In milliseconds. Nobody serves when it begins: what is asked waits for the control plane, as a person would. */
async function restartMs(stateFolder: string, population: Population, round: number): Promise<number> {
  const { gateway, domain, accountIds } = population;
  const message = { actor: 'bench', operationId: `round-${round}` };
  const retire = (): Promise<Account> => gateway.act(domain, accountIds[round]!, 'retire', message);
  const start = performance.now();
  const controlPlane = await population.startControlPlane();
  try {
    // The gateway stops waiting sooner than a slow machine starts a program; asking again is the same request.
    await retire().catch(retire);
    return performance.now() - start;
  } finally {
    await stopLaunched(stateFolder, controlPlane);
  }
}

function compare(size: RestartSize, withMany: readonly number[], withFew: readonly number[]): Measure {
  const [many, few] = [percentile(withMany, 0.5), percentile(withFew, 0.5)];
  return {
    name: `control plane restart until the first account is served, ${size.many} asleep against ${size.few}`,
    ratio: many / few,
    target: { atMost: 1.2 },
    evidence: {
      [`${size.many} asleep ms`]: withMany.map(Math.round).join('/'),
      [`${size.few} asleep ms`]: withFew.map(Math.round).join('/'),
    },
  };
}
