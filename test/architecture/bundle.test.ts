/** What the workflow bundle has: exactly the workflows of the contract, and nothing that must not be replayed. */
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, type BundleOptions } from '@temporalio/worker';
import { beforeAll, expect, test } from 'vitest';
import { quietLogger } from '../support/quiet-runtime.ts';
import * as workflows from '../../workflows/index.ts';
import { WORKFLOW_NAMES } from '../../contracts/workflows.ts';

const modules: string[] = [];

beforeAll(async () => {
  await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('../../workflows/index.ts', import.meta.url)),
    logger: quietLogger,
    webpackConfigHook: (config) => ({ ...config, plugins: [...(config.plugins ?? []), listModules] }),
  });
}, 60_000);

type WebpackConfig = Parameters<NonNullable<BundleOptions['webpackConfigHook']>>[0];
const listModules: NonNullable<WebpackConfig['plugins']>[number] = {
  apply(compiler) {
    compiler.hooks.done.tap('list-modules', ({ compilation }) => {
      for (const { identifier } of [...compilation.modules].map((module) => ({ identifier: module.identifier() }))) {
        modules.push(identifier);
      }
    });
  },
};

test('the exports are the workflow names of the contract', () => {
  expect(Object.keys(workflows).sort()).toEqual([...WORKFLOW_NAMES].sort());
});

test('the bundle has our workflows in it', () => {
  expect(modules.some((name) => name.includes('/workflows/account-lifecycle/workflow.ts'))).toBe(true);
  expect(modules.some((name) => name.includes('/contracts/lifecycle.ts'))).toBe(true);
});

test.each(['/node_modules/zod/', '/activities/', '/db/', '/infra/', '/api/'])(
  'nothing of %s is in the bundle',
  (path) => {
    const project = fileURLToPath(new URL('../..', import.meta.url));
    const ours = modules.map((name) => name.replaceAll(project, '/'));
    expect(ours.filter((name) => name.includes(path) && !name.includes('/node_modules/@temporalio/'))).toEqual([]);
  },
);
