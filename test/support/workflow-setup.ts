/** Once for all workflow tests: the test server is there and the workflows are bundled. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';
import type { TestProject } from 'vitest/node';
import { ensureTestServer } from '../../infra/dev/test-server.ts';
import { quietLogger } from './quiet-runtime.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The file that has the bundled workflows. */
    workflowBundle: string;
    /** The program that runs the time-skipping server. */
    testServer: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'alm-workflow-bundle-'));
  const [workflowBundle, testServer] = await Promise.all([bundleInto(folder), ensureTestServer()]);
  project.provide('workflowBundle', workflowBundle);
  project.provide('testServer', testServer);
  return () => rm(folder, { recursive: true, force: true });
}

/** Bundles the workflows as a control plane does, but for the short stack traces; answers the file's path. */
export async function bundleInto(folder: string): Promise<string> {
  const workflowsPath = fileURLToPath(new URL('../../workflows/index.ts', import.meta.url));
  const { code } = await bundleWorkflowCode({ workflowsPath, preloadModules: [workflowsPath], logger: quietLogger });
  const path = join(folder, 'workflows.js');
  await writeFile(path, code);
  return path;
}
