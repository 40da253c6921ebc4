/** What time it is, as the programs take it: the machine's, or the one of a demonstration whose time can be skipped. */
import { readFileSync } from 'node:fs';

/**
 * The clock of a program. With a play clock it is the machine's plus what the file says at that moment, so that it
 * follows `npm run stack -- advance` (docs/decisions/0017-play-time.md). The clock throws when the file cannot be read.
 * Only programs that are set up for demonstrations start with a play clock.
 */
export function createClock({ playClockFile }: { readonly playClockFile: string | undefined }): () => Date {
  if (playClockFile === undefined) return () => new Date();
  return () => new Date(Date.now() + skippedMs(playClockFile));
}

function skippedMs(file: string): number {
  const skipped = Number(readFileSync(file, 'utf8').trim() || NaN);
  if (!Number.isSafeInteger(skipped)) throw new Error('the file of ALM_PLAY_CLOCK_FILE does not hold milliseconds');
  return skipped;
}
