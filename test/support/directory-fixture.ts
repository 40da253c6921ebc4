/** The first domain of the running stack, seen by the engine's delegated account and by the domain's administrator. */
import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ApplicationFailure } from '@temporalio/common';
import {
  openConnectionFor,
  type ActiveDirectoryConfig,
} from '../../activities/directory/active-directory/active-directory.ts';
import { SecurityDescriptorFlags } from '../../activities/directory/active-directory/controls.ts';
import type { LdapConnection, LdapEntry } from '../../activities/directory/active-directory/connection.ts';
import { guidFromString, guidToString, sidFromString } from '../../activities/directory/active-directory/encodings.ts';
import { LdapError } from '../../activities/directory/active-directory/ldap-error.ts';
import {
  buildSecurityDescriptor,
  canonicalOrder,
  parseSecurityDescriptor,
  type Ace,
} from '../../activities/directory/active-directory/security-descriptor.ts';
import type { Attempt } from '../../activities/directory/port.ts';
import type { AccountObjectInput, EstablishAccountInput } from '../../contracts/activities.ts';
import { sensitive } from '../../infra/runtime/sensitive.ts';
import { stateFolder } from './our-stack.ts';

interface StackDomain {
  readonly fqdn: string;
  readonly ldapsUrls: string[];
  readonly caFile: string;
  readonly baseDn: string;
  readonly accountsOu: string;
  readonly administratorDn: string;
  readonly administratorPassword: string;
}

export interface DirectoryFixture {
  readonly domain: StackDomain;
  readonly config: ActiveDirectoryConfig;
  /** Bound as the domain's administrator. */
  readonly admin: LdapConnection;
  readonly engineSid: Buffer;
}

export async function openDirectoryFixture(): Promise<DirectoryFixture> {
  const stack = JSON.parse(readFileSync(join(stateFolder, 'stack.json'), 'utf8')) as { domains: StackDomain[] };
  const domain = stack.domains[0]!;
  const engineFile = join(stateFolder, 'engines', `${domain.fqdn}.json`);
  const engine = JSON.parse(readFileSync(engineFile, 'utf8')) as { bindDn: string; bindPasswordFile: string };
  const config: ActiveDirectoryConfig = {
    fqdn: domain.fqdn,
    urls: domain.ldapsUrls,
    ca: readFileSync(domain.caFile, 'utf8'),
    bindDn: engine.bindDn,
    bindPassword: sensitive(readFileSync(engine.bindPasswordFile, 'utf8').trim()),
    managedOus: [domain.accountsOu],
  };
  const admin = await openConnectionFor(config)(domain.ldapsUrls[0]!, {
    name: domain.administratorDn,
    password: sensitive(domain.administratorPassword),
  });
  const [self] = await admin.search({ base: engine.bindDn, scope: 'base', attributes: ['objectSid'] });
  return { domain, config, admin, engineSid: self!.attributes['objectsid']![0]! };
}

/** Nobody follows it. */
export const attempt: Attempt = { previous: null, report: () => undefined };

/** The failure that `promise` rejects with; `undefined` when it resolves. Throws what is no failure of the catalogue. */
export async function failureOf(promise: Promise<unknown>): Promise<ApplicationFailure | undefined> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    if (error instanceof ApplicationFailure) return error;
    throw error;
  }
}

/** Its code. */
export async function codeOf(promise: Promise<unknown>): Promise<string | null | undefined> {
  return (await failureOf(promise))?.type;
}

export function newPassword(): string {
  return `Aa1!${randomBytes(18).toString('base64url')}`;
}

/** A task for a new account of a name that no other test has. */
export function newTask(
  { domain }: DirectoryFixture,
  overrides: Partial<EstablishAccountInput> = {},
): EstablishAccountInput {
  const accountId = randomUUID();
  return {
    accountId,
    domain: domain.fqdn,
    samAccountName: `t-${randomBytes(6).toString('hex')}`,
    organizationalUnit: domain.accountsOu,
    groups: [],
    mayChangePassword: false,
    description: 'made by a test',
    expiresAt: '2040-01-01T00:00:00.000Z',
    credential: { vaultPath: 'not/read', version: 1, operationId: accountId },
    ...overrides,
  };
}

export function refTo(task: EstablishAccountInput, objectGuid: string | null): AccountObjectInput {
  const { accountId, domain, samAccountName, organizationalUnit } = task;
  return { accountId, domain, samAccountName, organizationalUnit, objectGuid };
}

