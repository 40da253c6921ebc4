/** An engine whose account may do more than its work must not run: whoever gets the engine would get the domain. */
import { setTimeout as sleep } from 'node:timers/promises';
import { failure } from '../failure.ts';
import type { Directory, DirectorySelfCheck } from './port.ts';

export interface PowerCheck {
  /** Asks the directory what the engine's account may do; one question for all who wait. Rejects as `selfCheck` does. */
  ask(): Promise<DirectorySelfCheck>;
  /**
   * The gate before every step: resolves when the newest answer says that the account is not too powerful, and asks when
   * there is none yet. Rejects as `selfCheck` does, with `DirectoryUnavailable` when `signal` aborts before the answer,
   * and with `EngineOffline` when the account is refused.
   */
  admit(signal: AbortSignal): Promise<void>;
  /**
   * Asks at once, again until the domain answers, and then once a day. Resolves with the findings as soon as the account
   * is refused, whoever asked; otherwise it waits on, without keeping the process up.
   */
  untilTooPowerful(): Promise<readonly string[]>;
}

export interface PowerCheckIntervals {
  /** How long to wait while the domain does not answer. */
  readonly retryMs: number;
  /** How long a good answer counts: groups change. */
  readonly repeatMs: number;
}

const INTERVALS: PowerCheckIntervals = { retryMs: 5_000, repeatMs: 24 * 60 * 60_000 };

export function createPowerCheck(
  directory: Pick<Directory, 'fqdn' | 'selfCheck'>,
  { retryMs, repeatMs }: PowerCheckIntervals = INTERVALS,
): PowerCheck {
  const tooPowerful = Promise.withResolvers<readonly string[]>();
  let newest: { readonly answer: DirectorySelfCheck; readonly until: number } | undefined;
  let asking: Promise<DirectorySelfCheck> | undefined;

  const consult = async (): Promise<DirectorySelfCheck> => {
    const answer = await directory.selfCheck();
    newest = { answer, until: performance.now() + repeatMs };
    if (answer.outcome === 'refused') tooPowerful.resolve(answer.findings);
    return answer;
  };
  const ask = (): Promise<DirectorySelfCheck> => (asking ??= consult().finally(() => (asking = undefined)));

  const watch = async (): Promise<void> => {
    for (;;) {
      // A domain that does not answer is told by the readiness, and no step is let through meanwhile.
      const answer = await ask().catch(() => undefined);
      if (answer?.outcome === 'refused') return;
      await sleep(answer ? repeatMs : retryMs, undefined, { ref: false });
    }
  };

  return {
    ask,
    async admit(signal) {
      const valid = newest && performance.now() < newest.until ? newest.answer : undefined;
      const { outcome, findings } = valid ?? (await unlessLate(ask(), signal, directory.fqdn));
      if (outcome !== 'refused') return;
      const message = `The engine of ${directory.fqdn} may not work with its account in the domain. ${findings.join(' ')}`;
      throw failure('EngineOffline', message);
    },
    untilTooPowerful() {
      void watch();
      return tooPowerful.promise;
    },
  };
}

async function unlessLate<T>(answer: Promise<T>, signal: AbortSignal, fqdn: string): Promise<T> {
  const late = Promise.withResolvers<never>();
  const giveUp = (): void =>
    late.reject(
      failure('DirectoryUnavailable', `No domain controller of ${fqdn} tells in time whether the engine may work.`),
    );
  if (signal.aborted) giveUp();
  signal.addEventListener('abort', giveUp);
  try {
    return await Promise.race([answer, late.promise]);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}
