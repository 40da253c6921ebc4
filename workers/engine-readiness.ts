/** Whether an engine can do its work: its directory account is right, and the vault lets it in. */
import type { Logger } from '../infra/runtime/logger.ts';
import type { ReadinessCheck } from '../infra/runtime/telemetry.ts';
import type { Engine } from './compose-engine.ts';

/** Probes ask real servers: orchestrators that look every second must not become their load. */
const KEPT_MS = 15_000;

export function engineReadiness(engine: Engine, logger: Logger): Readonly<Record<string, ReadinessCheck>> {
  return {
    directory: kept(async () => {
      const { outcome, findings } = await engine.directory.selfCheck();
      if (outcome !== 'ready') logger.warn({ outcome, findings }, "the engine's account in the domain is not right");
      return outcome === 'ready' ? 'ok' : findings.join(' ');
    }),
    vault: kept(async () => {
      const probe = await engine.vault.probe();
      return probe.ready ? 'ok' : `${probe.code}: ${probe.message}`;
    }),
  };
}

/** A good answer is good for a while; a bad one is asked again at once. */
function kept(check: () => Promise<string>): ReadinessCheck {
  let okUntil = 0;
  let running: Promise<string> | undefined;
  return async () => {
    if (performance.now() < okUntil) return 'ok';
    running ??= check().finally(() => (running = undefined));
    const answer = await running;
    if (answer === 'ok') okUntil = performance.now() + KEPT_MS;
    return answer;
  };
}
