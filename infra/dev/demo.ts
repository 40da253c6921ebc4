/** `npm run demo`: the main job on real parts, before the reader's eyes, with evidence at the end. */
import { readArguments, refuseArguments } from './arguments.ts';
import { dropStack, keepStack, keptStack, startKept } from './kept.ts';
import { secrecyClaim } from './demo/secrecy.ts';
import { engineAwayChapter } from './demo/engine-away.ts';
import { engineKilledChapter } from './demo/engine-killed.ts';
import { expireChapter } from './demo/expire.ts';
import { freezeChapter } from './demo/freeze.ts';
import { lifeChapter } from './demo/life.ts';
import { migrationChapter } from './demo/migration.ts';
import { preparePlay } from './demo/play-time.ts';
import { playAll } from './demo/play.ts';
import { claimsTable, createReport, type Claim, type Report } from './demo/report.ts';
import { requestChapter } from './demo/request.ts';
import { openScene, type Chapter } from './demo/scene.ts';
import { undoChapter } from './demo/undo.ts';
import { startStack, stopStack } from './stack.ts';
import { readStack } from './state.ts';

const CHAPTERS: readonly Chapter[] = [
  requestChapter,
  expireChapter,
  migrationChapter,
  undoChapter,
  engineAwayChapter,
  freezeChapter,
  engineKilledChapter,
  lifeChapter,
];

const HELP = `usage: npm run demo [-- --keep | --play | --stop | --json]

Starts two Samba AD domains, Temporal, Postgres, OpenBao, the API, the control plane and an engine for each domain, takes
service accounts through their lives on them, and ends with a table of claims and evidence. Exits with 1 when one fails.

  --keep   leave everything running afterwards, and say how to reach each part
  --play   start a stack whose time can be skipped (npm run stack -- advance 90d) for one account, and leave it
           running: it says what to try; docs/operate/play.md
  --stop   stop what --keep or --play left, and remove its state
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

/** Leaves a stack running on which time can be skipped, and says what to do with it. */
async function play(): Promise<number> {
  const report = createReport(console.log);
  const { stateFolder, stack } = await startStack({ say: report.say, play: true });
  stopWhenInterrupted(stateFolder);
  try {
    const instructions = await preparePlay(stateFolder, stack);
    await keepStack(stateFolder);
    console.log(`\n${instructions}`);
    return 0;
  } catch (error) {
    await stopStack(stateFolder);
    throw error;
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
  play: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
});
for (const alone of ['stop', 'play'] as const) {
  const others = Object.entries(values).filter(([name, given]) => given === true && name !== alone);
  if (values[alone] && others.length > 0) refuseArguments(`--${alone} stands alone`, HELP);
}
async function run(): Promise<number> {
  if (values.stop) return stop();
  if (values.play) return startKept(play);
  return values.keep ? startKept(() => demonstrate(values)) : demonstrate(values);
}

run().then(
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
