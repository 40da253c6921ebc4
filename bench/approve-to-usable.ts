/** From the last approval to a usable account, one at a time on an idle system, against the bare calls one after another. */
import { openContest, type Contest } from './contest.ts';
import { percentile, timed, type Measure } from './measure.ts';

const ACCOUNTS = 40;
/** The stack was started a moment ago; how long its compilers take to know the way is not asked here. */
const WARM_UP = 15;

/** On the running stack of `stateFolder`. `say` is told what goes on, a line at a time. */
export async function approveToUsable(stateFolder: string, say: (text: string) => void): Promise<Measure[]> {
  const contest = await openContest(stateFolder);
  const times = { product: [] as number[], shown: [] as number[], calls: [] as number[], workflow: [] as number[] };
  try {
    for (let turn = 1 - WARM_UP; turn <= ACCOUNTS; turn += 1) {
      const [product, calls, workflow] = [await provide(contest), await callBare(contest), await liveBare(contest)];
      if (turn < 1) continue;
      times.product.push(product.usableMs);
      times.shown.push(product.shownMs);
      times.calls.push(calls);
      times.workflow.push(workflow);
      if (turn % 10 === 0)
        say(`approved and usable: ${turn} of ${ACCOUNTS}, the last after ${product.usableMs.toFixed(0)} ms`);
    }
  } finally {
    await contest.close();
  }
  const [product, calls] = [percentile(times.product, 0.5), percentile(times.calls, 0.5)];
  return [
    {
      name: 'approval to usable account, idle system',
      ratio: product / calls,
      target: { atMost: 3 },
      evidence: {
        'product p50 ms': product,
        'product p95 ms': percentile(times.product, 0.95),
        'bare calls p50 ms': calls,
        'until the API says active p50 ms': percentile(times.shown, 0.5),
        'for comparison: a bare workflow p50 ms': percentile(times.workflow, 0.5),
        accounts: ACCOUNTS,
      },
    },
  ];
}

/**
 * From sending the approval until the vault serves the password: then whoever waits for the account can log on. What the
 * API says comes from the projection, which is written after that.
 */
async function provide({ product, logOn }: Contest): Promise<{ usableMs: number; shownMs: number }> {
  const account = await product.submit();
  const begin = performance.now();
  const since = (): number => performance.now() - begin;
  const usable = product.password(account).then((password) => ({ password, usableMs: since() }));
  const [{ password, usableMs }] = await Promise.all([usable, product.approve(account)]);
  await product.active(account);
  const shownMs = since();
  await logOn(account.samAccountName, password);
  return { usableMs, shownMs };
}

async function callBare({ script }: Contest): Promise<number> {
  return timed(() => script.makeAccount());
}

async function liveBare({ lives }: Contest): Promise<number> {
  const id = await lives.submit();
  return timed(() => Promise.all([lives.approve(id), lives.finished(id)]));
}
