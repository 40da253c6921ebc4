/** `npm run demo`: the main job before the reader's eyes, on real parts, through the public API. */
import { parseArgs } from 'node:util';
import { dropStack, keepStack, keptStack } from './cli.ts';
import { approval, engineAway, engineCrash, lifeAndEnd, powerCut } from './demo/chapters.ts';
import { createClient } from './demo/client.ts';
import { templateFor, type Claim, type Stage } from './demo/story.ts';
import { startStack } from './stack.ts';
import { readStack, type Stack } from './state.ts';

const HELP = `usage: npm run demo [-- --keep | --stop | --json]

  --keep   leave everything running, and say how to reach each part
  --stop   end what --keep left running
  --json   print the evidence as one JSON document (progress goes to standard error)`;

const { values } = parseArgs({
  options: {
    keep: { type: 'boolean', default: false },
    stop: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
const begin = performance.now();
const print = values.json ? console.error : console.log;
const say = (text: string): void => print(`${((performance.now() - begin) / 1000).toFixed(1).padStart(6)} s  ${text}`);

async function main(): Promise<number> {
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  if (values.stop) {
    await dropStack(await keptStack());
    console.log('stopped');
    return 0;
  }
  const { stateFolder, stack } = await startStack({ say });
  print(`state folder: ${stateFolder}`);
  const end = once(() => dropStack(stateFolder));
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void end().then(() => process.exit(130)));
  try {
    const claims = await tell(stateFolder, stack);
    report(claims);
    if (values.keep) await keep(stateFolder);
    return claims.every(({ holds }) => holds) ? 0 : 1;
  } finally {
    if (!values.keep) await end();
  }
}

async function tell(stateFolder: string, stack: Stack): Promise<Claim[]> {
  const claims: Claim[] = [];
  const client = await createClient(stateFolder);
  const [corp, branch] = stack.domains.map(templateFor);
  const stage: Stage = {
    stateFolder,
    client,
    say,
    claim(claim, holds, evidence) {
      claims.push({ claim, evidence, holds });
      say(`${holds ? '✓' : '✗'} ${claim} (${evidence})`);
    },
    templates: {
      yearly: await client.createTemplate(corp!('Payroll', 'disable', ['P1Y', 'P30D', 'P60D'])),
      branch: await client.createTemplate(branch!('Branch', 'disable', ['P1Y', 'P30D', 'P60D'])),
      shortDelete: await client.createTemplate(corp!('Short, then deleted', 'delete', ['PT20S', 'PT12S', 'PT15S'])),
      shortDisable: await client.createTemplate(corp!('Short, then disabled', 'disable', ['PT15S', 'PT5S', 'PT10S'])),
      sleeper: await client.createTemplate(corp!('Sleeper', 'delete', ['PT25S', 'PT5S', 'PT5S'])),
    },
  };
  for (const chapters of [[approval], [engineCrash, engineAway], [lifeAndEnd], [powerCut]]) {
    await Promise.all(
      chapters.map(async (chapter) =>
        chapter(stage).catch((error: unknown) =>
          stage.claim(
            `chapter ${chapter.name} comes to its end`,
            false,
            error instanceof Error ? error.message : String(error),
          ),
        ),
      ),
    );
  }
  return claims;
}

function report(claims: readonly Claim[]): void {
  const tookSeconds = Math.round((performance.now() - begin) / 1000);
  if (values.json) return console.log(JSON.stringify({ tookSeconds, claims }, null, 2));
  const width = Math.max(...claims.map(({ claim }) => claim.length));
  console.log(`\n${'claim'.padEnd(width)}     evidence`);
  for (const { claim, holds, evidence } of claims)
    console.log(`${claim.padEnd(width)}  ${holds ? '✓' : '✗'}  ${evidence}`);
  const failed = claims.filter(({ holds }) => !holds).length;
  console.log(`\n${claims.length - failed} of ${claims.length} claims hold, after ${tookSeconds} s`);
}

async function keep(stateFolder: string): Promise<void> {
  await keepStack(stateFolder);
  const stack = await readStack(stateFolder);
  print(`
left running:
  API           ${stack.api!.url}/api/v1 (reference: ${stack.api!.url}/api/v1/reference)
  Temporal UI   ${stack.temporal!.uiUrl}
  Vault         ${stack.vaults[0]!.address}
  Directories   ${stack.domains.map(({ ldapsUrls }) => ldapsUrls[0]).join(', ')}
  Tokens and passwords are in ${stateFolder}/stack.json
  npm run stack -- status          what runs
  npm run demo -- --stop           ends it`);
}

function once(task: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => (running ??= task());
}

process.exitCode = await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  if (error instanceof Error && error.cause instanceof Error) console.error(error.cause.message);
  return 1;
});
