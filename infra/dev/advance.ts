/** `npm run stack -- advance`: moves on the clock of a stack whose time can be skipped, and of the programs with it. */
import { shift, type CalendarDuration } from '../../contracts/deadlines.ts';
import { openServerClock, type Watcher } from './skipping-server.ts';
import { readStack, writePrivately } from './state.ts';

/**
 * Skips `duration` (counted in UTC, as periods are) and answers what time it is then; `complain` is told when time stands
 * still for long. Throws for a stack that keeps real time.
 */
export async function advance(
  stateFolder: string,
  duration: CalendarDuration,
  complain: (text: string) => void,
): Promise<Date> {
  const { play, temporal } = await readStack(stateFolder);
  if (!play) {
    throw new Error(
      'This stack keeps real time, which nobody can skip. `npm run demo -- --play` starts one whose time can be.',
    );
  }
  const watcher: Watcher = {
    follow: (skippedMs) => writePrivately(play.clockFile, `${Math.round(skippedMs)}\n`),
    standsStill: (at) =>
      complain(`Time stands still at ${at.toISOString()}: a step waits for its engine. Still waiting for it.`),
  };
  const clock = await openServerClock(temporal!.address);
  try {
    await clock.skipTo(shift(await clock.now(), duration), watcher);
    return await clock.now();
  } finally {
    await clock.close();
  }
}
