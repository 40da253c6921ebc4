/** Waits for something to become true. */
import { setTimeout as sleep } from 'node:timers/promises';

export interface Patience {
  readonly timeoutMs: number;
  readonly intervalMs?: number;
}

/**
 * Asks `probe` again and again until it answers something other than `undefined`, `false` or an error. Throws with
 * `what` and the last error when the time is up.
 */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | undefined | false>,
  { timeoutMs, intervalMs = 100 }: Patience,
): Promise<T> {
  const until = performance.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const answer = await probe();
      if (answer !== undefined && answer !== false) return answer;
    } catch (error) {
      last = error;
    }
    if (performance.now() >= until) {
      const why = last instanceof Error ? `: ${last.message}` : '';
      throw new Error(`${what}: not within ${Math.round(timeoutMs / 1000)} s${why}`);
    }
    await sleep(intervalMs);
  }
}
