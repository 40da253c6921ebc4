/** One stack for all tests that need servers. ALM_TEST_STACK names the state folder of a running one to use instead. */
import type { TestProject } from 'vitest/node';
import { callerAs } from '../../infra/dev/demo/api.ts';
import { startStack, stopStack } from '../../infra/dev/stack.ts';
import type { Stack } from '../../infra/dev/state.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The stack's state folder, with `stack.json` in it. */
    stateFolder: string;
  }
}

export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const kept = process.env['ALM_TEST_STACK'];
  if (kept) {
    project.provide('stateFolder', kept);
    return undefined;
  }
  const { stateFolder, stack } = await startStack({ say: (text) => console.log(`stack: ${text}`) });
  await loosenBrakes(stack);
  project.provide('stateFolder', stateFolder);
  return async () => stopStack(stateFolder);
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
