/** `npm run bench`: each figure a ratio against a bare limit that is measured in the same run. */
import { parseArgs } from 'node:util';
import { startStack, stopStack } from '../infra/dev/stack.ts';
import { accountsPage } from './accounts-page.ts';
import { formatMeasure, holds, machine } from './measure.ts';

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h', default: false } },
});

/** Runs every benchmark there is on servers of its own; answers the exit code: 1 when a figure misses its bound. */
async function main(): Promise<number> {
  const { stateFolder, stack } = await startStack({ say: console.error, serversOnly: true });
  try {
    const measures = await accountsPage(stack.postgres!.url);
    if (values.json) console.log(JSON.stringify({ machine: machine(), measures }, null, 2));
    else console.log([machine(), ...measures.map(formatMeasure)].join('\n'));
    return measures.every(holds) ? 0 : 1;
  } finally {
    await stopStack(stateFolder);
  }
}

if (values.help) console.log('usage: npm run bench [-- --json]');
else process.exitCode = await main();
