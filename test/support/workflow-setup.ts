/** Once for all workflow tests: the test server is there and the workflows are bundled. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';
import type { TestProject } from 'vitest/node';
import { ensureTestServer } from '../../infra/dev/test-server.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The file that has the bundled workflows. */
    workflowBundle: string;
    /** The program that runs the time-skipping server. */
    testServer: string;
  }
}

export const WORKFLOWS_PATH = fileURLToPath(new URL('../../workflows/index.ts', import.meta.url));

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'alm-workflow-bundle-'));
  const bundle = join(folder, 'workflows.js');
  const [{ code }, testServer] = await Promise.all([
    bundleWorkflowCode({ workflowsPath: WORKFLOWS_PATH, logger: quiet }),
    ensureTestServer(),
  ]);
  await writeFile(bundle, code);
  project.provide('workflowBundle', bundle);
  project.provide('testServer', testServer);
  return () => rm(folder, { recursive: true, force: true });
}

const nothing = (): void => undefined;
const quiet = { log: nothing, trace: nothing, debug: nothing, info: nothing, warn: nothing, error: console.error };
