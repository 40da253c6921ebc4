/** Today's code accepts every history that was recorded. Needs no server. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Worker } from '@temporalio/worker';
import { expect, inject, test } from 'vitest';
import { installQuietRuntime } from '../support/quiet-runtime.ts';
import { STORIES } from './stories.ts';

installQuietRuntime();

const FOLDER = join(import.meta.dirname, 'histories');
const files = (await readdir(FOLDER, { recursive: true })).filter((name) => name.endsWith('.json')).sort();

test.each(files)('%s replays', async (file) => {
  const { workflowId, history } = JSON.parse(await readFile(join(FOLDER, file), 'utf8')) as {
    workflowId: string;
    history: unknown;
  };
  await Worker.runReplayHistory({ workflowBundle: { codePath: inject('workflowBundle') } }, history, workflowId);
});

test('every story has a history', () => {
  const recorded = new Set(files.map((file) => file.replace(/^.*\//, '').replace(/-\d+\.json$/, '')));
  expect([...recorded].sort()).toEqual(Object.keys(STORIES).sort());
});
