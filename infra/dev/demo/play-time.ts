/** `npm run demo -- --play`: one account whose years pass as fast as a reader likes, on a stack that is left running. */
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { TOKEN_NAMES, writePrivately, type Stack, type TokenName } from '../state.ts';
import { openScene, templateFor, type Scene } from './scene.ts';

/** What a reader does after another; each line is a command and what it shows. */
const LIFE: readonly (readonly [string, string])[] = [
  ['request', 'the requester asks for svc-play, for a year'],
  [`as approver1 POST /accounts/$account/decide '{"decision":"approve"}'`, 'it is made in the directory'],
  ['look', 'its state, its last day, and why it is alive'],
  ['npm run --silent stack -- advance 340d', 'the renewal window opens'],
  ['as administrator GET /accounts/$account/notices', 'who was told of it, and when'],
  ['as owner POST /accounts/$account/renew', 'another year, from the end of the first one'],
  ['npm run --silent stack -- advance 2y', 'nobody renews it: it is expired, and disabled in the directory'],
  ['look', 'what would bring it back'],
  ['as owner POST /accounts/$account/renew', 'two years late: enabled again, for a year from now'],
  ['as owner POST /accounts/$account/retire', 'into quarantine for 30 days'],
  ['npm run --silent stack -- advance 10d', ''],
  ['as owner POST /accounts/$account/restore', 'as it was; or advance 31d instead, and it is gone'],
  ['as administrator GET /accounts/$account/events', 'its whole life, by the clock that was skipped'],
];

/** Yearly, with notices of every kind, disabled at its end, and with a retirement that can be undone. */
export async function makePlayTemplate(scene: Scene): Promise<string> {
  const template = templateFor(scene.corp, 'Play');
  const notices = { remindEvery: 'P7D', urgentEvery: 'P1D', urgentWithin: 'P7D', stopAfter: 'P14D' };
  const lifecycle = { ...template.lifecycle, notices, gracePeriod: 'P30D' };
  return scene.as('administrator').makeTemplate({ ...template, lifecycle });
}

/** Prepares a stack for a reader, and answers what to tell them. */
export async function preparePlay(stateFolder: string, stack: Stack): Promise<string> {
  const templateId = await makePlayTemplate(await openScene(stateFolder, stack));
  const script = await writeScript(stateFolder, stack, templateId);
  const width = Math.max(...LIFE.map(([command]) => command.length));
  return [
    'One account can be lived with here; its time passes as you say. In a shell of your own:',
    `  . ${script}`,
    ...LIFE.map(([command, what]) => `  ${command.padEnd(width)}  ${what && `# ${what}`}`.trimEnd()),
    'More:         docs/operate/play.md',
    `The API:      ${stack.api?.url}/api/v1/reference (as <who> <method> <path> [json]; who: ${TOKEN_NAMES.join(', ')})`,
    `state folder: ${stateFolder}`,
    'The end:      npm run demo -- --stop',
  ].join('\n');
}

/** A file to be sourced: it knows the tokens' files, so that no token is an argument of a process. */
async function writeScript(stateFolder: string, stack: Stack, templateId: string): Promise<string> {
  const headerOf = (name: TokenName): string => join(stateFolder, 'secrets', `authorization-${name}`);
  for (const name of TOKEN_NAMES) {
    await writePrivately(headerOf(name), `authorization: Bearer ${stack.api!.tokens[name]}\n`);
  }
  const request = JSON.stringify({
    templateId,
    samAccountName: 'svc-play',
    justification: 'To see five years pass',
    owners: ['owner'],
  });
  const path = join(stateFolder, 'play.sh');
  await writePrivately(path, scriptText(`${stack.api!.url}/api/v1`, join(stateFolder, 'secrets'), request));
  await chmod(path, 0o600);
  return path;
}

function scriptText(url: string, secrets: string, request: string): string {
  return `# Source this file. as <who> <method> <path> [json]: one call of the API.
as() {
  if [ -n "\${4-}" ]; then set -- "$1" "$2" "$3" --data "$4" -H 'content-type: application/json'; fi
  _who=$1 _method=$2 _path=$3
  shift 3
  curl -sS -X "$_method" "${url}$_path" -H "@${secrets}/authorization-$_who" \\
    -H "idempotency-key: $(cat /proc/sys/kernel/random/uuid)" "$@" | python3 -m json.tool --no-ensure-ascii
}
# Asks for the account, and remembers its id.
request() {
  account=$(as requester POST /requests '${request}' | sed -n 's/^    "id": "\\(.*\\)",$/\\1/p')
  echo "account=$account"
}
# State, dates and the sentence that says why the account is alive.
look() {
  as owner GET "/accounts/$account" | grep -E '^    "(state|startsAt|renewalOpensAt|endsAt|lastDay)"'
  as owner GET "/accounts/$account/why"
}
`;
}
