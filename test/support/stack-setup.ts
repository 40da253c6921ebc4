/**
 * Stacks for all tests that need servers: one for each worker of vitest. ALM_TEST_STACK names the state folder of a running
 * one to use instead, with `--maxWorkers 1`.
 */
import type { TestProject } from 'vitest/node';
import { callerAs } from '../../infra/dev/demo/api.ts';
import { startStack, stopStack } from '../../infra/dev/stack.ts';
import type { Stack } from '../../infra/dev/state.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The stacks' state folders, by worker. */
    stateFolders: string[];
  }
}

export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const kept = process.env['ALM_TEST_STACK'];
  if (kept) {
    project.provide('stateFolders', [kept]);
    return undefined;
  }
  const stateFolders: string[] = [];
  const stop = async () => {
    for (const stateFolder of stateFolders) await stopStack(stateFolder);
  };
  try {
    for (let worker = 1; worker <= project.config.maxWorkers; worker += 1) {
      const { stateFolder, stack } = await startStack({ say: (text) => console.log(`stack ${worker}: ${text}`) });
      stateFolders.push(stateFolder);
      await loosenBrakes(stack);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  project.provide('stateFolders', stateFolders);
  return stop;
}

/** All files together destroy more within an hour than the brake of one domain lets through. */
async function loosenBrakes(stack: Stack): Promise<void> {
  const administrator = callerAs(stack, 'administrator');
  for (const { fqdn } of stack.domains) {
    const path = `/domains/${fqdn}`;
    const { version } = await administrator.ask<{ version: number }>('GET', path);
    await administrator.ask('PUT', path, { brakePerHour: 100_000 }, { version });
  }
}
