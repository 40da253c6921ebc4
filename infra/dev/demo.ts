/** `npm run demo`: the main job on real parts, before the reader's eyes, with evidence at the end. */
import { readArguments, refuseArguments } from './arguments.ts';
import { dropStack, keepStack, keptStack, refuseSecondStack } from './kept.ts';
import { secrecyClaim } from './demo/secrecy.ts';
import { engineAwayChapter } from './demo/engine-away.ts';
import { engineKilledChapter } from './demo/engine-killed.ts';
import { lifeChapter } from './demo/life.ts';
import { playAll } from './demo/play.ts';
import { claimsTable, createReport, type Claim, type Report } from './demo/report.ts';
import { requestChapter } from './demo/request.ts';
import { openScene, type Chapter } from './demo/scene.ts';
import { startStack, stopStack } from './stack.ts';
import { readStack } from './state.ts';

const CHAPTERS: readonly Chapter[] = [requestChapter, engineAwayChapter, engineKilledChapter, lifeChapter];

const HELP = `usage: npm run demo [-- --keep | --stop | --json]

Starts two Samba AD domains, Temporal, Postgres, OpenBao, the API, the control plane and an engine for each domain, takes
service accounts through their lives on them, and ends with a table of claims and evidence. Exits with 1 when one fails.

  --keep   leave everything running afterwards, and say how to reach each part
  --stop   stop what --keep left, and remove its state
  --json   the evidence as one JSON document on standard output; progress goes to standard error.
           npm prints two lines of its own before it: \`npm run --silent demo -- --json\` leaves them out`;

interface Options {
  readonly keep: boolean;
  readonly json: boolean;
}

async function stop(): Promise<number> {
  const folder = await keptStack();
  await dropStack(folder);
  console.log(`stopped, and removed ${folder}`);
  return 0;
}

async function demonstrate({ keep, json }: Options): Promise<number> {
  const print = json ? console.error : console.log;
  if (keep) await refuseSecondStack();
  const report = createReport(print);
  const { stateFolder, stack } = await startStack({ say: report.say });
  stopWhenInterrupted(stateFolder);
  try {
    print(`state folder: ${stateFolder}`);
    const scene = await openScene(stateFolder, stack);
    const claims = await playAll(CHAPTERS, scene, report);
    claims.push(await secrecyClaim(scene, report));
    conclude(claims, report, { json, stateFolder });
    return claims.every(({ holds }) => holds) ? 0 : 1;
  } finally {
    if (keep) {
      await keepStack(stateFolder);
      print(await waysIn(stateFolder));
    } else {
      report.say('stopping everything');
      await stopStack(stateFolder);
      report.say('stopped; nothing is left running');
    }
  }
}

function conclude(
  claims: readonly Claim[],
  report: Report,
  { json, stateFolder }: { json: boolean; stateFolder: string },
): void {
  const failed = claims.filter(({ holds }) => !holds).length;
  const seconds = Math.round(report.elapsedSeconds());
  if (json) {
    console.log(JSON.stringify({ holds: failed === 0, seconds, stateFolder, claims }, null, 2));
    return;
  }
  const verdict =
    failed === 0 ? `all ${claims.length} claims hold` : `${failed} of ${claims.length} claims do NOT hold`;
  console.log(`\n${claimsTable(claims)}\n\n  ${verdict}, after ${seconds} s\n`);
}

/** Ctrl-C ends the stack too. It may arrive several times: npm and the terminal both send it. */
function stopWhenInterrupted(stateFolder: string): void {
  let stopping = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stopping) return;
      stopping = true;
      console.error('\ninterrupted: stopping everything');
      void stopStack(stateFolder).finally(() => process.exit(130));
    });
  }
}

async function waysIn(stateFolder: string): Promise<string> {
  const { api, temporal, domains, vaults } = await readStack(stateFolder);
  const controllers = domains.map(({ fqdn, ldapsUrls }) => `  ${fqdn.padEnd(20)} ${ldapsUrls[0]}`);
  return [
    'Everything runs on:',
    `  API                  ${api?.url}/api/v1/reference (tokens in stack.json)`,
    `  Temporal             ${temporal?.uiUrl} (payloads are encrypted)`,
    ...controllers,
    `  vault                ${vaults[0]?.address} (token in stack.json)`,
    '  Postgres             its URL is in stack.json',
    `state folder: ${stateFolder}`,
    'One process:  npm run stack -- kill engine --domain corp.example.test   (start, stop, status; --help)',
    'The end:      npm run demo -- --stop',
  ].join('\n');
}

const { values } = readArguments(HELP, {
  keep: { type: 'boolean', default: false },
  stop: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
});
if (values.stop && (values.keep || values.json)) refuseArguments('--stop stands alone', HELP);
(values.stop ? stop() : demonstrate(values)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    const reasons = [error, error instanceof Error ? error.cause : undefined].filter((one) => one instanceof Error);
    for (const { message } of reasons) console.error(message);
    // Whoever asked for a document gets one.
    if (values.json) {
      console.log(
        JSON.stringify({ holds: false, error: reasons.map(({ message }) => message).join(': '), claims: [] }),
      );
    }
    process.exit(1);
  },
);
