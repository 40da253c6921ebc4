/** Looks at a domain from outside the product: with the administrator's rights, by the tools that everybody has. */
import { join } from 'node:path';
import { readFile } from 'node:fs/promises';
import { Client } from 'ldapts';
import { attempt, run } from '../command.ts';
import { writePrivately, type StackDomain } from '../state.ts';

/** An object as `ldapsearch` prints it, attribute names in lower case. */
export type Entry = Readonly<Record<string, readonly string[]>>;

const FLAGS: readonly (readonly [number, string])[] = [
  [0x2, 'ACCOUNTDISABLE'],
  [0x20, 'PASSWD_NOTREQD'],
  [0x200, 'NORMAL_ACCOUNT'],
  [0x10000, 'DONT_EXPIRE_PASSWORD'],
  [0x80000, 'TRUSTED_FOR_DELEGATION'],
  [0x100000, 'NOT_DELEGATED'],
];
const ATTRIBUTES = ['userAccountControl', 'accountExpires', 'memberOf', 'objectGUID', 'info', 'description'];
const USER_CHANGE_PASSWORD = 'ab721a53-1e2f-11d0-9819-00aa0040529b';
/** An entry of an ACL that denies this right, as bytes up to the trustee (MS-DTYP §2.4.4.12). */
const DENIED = '060028000001000001000000531a72ab2f1ed011981900aa0040529b';
/** S-1-5-10 and S-1-1-0, as bytes. */
const TRUSTEES = [
  ['self', '01010000000000050a000000'],
  ['everyone', '010100000000000100000000'],
] as const;

export interface Observer {
  readonly domain: StackDomain;
  /** The objects with this sAMAccountName, in the whole domain. */
  find(samAccountName: string): Promise<Entry[]>;
  /** The objects that bear the product's mark of this account, whatever their names, in the whole domain. */
  findMarked(accountId: string): Promise<Entry[]>;
  /** For whom the account's ACL denies the right to change its password: `self`, `everyone`. */
  deniedToChangePassword(distinguishedName: string): Promise<string[]>;
  /** Whether the domain accepts the password. */
  logsOn(distinguishedName: string, password: string): Promise<boolean>;
  /** Makes an OU below the one of the accounts, as the domain's administrator does; answers its distinguished name. */
  makeOrganizationalUnit(name: string): Promise<string>;
  /** A connection for those who must look often. */
  connect(): Promise<{
    exists(samAccountName: string): Promise<boolean>;
    /** The same as above, without a program for each look. */
    deniedToChangePassword(distinguishedName: string): Promise<string[]>;
    close(): Promise<void>;
  }>;
}

