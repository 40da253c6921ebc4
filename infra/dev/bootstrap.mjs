// The door to every command: runs on whatever Node ≥ 18 is there, without dependencies, installs what the project needs
// and hands over to the project's own Node.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const node = join(root, 'node_modules', '.bin', 'node');
const COMMANDS = {
  demo: ['infra/dev/demo.ts'],
  test: ['infra/dev/test.ts'],
  check: ['infra/dev/test.ts', '--no-servers'],
  stack: ['infra/dev/cli.ts'],
  bench: ['bench/run.ts'],
};

const [command, ...rest] = process.argv.slice(2);
const program = COMMANDS[command];
if (!program) {
  console.error(`usage: npm run <${Object.keys(COMMANDS).join(' | ')}> [-- --help]`);
  process.exit(2);
}
if (Number(process.versions.node.split('.')[0]) < 18) {
  console.error(`Node 18 or newer is needed to begin; this is ${process.version}.`);
  process.exit(1);
}

installDependencies();
const child = spawn(node, [join(root, program[0]), ...program.slice(1), ...rest], {
  cwd: root,
  stdio: 'inherit',
  // npm scripts see the system's Node first; what the project starts must find its own.
  env: { ...process.env, PATH: `${join(root, 'node_modules', '.bin')}:${process.env.PATH}` },
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)));

function installDependencies() {
  const lock = join(root, 'package-lock.json');
  const installed = join(root, 'node_modules', '.package-lock.json');
  if (existsSync(node) && existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  const start = Date.now();
  console.log('installing dependencies (npm ci) …');
  const result = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (result.status !== 0 || !existsSync(node)) {
    console.error('The dependencies could not be installed: `npm ci` failed (see above). It needs the npm registry.');
    process.exit(1);
  }
  console.log(`dependencies installed in ${((Date.now() - start) / 1000).toFixed(0)} s`);
}