/** A group that the engine may change the members of. Answers its DN. */
export async function makeGroup(fixture: DirectoryFixture): Promise<string> {
  const { admin, domain, engineSid } = fixture;
  const name = `g-${randomBytes(6).toString('hex')}`;
  const dn = `CN=${name},${domain.accountsOu}`;
  await admin.add(dn, [
    { type: 'objectClass', values: ['group'] },
    { type: 'sAMAccountName', values: [name] },
  ]);
  const bytes = Buffer.alloc(28 + engineSid.length);
  bytes.writeUInt8(5, 0); // allow, for an object type
  bytes.writeUInt16LE(bytes.length, 2);
  bytes.writeUInt32LE(0x20, 4); // write property
  bytes.writeUInt32LE(1, 8);
  guidFromString('bf9679c0-0de6-11d0-a285-00aa003049e2').copy(bytes, 12); // member
  engineSid.copy(bytes, 28);
  await addAce(fixture, dn, { type: 5, flags: 0, bytes });
  return dn;
}

/** Denies everybody to delete what is below `dn`, as the tools do when they protect an OU there against deletion. */
export async function protectChildren(fixture: DirectoryFixture, dn: string): Promise<void> {
  const everyone = sidFromString('S-1-1-0');
  const bytes = Buffer.alloc(8 + everyone.length);
  bytes.writeUInt8(1, 0); // deny
  bytes.writeUInt16LE(bytes.length, 2);
  bytes.writeUInt32LE(0x2, 4); // delete child
  everyone.copy(bytes, 8);
  await addAce(fixture, dn, { type: 1, flags: 0, bytes });
}

async function addAce({ admin }: DirectoryFixture, dn: string, ace: Ace): Promise<void> {
  const controls = [new SecurityDescriptorFlags()];
  const [entry] = await admin.search({ base: dn, scope: 'base', attributes: ['nTSecurityDescriptor'], controls });
  const descriptor = parseSecurityDescriptor(entry!.attributes['ntsecuritydescriptor']![0]!);
  const aces = canonicalOrder([ace, ...descriptor.dacl!.aces]);
  const changed = { ...descriptor, dacl: { ...descriptor.dacl!, revision: 4, aces } };
  await admin.modify(
    dn,
    [{ operation: 'replace', type: 'nTSecurityDescriptor', values: [buildSecurityDescriptor(changed)] }],
    [new SecurityDescriptorFlags()],
  );
}

/** An OU below `parent`, which is the one of the accounts unless it is said. Answers its DN. */
export async function makeOu({ admin, domain }: DirectoryFixture, parent = domain.accountsOu): Promise<string> {
  const dn = `OU=ou-${randomBytes(6).toString('hex')},${parent}`;
  await admin.add(dn, [{ type: 'objectClass', values: ['organizationalUnit'] }]);
  return dn;
}

/** What every change moves, whether or not it leaves the object as it was. */
const VOLATILE = [
  'whenchanged',
  'usnchanged',
  'dscorepropagationdata',
  'lastlogon',
  'lastlogontimestamp',
  'logoncount',
];

/** All of an object as the administrator sees it, its place, its memberships and its permissions included. */
export async function photograph({ admin }: DirectoryFixture, base: string): Promise<Record<string, string[]>> {
  const attributes = ['*', 'nTSecurityDescriptor'];
  const controls = [new SecurityDescriptorFlags()];
  const [entry] = await admin.search({ base, scope: 'base', attributes, controls });
  const pairs = Object.entries(entry!.attributes)
    .filter(([name]) => !VOLATILE.includes(name))
    .map(([name, values]): [string, string[]] => [name, values.map((value) => value.toString('base64')).sort()]);
  return { dn: [entry!.dn], ...Object.fromEntries(pairs) };
}

const SEEN = ['objectGUID', 'userAccountControl', 'info', 'accountExpires', 'memberOf', 'description', 'pwdLastSet'];

/** What the administrator sees at `base` (a DN), or `undefined`. */
export async function see(
  { admin }: DirectoryFixture,
  base: string,
  attributes: readonly string[] = SEEN,
): Promise<LdapEntry | undefined> {
  try {
    return (await admin.search({ base, scope: 'base', attributes }))[0];
  } catch (error) {
    if (error instanceof LdapError && error.resultCode === 32) return undefined;
    throw error;
  }
}

export function text(entry: LdapEntry | undefined, attribute: string): string | undefined {
  return entry?.attributes[attribute.toLowerCase()]?.[0]?.toString('utf8');
}

export function guidOf(entry: LdapEntry | undefined): string {
  return guidToString(entry!.attributes['objectguid']![0]!);
}

/** Whether a log-on as the account works; the refusal's sub-code when not. */
export async function tryLogOn(fixture: DirectoryFixture, samAccountName: string, password: string): Promise<string> {
  const name = `${samAccountName}@${fixture.domain.fqdn}`;
  try {
    (
      await openConnectionFor(fixture.config)(fixture.config.urls[0]!, { name, password: sensitive(password) })
    ).destroy();
    return 'ok';
  } catch (error) {
    if (error instanceof LdapError && error.bindData) return error.bindData;
    throw error;
  }
}
