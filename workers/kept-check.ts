/** Probes ask real servers: orchestrators that look every second must not become their load. */
import type { ReadinessCheck } from '../infra/runtime/telemetry.ts';

/** A good answer is good for `keptMs`; a bad one is asked again at once. Callers at the same time share one question. */
export function keptCheck(check: () => Promise<string>, keptMs: number): ReadinessCheck {
  let okUntil = 0;
  let running: Promise<string> | undefined;
  return async () => {
    if (performance.now() < okUntil) return 'ok';
    running ??= check().finally(() => (running = undefined));
    const answer = await running;
    if (answer === 'ok') okUntil = performance.now() + keptMs;
    return answer;
  };
}
