/** An engine whose account may do more than its work must not run: whoever gets the engine would get the domain. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Engine } from './compose-engine.ts';

export interface PowerCheckIntervals {
  /** How long to wait while the domain does not answer. */
  readonly retryMs: number;
  /** How long a good answer counts: groups change. */
  readonly repeatMs: number;
}

const INTERVALS: PowerCheckIntervals = { retryMs: 5_000, repeatMs: 24 * 60 * 60_000 };

/**
 * Asks the directory what the engine's account may do: at once, again until the domain answers, and then once a day.
 * Resolves with the findings as soon as the account is refused; otherwise it waits on, without keeping the process up.
 */
export async function untilTooPowerful(
  directory: Pick<Engine['directory'], 'selfCheck'>,
  { retryMs, repeatMs }: PowerCheckIntervals = INTERVALS,
): Promise<readonly string[]> {
  for (;;) {
    // A domain that does not answer is told by the readiness; no step can be done there meanwhile.
    const answer = await directory.selfCheck().catch(() => undefined);
    if (answer?.outcome === 'refused') return answer.findings;
    await sleep(answer ? repeatMs : retryMs, undefined, { ref: false });
  }
}
