/**
 * Active Directory domains on Samba. A domain is provisioned once, with its OUs, groups and the engine's delegated
 * account, and kept in the cache; a stack gets a copy on a loopback address of its own.
 */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { run } from './command.ts';
import { underLock } from './lock.ts';
import { CACHE, PROJECT } from './paths.ts';
import type { LaunchSpec } from './processes.ts';
import { writePrivately, type StackDomain } from './state.ts';
import { domainTaskQueue } from '../../contracts/ids.ts';

const DELEGATION = join(PROJECT, 'infra/deploy/delegation/delegate-samba.sh');
export const ENGINE_ACCOUNT = 'svc-alm-engine';
export const READERS_GROUP = 'payroll-readers';
export const LDAP_PORTS = [389, 636, 3268, 3269];

interface DomainSecrets {
  readonly administratorPassword: string;
  readonly enginePassword: string;
}

export interface SambaDomain extends StackDomain {
  readonly engineBindDn: string;
  readonly enginePasswordFile: string;
  readonly spec: LaunchSpec;
}

export function baseDnOf(fqdn: string): string {
  return fqdn
    .split('.')
    .map((label) => `DC=${label}`)
    .join(',');
}

/** Copies the domain `fqdn` into `folder`, to be served on `address`; provisions it first if the cache has none. */
export async function restoreDomain(
  fqdn: string,
  folder: string,
  address: string,
  say: (text: string) => void,
): Promise<SambaDomain> {
  const archive = await ensureSnapshot(fqdn, say);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await run('tar', ['-xzf', archive, '-C', folder]);
  const secrets = JSON.parse(await readFile(join(folder, 'secrets.json'), 'utf8')) as DomainSecrets;
  await writeConfiguration(fqdn, folder, address);
  await makeCertificate(fqdn, folder, address);
  const enginePasswordFile = join(folder, 'engine-password');
  await writePrivately(enginePasswordFile, secrets.enginePassword);
  const baseDn = baseDnOf(fqdn);
  return {
    fqdn,
    ldapsUrls: [`ldaps://${address}:636`],
    caFile: join(folder, 'private/tls/ca.pem'),
    baseDn,
    accountsOu: `OU=Managed,${baseDn}`,
    administratorDn: `CN=Administrator,CN=Users,${baseDn}`,
    administratorPassword: secrets.administratorPassword,
    taskQueue: domainTaskQueue(fqdn),
    engineBindDn: `CN=${ENGINE_ACCOUNT},CN=Users,${baseDn}`,
    enginePasswordFile,
    spec: {
      role: 'samba',
      domain: fqdn,
      command: '/usr/sbin/samba',
      args: ['-F', '-s', join(folder, 'etc/smb.conf'), '--no-process-group', '-M', 'single'],
      env: {},
    },
  };
}

/** Whether the domain controller answers over LDAPS. */
export async function isServing(domain: StackDomain): Promise<boolean> {
  await run('ldapsearch', ['-x', '-H', domain.ldapsUrls[0]!, '-s', 'base', '-b', '', 'defaultNamingContext'], {
    env: { LDAPTLS_CACERT: domain.caFile, LDAPTLS_REQCERT: 'demand' },
  });
  return true;
}

async function ensureSnapshot(fqdn: string, say: (text: string) => void): Promise<string> {
  const inputs = await Promise.all([readFile(new URL(import.meta.url), 'utf8'), readFile(DELEGATION, 'utf8')]);
  const digest = createHash('sha256').update(inputs.join('\n')).digest('hex').slice(0, 12);
  const archive = join(CACHE, 'samba', `${fqdn}-${digest}.tgz`);
  const task = async (): Promise<void> => {
    if (existsSync(archive)) return;
    say(`provisioning the domain ${fqdn} (once, about 10 s)`);
    await takeSnapshot(fqdn, archive);
  };
  if (!existsSync(archive)) await underLock(archive, task, { timeoutMs: 5 * 60_000 });
  return archive;
}

