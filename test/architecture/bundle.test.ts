/** What the workflow bundle holds: exactly the workflows that the contract names, and no zod. */
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { expect, it } from 'vitest';
import { WORKFLOW_NAMES } from '../../contracts/workflows.ts';
import * as workflows from '../../workflows/index.ts';

it('exports the workflows that the contract names', () => {
  expect(Object.keys(workflows).toSorted()).toEqual([...WORKFLOW_NAMES].toSorted());
});

it('has no zod: a schema tightened later would make old histories fail on replay', { timeout: 60_000 }, async () => {
  const workflowsPath = fileURLToPath(new URL('../../workflows/index.ts', import.meta.url));
  const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
  expect(code).toContain('accountLifecycle');
  expect(code).not.toMatch(/node_modules\/zod\/|ZodError/);
});
