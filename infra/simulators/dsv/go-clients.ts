/** The vendor's clients in Go, built once with a compiler of the Python package index and kept in the cache. */
import { existsSync } from 'node:fs';
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../dev/command.ts';
import { CACHE } from '../../dev/paths.ts';
import { ensureGo } from '../../dev/go-compiler.ts';

const CLI = 'github.com/DelineaXPM/dsv-cli@v1.41.1';
const SDK = 'github.com/DelineaXPM/dsv-sdk-go/v2@v2.2.0';

export interface GoClients {
  /** The vendor's command. */
  readonly cli: string;
  /** The integration tests of the vendor's SDK, as a program: it reads `../test_config.json`. */
  readonly sdkTests: string;
}

/** Builds both when they are not there, which takes a minute or two. */
export async function ensureGoClients(say: (text: string) => void): Promise<GoClients> {
  const folder = join(CACHE, 'dsv-cli-1.41.1-dsv-sdk-go-2.2.0');
  const clients = { cli: join(folder, 'dsv-cli'), sdkTests: join(folder, 'sdk-tests') };
  if (existsSync(join(folder, 'complete'))) return clients;
  const compiler = await ensureGo(say);
  say(`building ${CLI} and ${SDK}`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  // The sources have a vendor folder that is not whole, and without -modcacherw no folder of modules can be deleted.
  const env = {
    GOTOOLCHAIN: 'local',
    GOWORK: 'off',
    GOFLAGS: '-mod=readonly -modcacherw',
    GOPATH: join(folder, 'go'),
    GOCACHE: join(folder, 'build'),
    CGO_ENABLED: '0',
  };
  const go = async (args: readonly string[], cwd = folder): Promise<string> => run(compiler, args, { env, cwd });
  // Each is built in a copy of its own source, as its authors do: its go.sum says what its dependencies must be.
  for (const [module, args] of [
    [CLI, ['build', '-o', clients.cli, '.']],
    [SDK, ['test', '-c', '-tags', 'integration', '-o', clients.sdkTests, './vault']],
  ] as const) {
    const { Dir: downloaded } = JSON.parse(await go(['mod', 'download', '-json', module])) as { Dir: string };
    const source = join(folder, 'source');
    await cp(downloaded, source, { recursive: true });
    await go(args, source);
    await rm(source, { recursive: true });
  }
  for (const part of ['go', 'build']) await rm(join(folder, part), { recursive: true, force: true });
  await writeFile(join(folder, 'complete'), '');
  return clients;
}