async function takeSnapshot(fqdn: string, archive: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'alm-samba-'));
  try {
    await provision(fqdn, folder);
    await mkdir(dirname(archive), { recursive: true, mode: 0o700 });
    const draft = `${archive}.new`;
    await run('tar', ['-czf', draft, '-C', folder, '.']);
    await chmod(draft, 0o600);
    await rename(draft, archive);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function provision(fqdn: string, folder: string): Promise<void> {
  const netbios = fqdn.split('.')[0]!.toUpperCase().slice(0, 15);
  const secrets: DomainSecrets = { administratorPassword: newPassword(), enginePassword: newPassword() };
  // The password reaches samba-tool by its own prompt-free option only; the machine is the developer's, the domain is new.
  await run('samba-tool', [
    'domain',
    'provision',
    `--realm=${fqdn.toUpperCase()}`,
    `--domain=${netbios}`,
    '--server-role=dc',
    '--dns-backend=NONE',
    `--adminpass=${secrets.administratorPassword}`,
    `--targetdir=${folder}`,
    '--host-ip=127.0.0.1',
    `--host-name=dc-${netbios.toLowerCase()}`,
    '--backend-store=mdb',
    '--option=interfaces=lo',
    '--option=bind interfaces only=yes',
    // Half the time: nobody needs what a power cut would leave of a snapshot in the making.
    '--option=ldb:nosync=true',
  ]);
  const database = join(folder, 'private/sam.ldb');
  const tool = async (...args: string[]) => run('samba-tool', [...args, '-H', database]);
  const baseDn = baseDnOf(fqdn);
  for (const name of ['Managed', 'Groups']) await tool('ou', 'create', `OU=${name},${baseDn}`);
  await tool('group', 'add', READERS_GROUP, '--groupou=OU=Groups');
  const passwordFile = join(folder, 'engine-password');
  await writePrivately(passwordFile, secrets.enginePassword);
  const units = ['--ou', `OU=Managed,${baseDn}`, '--group-ou', `OU=Groups,${baseDn}`];
  const account = ['--account', ENGINE_ACCOUNT, '--create-with-password-file', passwordFile];
  await run(DELEGATION, [...account, ...units, '--', '-H', database]);
  await writeFile(join(folder, 'secrets.json'), JSON.stringify(secrets), { mode: 0o600 });
}

/** Fits every default password policy: three classes and more, 24 random bytes. */
function newPassword(): string {
  return `Aa1-${randomBytes(24).toString('base64url')}`;
}

async function writeConfiguration(fqdn: string, folder: string, address: string): Promise<void> {
  const netbios = fqdn.split('.')[0]!.toUpperCase().slice(0, 15);
  const settings = {
    'netbios name': `DC-${netbios}`,
    realm: fqdn.toUpperCase(),
    workgroup: netbios,
    'server role': 'active directory domain controller',
    // The engine speaks LDAPS and nothing else.
    'server services': 'ldap',
    interfaces: `${address}/8`,
    'bind interfaces only': 'yes',
    'private dir': `${folder}/private`,
    'state directory': `${folder}/state`,
    'cache directory': `${folder}/cache`,
    'lock directory': folder,
    'binddns dir': `${folder}/bind-dns`,
    'pid directory': `${folder}/run`,
    'ncalrpc dir': `${folder}/ncalrpc`,
    'winbindd socket directory': `${folder}/wb`,
    'log file': `${folder}/log/samba.log`,
    'disable netbios': 'yes',
    'ldb:nosync': 'true',
    'tls enabled': 'yes',
    'tls cafile': 'tls/ca.pem',
    'tls certfile': 'tls/dc.pem',
    'tls keyfile': 'tls/dc.key',
  };
  for (const name of ['run', 'ncalrpc', 'wb', 'log', 'cache', 'state', 'etc', 'private/tls']) {
    await mkdir(join(folder, name), { recursive: true });
  }
  const lines = Object.entries(settings).map(([name, value]) => `\t${name} = ${value}`);
  await writeFile(join(folder, 'etc/smb.conf'), `[global]\n${lines.join('\n')}\n`);
}

/** A private CA and a certificate for the controller's name and address (Samba's own one is RSA 4096: slow). */
async function makeCertificate(fqdn: string, folder: string, address: string): Promise<void> {
  const tls = join(folder, 'private/tls');
  const openssl = async (...args: string[]) => run('openssl', args, { cwd: tls });
  const host = `dc-${fqdn.split('.')[0]}.${fqdn}`;
  await writeFile(
    join(tls, 'extensions'),
    `subjectAltName=DNS:${host},DNS:${fqdn},IP:${address}\nextendedKeyUsage=serverAuth\n`,
  );
  await openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', 'ca.key');
  const authority = ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign,cRLSign'];
  const extensions = authority.flatMap((extension) => ['-addext', extension]);
  const subject = ['-subj', `/CN=${fqdn} test CA`, '-days', '365'];
  await openssl('req', '-x509', '-new', '-key', 'ca.key', ...subject, ...extensions, '-out', 'ca.pem');
  await openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', 'dc.key');
  await openssl('req', '-new', '-key', 'dc.key', '-subj', `/CN=${host}`, '-out', 'dc.csr');
  const signing = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '365', '-extfile', 'extensions'];
  await openssl('x509', '-req', '-in', 'dc.csr', ...signing, '-out', 'dc.pem');
  await chmod(join(tls, 'dc.key'), 0o600);
}
