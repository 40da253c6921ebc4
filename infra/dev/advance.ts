/** `npm run stack -- advance`: moves on the clock of a stack whose time can be skipped, and of the programs with it. */
import { shift, type CalendarDuration } from '../../contracts/deadlines.ts';
import { openServerClock, type Watcher } from './skipping-server.ts';
import { readStack, writePrivately } from './state.ts';

/** As long as a period may last, from 1970. */
const LATEST = new Date('2070-01-01T00:00:00Z');

/**
 * Skips `duration` (counted in UTC, as periods are) and answers what time it is then; `complain` is told when time stands
 * still for long. Throws for a stack that keeps real time, and for more than 100 years: the server has no such timers.
 */
export async function advance(
  stateFolder: string,
  duration: CalendarDuration,
  complain: (text: string) => void,
): Promise<Date> {
  if (shift(new Date(0), duration) > LATEST) throw new Error('At most 100 years are skipped at once.');
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
