/** Whether an engine can do its work: its directory account is right, and the vault lets it in. */
import type { Logger } from '../infra/runtime/logger.ts';
import type { ReadinessCheck } from '../infra/runtime/telemetry.ts';
import type { Engine } from './compose-engine.ts';
import { keptCheck } from './kept-check.ts';

const KEPT_MS = 15_000;

export function engineReadiness(
  engine: Pick<Engine, 'directory' | 'powerCheck' | 'vault'>,
  logger: Logger,
): Readonly<Record<string, ReadinessCheck>> {
  const logControllers = controllerLog(engine.directory, logger);
  return {
    directory: keptCheck(async () => {
      // One controller is enough to be ready, so nobody waits here for those that do not answer.
      void logControllers();
      const { outcome, findings } = await engine.powerCheck.ask();
      if (outcome !== 'ready') logger.warn({ outcome, findings }, "the engine's account in the domain is not right");
      return outcome === 'ready' ? 'ok' : findings.join(' ');
    }, KEPT_MS),
    vault: keptCheck(async () => {
      const probe = await engine.vault.probe();
      return probe.ready ? 'ok' : `${probe.code}: ${probe.message}`;
    }, KEPT_MS),
  };
}

/** Says which controllers answer, the first time and whenever that has changed. */
function controllerLog(directory: Engine['directory'], logger: Logger): () => Promise<void> {
  let told = '';
  return async () => {
    const states = await directory.probeControllers();
    const news = JSON.stringify(states);
    if (news === told) return;
    told = news;
    const answering = states.filter(({ problem }) => problem === null).map(({ url }) => url);
    const silent = states.filter(({ problem }) => problem !== null);
    if (silent.length === 0) logger.info({ answering }, 'all domain controllers answer');
    else logger.warn({ answering, silent }, 'some domain controllers do not answer');
  };
}
