/** Random lives of the workflow, against the model: one workflow at a time, so that each test file has a server of its own. */
import fc from 'fast-check';
import { afterAll, beforeAll, test } from 'vitest';
import { createHarness, type Harness } from '../support/lifecycle-harness.ts';
import { newModel } from './account-model.ts';
import { begin, HAPPENINGS, someLife } from './commands.ts';
import type { Regression } from './regressions.ts';
import { createWorkflowSubject } from './workflow-subject.ts';

/**
 * How long time is skipped at once while a step is tried again and again: the server loses an attempt now and then whose
 * task it hands out in the instant of a skip, and that one takes its ten seconds in real time.
 */
const LONGEST_RETRY_MS = 5 * 60_000;
const commands = fc.commands(HAPPENINGS, { maxCommands: 16, size: '+1' });

/** In real time: a life that hangs is to be told by its seed. */
const LONGEST_LIFE_MS = 60_000;

/**
 * Declares the tests of one file: the regressions, then so many lives of `seed`. The same ones every time, so that nobody's
 * change is red by a life that it has nothing to do with; other seeds find other lives.
 */
export function testLives(runs: number, seed: number, regressions: readonly Regression[]): void {
  let harness: Harness;
  beforeAll(async () => {
    harness = await createHarness();
  });
  afterAll(() => harness.close());

  const lives = fc.asyncProperty(someLife, commands, async ({ templates, beginning }, happenings) => {
    const { subject, startMs } = await createWorkflowSubject(harness, templates);
    const model = newModel(templates, startMs, LONGEST_RETRY_MS);
    await begin(model, subject, beginning);
    await fc.asyncModelRun(() => ({ model, real: subject }), happenings);
  });

  test.for(regressions)('seed $seed: $why', async ({ seed, path }) => {
    await fc.assert(lives, { seed, path, numRuns: 1, endOnFailure: true });
  });

  // A life that differs is not shrunk: that takes minutes, and its commands are few. Once more, because the time-skipping
  // server loses a task now and then on a busy machine; a life that really differs does so again.
  test(`${runs} lives of the workflow are as the model says`, { timeout: 300_000 }, async () => {
    await fc.assert(lives, { seed, numRuns: runs, endOnFailure: true, timeout: LONGEST_LIFE_MS });
  });
}
