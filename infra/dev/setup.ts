/** Brings what is missing to the machine. Safe to repeat; takes a moment when nothing is missing. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { attempt, run } from './command.ts';
import { underLock } from './lock.ts';
import { ensureMoto } from './moto.ts';
import { ensureOpenBao } from './openbao.ts';
import { CACHE } from './paths.ts';
import { ensurePostgres } from './postgres.ts';
import { ensureTemporal } from './temporal.ts';
import { ensureTestServer } from './test-server.ts';

/** Samba as a domain controller, and the tools that look at it from outside. */
const SAMBA = [
  'samba',
  'samba-ad-dc',
  'samba-ad-provision',
  'samba-dsdb-modules',
  'samba-vfs-modules',
  'winbind',
  'krb5-user',
  'ldap-utils',
  'acl',
  'attr',
  'python3-setproctitle',
  'python3-venv',
  'openssl',
];

/** What brings the time-skipping test server; Java, which runs it, comes with it. */
const MAVEN = ['maven'];

/** The commands that the real parts are run by. */
export interface Parts {
  readonly temporal: string;
  readonly bao: string;
  /** Temporal's time-skipping server; instead of the other one where it is given. */
  readonly skippingServer?: string;
}

/**
 * Installs what the stack needs and is not there. Only one set-up runs at a time. Throws one error that names every
 * part that could not be had, and how to get it by hand.
 */
export async function setUp(say: (text: string) => void): Promise<Parts> {
  await mkdir(join(CACHE, 'bin'), { recursive: true });
  const install = async (): Promise<Parts> => {
    const problems: string[] = [];
    const part = async <T>(ensure: () => Promise<T>): Promise<T | undefined> =>
      ensure().catch((error: unknown) => {
        problems.push(error instanceof Error ? error.message : String(error));
        return undefined;
      });
    await part(async () => ensureDebianPackages('Samba', SAMBA, say));
    const bao = await part(async () => ensureOpenBao(say));
    await part(ensurePostgres);
    const temporal = await part(async () => ensureTemporal(say));
    if (problems.length > 0 || !temporal || !bao) {
      throw new Error(`Set-up could not get everything:\n- ${problems.join('\n- ')}`);
    }
    return { temporal, bao };
  };
  const onWait = (): void => say('another set-up is running on this machine; waiting for it');
  return underLock('the set-up of this machine', install, { timeoutMs: 15 * 60_000, onWait });
}

/** Brings what stands in for vaults that cannot run here, for tests. */
export async function setUpStandIns(say: (text: string) => void): Promise<void> {
  await ensureMoto(say);
}

/** Brings Temporal's time-skipping server, for tests and for play; answers the path of its program. */
export async function setUpTestServer(say: (text: string) => void): Promise<string> {
  const slow = setTimeout(() => say("getting Temporal's time-skipping test server (Maven)"), 1000);
  try {
    return await ensureTestServer(async () => ensureDebianPackages('Maven', MAVEN, say));
  } finally {
    clearTimeout(slow);
  }
}

/** `part`: what the packages are for. */
async function ensureDebianPackages(
  part: string,
  packages: readonly string[],
  say: (text: string) => void,
): Promise<void> {
  const listed = await attempt('dpkg-query', ['-W', '-f', '${Package} ${db:Status-Status}\n', ...packages]).catch(
    () => undefined,
  );
  if (!listed) {
    throw new Error(
      `${part}: this machine has no Debian packages. Install what they are elsewhere: ${packages.join(' ')}`,
    );
  }
  const installed = new Set(
    listed.stdout
      .split('\n')
      .filter((line) => line.endsWith(' installed'))
      .map((line) => line.split(' ')[0]),
  );
  const missing = packages.filter((name) => !installed.has(name));
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0) {
    throw new Error(`${part}: as root, run: apt-get install --no-install-recommends ${missing.join(' ')}`);
  }
  say(`installing Debian packages: ${missing.join(', ')}`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await run('apt-get', ['update', '-q'], { env });
  await run('apt-get', ['install', '-q', '-y', '--no-install-recommends', ...missing], { env });
}
