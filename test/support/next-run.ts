/** How a story comes to its next run, wherever its account is. */
import type { Story } from './lifecycle-harness.ts';

/** More events than a run keeps that finds a quiet moment. */
const MANY = 1_000;

/**
 * Tells the account something of no consequence, over and over, and leaves it alone then: its history begins anew. `quiet`
 * is how long it takes until nothing is under way.
 */
export async function beginNextRun(story: Story, quiet: '11 seconds' | '10 minutes' = '11 seconds'): Promise<void> {
  const run = await story.runId();
  for (let told = 0; told < MANY; told += 1) await story.approversChanged();
  await story.rests();
  await story.sleep(quiet);
  await story.laterRun(run);
}
