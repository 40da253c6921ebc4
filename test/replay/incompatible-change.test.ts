/** Proves that the replay test can fail: a workflow that does the same in another order goes red, behind `patched` it does not. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { bundleChanged, PATCHED_DELETION, REORDERED_DELETION, type Edit } from '../support/changed-workflows.ts';
import { installQuietRuntime } from '../support/quiet-runtime.ts';

installQuietRuntime();

const HISTORY = join(import.meta.dirname, 'histories/0.1.0/deleted-at-the-end-1.json');
const folders: string[] = [];
let recorded: { workflowId: string; history: unknown };

beforeAll(async () => {
  recorded = JSON.parse(await readFile(HISTORY, 'utf8'));
});
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

async function changed(edits: readonly Edit[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'alm-changed-'));
  folders.push(folder);
  return bundleChanged(folder, edits);
}

const replay = (codePath: string): Promise<void> =>
  Worker.runReplayHistory({ workflowBundle: { codePath } }, recorded.history, recorded.workflowId);

test('a history of the present order does not replay in another order', async () => {
  await expect(replay(inject('workflowBundle'))).resolves.toBeUndefined();
  const broken = replay(await changed(REORDERED_DELETION));
  await expect(broken).rejects.toThrow(DeterminismViolationError);
  await expect(broken).rejects.toThrow(/revokeCredential/);
});

test('the same change behind a patch does', async () => {
  await expect(replay(await changed(PATCHED_DELETION))).resolves.toBeUndefined();
});
