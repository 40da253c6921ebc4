/** Random lives by the pure rules, against the model. */
import fc from 'fast-check';
import { test } from 'vitest';
import { newModel } from './account-model.ts';
import { begin, HAPPENINGS, someLife } from './commands.ts';
import { createPureSubject } from './pure-subject.ts';
import { PURE_REGRESSIONS } from './regressions.ts';

const RUNS = 5_000;
/** The same lives every time, so that nobody's change is red by one that it has nothing to do with. */
const SEED = 20261126;
const starts = fc.date({ min: new Date('2027-01-01'), max: new Date('2032-12-31'), noInvalidDate: true });
const commands = fc.commands(HAPPENINGS, { maxCommands: 40, size: '+1' });

const lives = fc.asyncProperty(someLife, starts, commands, async ({ templates, beginning }, start, happenings) => {
  const subject = createPureSubject(templates, start.getTime());
  const model = newModel(templates, start.getTime(), Infinity);
  await begin(model, subject, beginning);
  await fc.asyncModelRun(() => ({ model, real: subject }), happenings);
});

test.for(PURE_REGRESSIONS)('seed $seed: $why', async ({ seed, path }) => {
  await fc.assert(lives, { seed, path, numRuns: 1, endOnFailure: true });
});

test(`${RUNS} lives by the pure rules are as the model says`, { timeout: 120_000 }, async () => {
  await fc.assert(lives, { seed: SEED, numRuns: RUNS });
});
