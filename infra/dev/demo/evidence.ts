/** What the controllers and the vault say themselves, asked by an administrator from outside the product. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'ldapts';
import type { Account } from '../../../contracts/account.ts';
import { run } from '../command.ts';
import { readStack, writePrivately, type StackDomain } from '../state.ts';

/** FILETIME's zero, 1601-01-01, in milliseconds before 1970 (MS-DTYP §2.3.3). */
const FILETIME_EPOCH_MS = 11_644_473_600_000;
const ACCOUNTDISABLE = 2;

export interface DirectoryEvidence {
  readonly count: number;
  readonly enabled: boolean;
  readonly groups: readonly string[];
  /** ISO 8601 in UTC, or null for never. */
  readonly expiresAt: string | null;
  /** Deny ACEs for the right to change one's own password. */
  readonly denials: number;
}

/** Looks for objects of this name on the controller, with ldapsearch and samba-tool. */
export async function lookInDirectory(stateFolder: string, account: Account): Promise<DirectoryEvidence> {
  const domain = await domainOf(stateFolder, account.domain);
  const text = await ldapsearch(stateFolder, domain, `(sAMAccountName=${account.samAccountName})`);
  const value = (name: string): string | undefined => new RegExp(`^${name}: (.*)$`, 'm').exec(text)?.[1];
  const expires = BigInt(value('accountExpires') ?? '0');
  const dn = value('dn');
  return {
    count: [...text.matchAll(/^dn: /gm)].length,
    enabled: dn !== undefined && (Number(value('userAccountControl')) & ACCOUNTDISABLE) === 0,
    groups: [...text.matchAll(/^memberOf: CN=([^,]*),/gm)].map((match) => match[1]!),
    expiresAt:
      expires === 0n || expires > 2n ** 62n
        ? null
        : new Date(Number(expires / 10_000n) - FILETIME_EPOCH_MS).toISOString(),
    denials: dn === undefined ? 0 : await countDenials(stateFolder, domain, dn),
  };
}

async function ldapsearch(stateFolder: string, domain: StackDomain, filter: string): Promise<string> {
  const passwordFile = join(stateFolder, 'secrets', `administrator-${domain.fqdn}`);
  await writePrivately(passwordFile, domain.administratorPassword);
  const bind = ['-x', '-D', domain.administratorDn, '-y', passwordFile, '-H', domain.ldapsUrls[0]!];
  const attributes = ['userAccountControl', 'accountExpires', 'memberOf'];
  return run('ldapsearch', [...bind, '-LLL', '-o', 'ldif-wrap=no', '-b', domain.baseDn, filter, ...attributes], {
    env: { LDAPTLS_CACERT: domain.caFile, LDAPTLS_REQCERT: 'demand' },
  });
}

/** Deny ACEs (`OD`) for User-Change-Password, for the account itself (`PS`) and for everyone (`WD`). */
async function countDenials(stateFolder: string, domain: StackDomain, dn: string): Promise<number> {
  const database = join(stateFolder, 'samba', domain.fqdn, 'private/sam.ldb');
  const sddl = await run('samba-tool', ['dsacl', 'get', `--objectdn=${dn}`, '-H', database]);
  return [...sddl.matchAll(/\(OD;;CR;ab721a53-1e2f-11d0-9819-00aa0040529b;;(?:PS|WD)\)/gi)].length;
}

/** The secret's state in the vault: the password is looked at, never given out. */
export async function lookInVault(stateFolder: string, path: string): Promise<'none' | 'pending' | 'current'> {
  const data = await readSecret(stateFolder, path);
  if (!data) return 'none';
  return data['password'] ? 'current' : 'pending';
}

/** Logs on to the domain with the current password in the vault. `false`: there is none, or the domain refuses it. */
export async function logOnWithVaultPassword(stateFolder: string, account: Account): Promise<boolean> {
  const domain = await domainOf(stateFolder, account.domain);
  const password = account.secret && (await readSecret(stateFolder, account.secret.vaultPath))?.['password'];
  if (!password) return false;
  const ca = await readFile(domain.caFile, 'utf8');
  const client = new Client({ url: domain.ldapsUrls[0]!, tlsOptions: { ca }, timeout: 10_000, connectTimeout: 10_000 });
  try {
    await client.bind(`${account.samAccountName}@${account.domain}`, password);
    return true;
  } catch {
    return false;
  } finally {
    await client.unbind().catch(() => undefined);
  }
}

async function readSecret(stateFolder: string, path: string): Promise<Record<string, string> | undefined> {
  const { address, token, mount } = (await readStack(stateFolder)).vaults[0]!;
  const response = await fetch(`${address}/v1/${mount}/data/${path}`, { headers: { 'x-vault-token': token } });
  if (response.status === 404) return undefined;
  if (!response.ok) throw new Error(`the vault answers ${response.status}`);
  return ((await response.json()) as { data: { data: Record<string, string> } }).data.data;
}

async function domainOf(stateFolder: string, fqdn: string): Promise<StackDomain> {
  const domain = (await readStack(stateFolder)).domains.find((one) => one.fqdn === fqdn);
  if (!domain) throw new Error(`the stack has no domain ${fqdn}`);
  return domain;
}
