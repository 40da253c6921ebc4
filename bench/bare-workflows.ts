/** The bare limit: a workflow that makes as many no-op activities and updates as an account, and decides nothing. */
import { condition, defineUpdate, proxyActivities, setHandler, sleep } from '@temporalio/workflow';

export interface BareShape {
  readonly engineQueue: string;
  /** Updates until the work may go on, beside the one it starts with. */
  readonly updates: number;
  /** The queue of each activity, in order: `c` the control plane's, `e` the engine's. */
  readonly activities: { readonly atStart: string; readonly perUpdate: string; readonly afterLast: string };
}

export interface NoOp {
  noOp(id: string): Promise<void>;
  done(id: string): Promise<void>;
}

export const start = defineUpdate<number>('start');
export const step = defineUpdate<number>('step');

export async function bareLifecycle(id: string, shape: BareShape): Promise<void> {
  const control = proxyActivities<NoOp>({ startToCloseTimeout: '10s' });
  const engine = proxyActivities<NoOp>({ startToCloseTimeout: '30s', taskQueue: shape.engineQueue });
  const run = async (queues: string): Promise<void> => {
    for (const queue of queues) await (queue === 'e' ? engine : control).noOp(id);
  };
  let started = false;
  let received = 0;
  let handled = 0;
  setHandler(start, async () => {
    await condition(() => started);
    return 0;
  });
  setHandler(step, async () => {
    const mine = ++received;
    await condition(() => handled >= mine);
    return mine;
  });

  await run(shape.activities.atStart);
  started = true;
  for (let update = 1; update <= shape.updates; update++) {
    await condition(() => received >= update);
    await run(shape.activities.perUpdate);
    handled = update;
  }
  await run(shape.activities.afterLast);
  await control.done(id);
  await sleep('30 days');
}
