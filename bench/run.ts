/** `npm run bench`: ratios against bare limits that are measured in the same run, and what sleeping accounts cost. */
import { readArguments, refuseArguments } from '../infra/dev/arguments.ts';
import { startStack, stopStack, type RunningStack } from '../infra/dev/stack.ts';
import { accountsPage } from './accounts-page.ts';
import { approveToUsable } from './approve-to-usable.ts';
import { decide } from './decide.ts';
import { endsAtOnce } from './ends-at-once.ts';
import { lifecycle } from './lifecycle.ts';
import { formatMeasure, holds, machine, type Measure } from './measure.ts';
import { memory } from './memory.ts';
import { provisioning } from './provisioning.ts';
import { restart } from './restart.ts';
import { sleepingCost } from './sleeping-cost.ts';

type Say = (text: string) => void;

interface Benchmark {
  readonly about: string;
  readonly run: (running: RunningStack, say: Say) => Promise<Measure[]>;
}

/** In the order in which they run: first what asks for an idle system, last what leaves most behind. */
const BENCHMARKS: Readonly<Record<string, Benchmark>> = {
  'approve-to-usable': {
    about: 'from an approval to a usable account, one at a time, against the bare LDAP and vault calls',
    run: ({ stateFolder }, say) => approveToUsable(stateFolder, say),
  },
  lifecycle: {
    about: 'lives through to active with faked activities, against a bare workflow',
    run: ({ stack }, say) => lifecycle(stack.temporal!.address, say),
  },
  provisioning: {
    about: '200 requests approved at once, against the bare calls and bare workflows put together',
    run: ({ stateFolder }, say) => provisioning(stateFolder, say),
  },
  'accounts-page': {
    about: 'pages of 100,000 accounts, against a bare handler that runs the same SQL',
    run: ({ stack }) => accountsPage(stack.postgres!.url),
  },
  memory: {
    about: 'resident memory of an idle engine and of a control plane with sleeping accounts',
    run: ({ stateFolder }, say) => memory(stateFolder, say),
  },
  restart: {
    about: 'restart of a control plane until its first task is done, by the number of sleeping accounts',
    run: ({ stateFolder }, say) => restart(stateFolder, say),
  },
  decide: {
    about: 'a decision until its answer, with 5,000 requests open against 100',
    run: ({ stateFolder }, say) => decide(stateFolder, say),
  },
  'ends-at-once': {
    about: '2,000 accounts that end at the same second, against as many bare timers',
    run: ({ stateFolder }, say) => endsAtOnce(stateFolder, say),
  },
  'sleeping-cost': {
    about: 'bytes of Temporal and Postgres and memory for each sleeping account, up to 5,000: told, without a bound',
    run: ({ stateFolder }, say) => sleepingCost(stateFolder, say),
  },
};

const HELP = `usage: npm run bench [-- --only <measure> …] [--json]

Starts a whole stack of its own, measures, and stops it. Exit code 1: a figure misses its bound.

  --only <measure>   this measure only; may be given several times
  --json             the figures as one JSON document

measures:
${Object.entries(BENCHMARKS)
  .map(([name, { about }]) => `  ${name.padEnd(18)} ${about}`)
  .join('\n')}`;

/** Runs the named benchmarks; answers the exit code. */
async function main(names: readonly string[], asJson: boolean): Promise<number> {
  const begin = performance.now();
  const say: Say = (text) => console.error(`${((performance.now() - begin) / 1000).toFixed(0).padStart(4)} s  ${text}`);
  const running = await startStack({ say });
  try {
    const measures: Measure[] = [];
    for (const name of names) {
      say(name);
      const measured = await BENCHMARKS[name]!.run(running, say);
      for (const measure of measured) say(formatMeasure(measure));
      measures.push(...measured);
    }
    if (asJson) console.log(JSON.stringify({ machine: machine(), measures }, null, 2));
    else console.log([machine(), ...measures.map(formatMeasure)].join('\n'));
    return measures.every(holds) ? 0 : 1;
  } finally {
    await stopStack(running.stateFolder);
  }
}

const { values } = readArguments(HELP, {
  only: { type: 'string', multiple: true },
  json: { type: 'boolean', default: false },
});
const names = values.only ?? Object.keys(BENCHMARKS);
const unknown = names.filter((name) => !Object.hasOwn(BENCHMARKS, name));
if (unknown.length > 0) refuseArguments(`no measure is called ${unknown.join(', ')}`, HELP);
process.exitCode = await main(names, values.json);
