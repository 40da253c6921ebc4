/** How the product's own programs are started in a stack: the same programs and variables as anywhere else. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { MOUNT } from './openbao.ts';
import { NODE, PROJECT } from './paths.ts';
import { freePort } from './ports.ts';
import type { LaunchSpec } from './processes.ts';
import { writePrivately, type EngineCredentials, type StackDomain } from './state.ts';

/** Where the programs find what they share. Secrets are in files of the state folder. */
export interface Surroundings {
  readonly stateFolder: string;
  readonly temporalAddress: string;
  readonly databaseUrlFile: string;
  readonly codecKeysFile: string;
  /** Where time can be skipped. */
  readonly playClockFile?: string;
}

export async function writeSharedSecrets(
  stateFolder: string,
  databaseUrl: string,
): Promise<Pick<Surroundings, 'databaseUrlFile' | 'codecKeysFile'>> {
  const databaseUrlFile = join(stateFolder, 'secrets', 'database-url');
  const codecKeysFile = join(stateFolder, 'secrets', 'codec-keys');
  await writePrivately(databaseUrlFile, databaseUrl);
  await writePrivately(codecKeysFile, `stack-1:${randomBytes(32).toString('base64')}`);
  return { databaseUrlFile, codecKeysFile };
}

export async function apiSpec(around: Surroundings, port: number): Promise<LaunchSpec> {
  return {
    role: 'api',
    ...program('api/main.ts'),
    env: {
      ...(await shared(around)),
      ...forDemonstrations(around),
      DATABASE_URL_FILE: around.databaseUrlFile,
      ALM_API_PORT: String(port),
    },
  };
}

/**
 * glibc gives each thread an arena of its own to allocate from, and keeps what was freed in each: the SDK's core has many
 * threads. And the more is freed at once, the more it keeps, unless its thresholds are set (mallopt(3)). At rest, after
 * 3,000 accounts, a control plane is a fifth smaller so. As in infra/deploy/systemd.
 */
const MEMORY_GIVEN_BACK = {
  MALLOC_ARENA_MAX: '2',
  MALLOC_TRIM_THRESHOLD_: '131072',
  MALLOC_MMAP_THRESHOLD_: '131072',
};

/**
 * The time-skipping server hands an account's tasks and queries to the process that has it in memory, and waits for that one
 * for ever, also when it is gone. Where nothing is kept in memory, any process gets them.
 */
const NOTHING_CACHED = { ALM_MAX_CACHED_WORKFLOWS: '0' };

/** Decision 0023. As in infra/deploy/systemd. */
const ONE_LIMIT_FOR_WORKFLOWS = ['--import', join(PROJECT, 'workers/sandbox-limit.ts')];

export async function controlPlaneSpec(around: Surroundings): Promise<LaunchSpec> {
  return {
    role: 'control-plane',
    ...program('workers/control-plane.ts', ...ONE_LIMIT_FOR_WORKFLOWS),
    env: {
      ...(await shared(around)),
      ...forDemonstrations(around),
      ...(around.playClockFile ? NOTHING_CACHED : {}),
      ...MEMORY_GIVEN_BACK,
      DATABASE_URL_FILE: around.databaseUrlFile,
    },
  };
}

export async function engineSpec(
  around: Surroundings,
  domain: StackDomain,
  credentials: EngineCredentials,
  vaultAddress: string,
): Promise<LaunchSpec> {
  return {
    role: 'engine',
    domain: domain.fqdn,
    ...program('workers/engine.ts'),
    env: {
      ...(await shared(around)),
      ALM_DOMAIN: domain.fqdn,
      ALM_LDAPS_URLS: domain.ldapsUrls.join(','),
      ALM_LDAP_CA_FILE: domain.caFile,
      ALM_LDAP_BIND_DN: credentials.bindDn,
      ALM_LDAP_BIND_PASSWORD_FILE: credentials.bindPasswordFile,
      ALM_MANAGED_OUS: domain.accountsOu,
      ALM_VAULT_ADDRESS: vaultAddress,
      ALM_VAULT_MOUNT: MOUNT,
      ALM_VAULT_ROLE_ID: credentials.vaultRoleId,
      ALM_VAULT_SECRET_ID_FILE: credentials.vaultSecretIdFile,
    },
  };
}

function program(path: string, ...nodeOptions: string[]): Pick<LaunchSpec, 'command' | 'args'> {
  return { command: NODE, args: [...nodeOptions, join(PROJECT, path)] };
}

/** The demonstration and the tests live in seconds what others live in years. */
function forDemonstrations({ playClockFile }: Surroundings): Record<string, string> {
  return { ALM_ALLOW_SHORT_INTERVALS: 'true', ...(playClockFile ? { ALM_PLAY_CLOCK_FILE: playClockFile } : {}) };
}

async function shared(around: Surroundings): Promise<Record<string, string>> {
  return {
    NODE_ENV: 'production',
    TEMPORAL_ADDRESS: around.temporalAddress,
    ALM_CODEC_KEYS_FILE: around.codecKeysFile,
    ALM_METRICS_PORT: String(await freePort()),
  };
}
