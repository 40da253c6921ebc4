/** One stack for all tests that need servers. ALM_TEST_STACK names the state folder of a running one to use instead. */
import type { TestProject } from 'vitest/node';
import { startStack, stopStack } from '../../infra/dev/stack.ts';

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
  const { stateFolder } = await startStack({ say: (text) => console.log(`stack: ${text}`) });
  project.provide('stateFolder', stateFolder);
  return async () => stopStack(stateFolder);
}
