/**
 * The limit for everything that Temporal costs: a workflow with as many updates and activities as `accountLifecycle` has
 * on its way to an active account, in the same order and at once where those are at once, and nothing in any of them.
 */
import {
  condition,
  defineUpdate,
  proxyActivities,
  proxySinks,
  setHandler,
  sleep,
  type Sinks,
} from '@temporalio/workflow';

export interface BareActivities {
  nothing(): Promise<void>;
  /** The last one of a workflow. */
  finish(): Promise<void>;
}

/** What workflows without an activity tell their worker. */
export interface BareSinks extends Sinks {
  readonly bench: { finished(): void };
}

export const BARE_ENGINE_QUEUE = 'bare-engine';

export const submitBare = defineUpdate<void>('submit');
export const approveBare = defineUpdate<void>('approve');

const control = proxyActivities<BareActivities>({ startToCloseTimeout: '10 seconds' });
const engine = proxyActivities<BareActivities>({ taskQueue: BARE_ENGINE_QUEUE, startToCloseTimeout: '30 seconds' });

export async function bareLifecycle(): Promise<void> {
  let approved = false;
  setHandler(submitBare, async () => {
    // The name is reserved, then the request is put on record.
    await control.nothing();
    await control.nothing();
  });
  setHandler(approveBare, async () => {
    approved = true;
    // The vote and what follows from it are put on record; nobody but who asked waits for that.
    await control.nothing();
  });
  await condition(() => approved);
  // Staged, established, promoted.
  for (let step = 0; step < 3; step += 1) await engine.nothing();
  await control.finish();
  await sleep('30 days');
}

/** The limit for everything that becomes due at one instant (`atMs`, since the epoch): a timer fires, and that is all. */
export async function bareTimer(atMs: number): Promise<void> {
  await sleep(Math.max(atMs - Date.now(), 1));
  proxySinks<BareSinks>().bench.finished();
}