/** `stateFolder` is the stack's: the controller's own database is below it. */
export async function observe(stateFolder: string, domain: StackDomain): Promise<Observer> {
  const url = domain.ldapsUrls[0]!;
  const passwordFile = join(stateFolder, 'secrets', `administrator-${domain.fqdn}`);
  await writePrivately(passwordFile, domain.administratorPassword);
  const tlsOptions = { ca: [await readFile(domain.caFile, 'utf8')] };
  const connectAs = async (dn: string, password: string): Promise<Client> => {
    const client = new Client({ url, tlsOptions, connectTimeout: 5000, timeout: 5000 });
    try {
      await client.bind(dn, password);
      return client;
    } catch (error) {
      await client.unbind().catch(() => undefined);
      throw error;
    }
  };
  const search = async (filter: string): Promise<Entry[]> => {
    const who = ['-D', domain.administratorDn, '-y', passwordFile];
    const what = ['-b', domain.baseDn, filter, ...ATTRIBUTES];
    const output = await run('ldapsearch', ['-x', '-LLL', '-o', 'ldif-wrap=no', '-H', url, ...who, ...what], {
      env: { LDAPTLS_CACERT: domain.caFile, LDAPTLS_REQCERT: 'demand' },
    });
    return parseLdif(output);
  };
  return {
    domain,
    find: (samAccountName) => search(`(sAMAccountName=${samAccountName})`),
    findMarked: (accountId) => search(`(info=*${accountId}*)`),
    async deniedToChangePassword(distinguishedName) {
      const database = join(stateFolder, 'samba', domain.fqdn, 'private/sam.ldb');
      const { stdout } = await attempt('samba-tool', [
        'dsacl',
        'get',
        `--objectdn=${distinguishedName}`,
        '-H',
        database,
      ]);
      return [
        [';;PS)', 'self'],
        [';;WD)', 'everyone'],
      ].flatMap(([trustee, name]) => (stdout.includes(`(OD;;CR;${USER_CHANGE_PASSWORD}${trustee}`) ? [name!] : []));
    },
    async logsOn(distinguishedName, password) {
      const client = await connectAs(distinguishedName, password).catch((error: unknown) => {
        if ((error as { code?: unknown }).code === 49) return undefined;
        throw error;
      });
      await client?.unbind();
      return client !== undefined;
    },
    async makeOrganizationalUnit(name) {
      const distinguishedName = `OU=${name},${domain.accountsOu}`;
      const client = await connectAs(domain.administratorDn, domain.administratorPassword);
      await client.add(distinguishedName, { objectClass: 'organizationalUnit' }).finally(() => client.unbind());
      return distinguishedName;
    },
    async connect() {
      const client = await connectAs(domain.administratorDn, domain.administratorPassword);
      return {
        async exists(samAccountName) {
          const filter = `(sAMAccountName=${samAccountName})`;
          const { searchEntries } = await client.search(domain.accountsOu, {
            scope: 'sub',
            filter,
            attributes: ['cn'],
          });
          return searchEntries.length > 0;
        },
        async deniedToChangePassword(distinguishedName) {
          const attributes = ['nTSecurityDescriptor'];
          const options = { scope: 'base', attributes, explicitBufferAttributes: attributes } as const;
          const { searchEntries } = await client.search(distinguishedName, options);
          const descriptor = searchEntries[0]?.['nTSecurityDescriptor'] as Buffer;
          return TRUSTEES.filter(([, sid]) => descriptor.includes(Buffer.from(DENIED + sid, 'hex'))).map(
            ([name]) => name,
          );
        },
        close: () => client.unbind(),
      };
    },
  };
}

/** The entries of `ldapsearch -LLL -o ldif-wrap=no`; values in base64 stay so, except distinguished names. */
export function parseLdif(text: string): Entry[] {
  return text
    .split(/\n\n+/)
    .filter((block) => /^dn::? /m.test(block))
    .map((block) => {
      const entry: Record<string, string[]> = {};
      for (const line of block.split('\n')) {
        const match = /^([A-Za-z][\w-]*)(::?) (.*)$/.exec(line);
        if (!match) continue;
        const [, name, kind, value] = match as unknown as [string, string, string, string];
        const isDn = ['dn', 'memberof'].includes(name.toLowerCase());
        (entry[name.toLowerCase()] ??= []).push(
          kind === '::' && isDn ? Buffer.from(value, 'base64').toString() : value,
        );
      }
      return entry;
    });
}

export function controlOf(entry: Entry): number {
  return Number(entry['useraccountcontrol']?.[0]);
}

export function isEnabled(entry: Entry): boolean {
  return (controlOf(entry) & 0x2) === 0;
}

/** `userAccountControl` as people read it. */
export function describeControl(entry: Entry): string {
  const control = controlOf(entry);
  return `${control} = ${FLAGS.flatMap(([bit, name]) => (control & bit ? [name] : [])).join(' + ')}`;
}

/** `accountExpires` as an instant; undefined for never. */
export function expiryOf(entry: Entry): Date | undefined {
  const filetime = BigInt(entry['accountexpires']?.[0] ?? '0');
  if (filetime === 0n || filetime >= 0x7fffffffffffffffn) return undefined;
  return new Date(Number((filetime - 116444736000000000n) / 10000n));
}
