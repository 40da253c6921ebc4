/** What time it is, as the programs take it: the machine's, or the one of a demonstration whose time can be skipped. */
import { readFileSync } from 'node:fs';

export interface ClockSettings {
  /** Names a file with the milliseconds by which time was skipped; `undefined` outside of play. */
  readonly playClockFile: string | undefined;
  readonly allowShortIntervals: boolean;
}

/**
 * The clock of a program. With a play clock it is the machine's plus what the file says at that moment, so that it
 * follows `npm run stack -- advance` (docs/decisions/0017-play-time.md). Throws when a play clock is given to a program
 * that is not set up for demonstrations, and the clock throws when its file cannot be read.
 */
export function createClock({ playClockFile, allowShortIntervals }: ClockSettings): () => Date {
  if (playClockFile === undefined) return () => new Date();
  if (!allowShortIntervals) {
    throw new Error('ALM_PLAY_CLOCK_FILE is for demonstrations only: it needs ALM_ALLOW_SHORT_INTERVALS=true');
  }
  return () => new Date(Date.now() + skippedMs(playClockFile));
}

function skippedMs(file: string): number {
  const skipped = Number(readFileSync(file, 'utf8').trim() || NaN);
  if (!Number.isSafeInteger(skipped)) throw new Error('the file of ALM_PLAY_CLOCK_FILE does not hold milliseconds');
  return skipped;
}
