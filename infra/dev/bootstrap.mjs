// The door to every command: runs on whatever Node ≥ 18 is there, without dependencies, installs what the project needs
// and hands over to the project's own Node.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const binaries = join(root, 'node_modules', '.bin');
const PROGRAMS = {
  demo: ['infra/dev/demo.ts'],
  test: ['infra/dev/test.ts'],
  check: ['infra/dev/test.ts', '--no-servers'],
  stack: ['infra/dev/cli.ts'],
  bench: ['bench/run.ts'],
  simulate: ['infra/dev/simulate.ts'],
};

const [command, ...rest] = process.argv.slice(2);
const program = Object.hasOwn(PROGRAMS, command ?? '') ? PROGRAMS[command] : undefined;
if (!program) end(2, `usage: npm run <${Object.keys(PROGRAMS).join(' | ')}> [-- --help]`);
if (versionBelow(18, 0)) end(1, `Node 18 or newer is needed to begin; this is ${process.version}.`);
installDependencies();
handOver(findNode(), [join(root, program[0]), ...program.slice(1), ...rest]);

function installDependencies() {
  const lock = join(root, 'package-lock.json');
  const installed = join(root, 'node_modules', '.package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  const begin = Date.now();
  // Standard output is the command's own: it may be a document.
  console.error('installing dependencies (npm ci) …');
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', process.stderr, 'inherit'],
  });
  if (status !== 0) {
    end(1, 'The dependencies could not be installed: `npm ci` failed (see above). It needs npm and its registry.');
  }
  console.error(`dependencies installed in ${((Date.now() - begin) / 1000).toFixed(0)} s`);
}

/** npm brings a Node 24 for Linux on x64; elsewhere the machine's own one must be new enough to run TypeScript. */
function findNode() {
  const pinned = join(binaries, 'node');
  if (existsSync(pinned)) return pinned;
  if (versionBelow(22, 18)) {
    end(
      1,
      `npm has no Node for this machine, and its own one (${process.version}) is older than 22.18: install Node 24.`,
    );
  }
  return process.execPath;
}

function handOver(node, args) {
  const child = spawn(node, args, {
    cwd: root,
    stdio: 'inherit',
    // npm scripts see the machine's Node first; what the project starts must find its own.
    env: { ...process.env, PATH: `${binaries}:${process.env.PATH}` },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => end(1, `${node} cannot be started: ${error.message}`));
  child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
}

function versionBelow(major, minor) {
  const [ownMajor, ownMinor] = process.versions.node.split('.').map(Number);
  return ownMajor < major || (ownMajor === major && ownMinor < minor);
}

function end(code, message) {
  console.error(message);
  process.exit(code);
}
