/**
 * One bound LDAPS connection as a narrow interface. Whatever goes wrong on the wire ends it: the library's parser keeps
 * half-received messages, reconnects silently, and goes on unauthenticated, so a connection is never mended, only replaced.
 */
import { debuglog } from 'node:util';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { Attribute, Change, Client, ResultCodeError, type Control, type Entry, type Filter } from 'ldapts';
import type { Sensitive } from '../../../infra/runtime/sensitive.ts';
import { LdapError, resultError, transportError } from './ldap-error.ts';

export interface LdapAttribute {
  readonly type: string;
  /** Text, or a Buffer for binary values. No values in a `replace` clear the attribute. */
  readonly values: readonly string[] | readonly Buffer[];
}

export interface LdapChange extends LdapAttribute {
  readonly operation: 'add' | 'delete' | 'replace';
}

export interface SearchRequest {
  readonly base: string;
  readonly scope: 'base' | 'one' | 'sub';
  readonly filter?: Filter;
  /** From fixed lists in the code only. */
  readonly attributes: readonly string[];
  readonly controls?: readonly Control[];
}

/** An entry as it came: attribute names in lower case, values as bytes. An absent attribute has no key. */
export interface LdapEntry {
  readonly dn: string;
  readonly attributes: Readonly<Record<string, readonly Buffer[]>>;
}

/** Every call rejects with an {@link LdapError} and nothing else. */
export interface LdapConnection {
  /** `false` once the connection must not be used any more. */
  isUsable(): boolean;
  add(dn: string, attributes: readonly LdapAttribute[]): Promise<void>;
  modify(dn: string, changes: readonly LdapChange[], controls?: readonly Control[]): Promise<void>;
  modifyDn(dn: string, newDn: string): Promise<void>;
  delete(dn: string): Promise<void>;
  /** Never follows a referral: the server would choose where our credentials go. */
  search(request: SearchRequest): Promise<LdapEntry[]>;
  /** Closes the socket at once; calls under way reject. Any number of times. */
  destroy(): void;
}

export interface LdapIdentity {
  /** A DN or a user principal name. */
  readonly name: string;
  readonly password: Sensitive<string>;
}

/** Opens and binds a connection, or rejects with an {@link LdapError}. The only way to reach a server. */
export type OpenConnection = (url: string, identity: LdapIdentity) => Promise<LdapConnection>;

export interface ConnectionSettings {
  /** PEM certificates of the authorities that may vouch for a controller. There is no way to go without. */
  readonly ca: string;
  readonly connectTimeoutMs: number;
  readonly operationTimeoutMs: number;
}

/** How much longer our own deadline is than the library's, which does not cover every way to hang. */
const DEADLINE_MARGIN_MS = 1_000;

/** Results after which the state of the connection is not what we think it is. */
const DISCARDING_RESULTS = new Set([1, 3, 8, 49, 51, 52]);

/** Refuses settings under which secrets would leave the process: throws a plain Error, for people to read at the start. */
export function assertSafeToConnect(urls: readonly string[]): void {
  if (debuglog('ldapts').enabled) {
    throw new Error('NODE_DEBUG includes ldapts, which prints passwords in clear: start without it');
  }
  if (urls.length === 0) throw new Error('no domain controller is given');
  for (const url of urls) {
    if (!URL.canParse(url) || new URL(url).protocol !== 'ldaps:') {
      throw new Error('a domain controller must be given as ldaps://host[:port]');
    }
  }
}

/** The real {@link OpenConnection}: LDAPS by ldapts, certificates verified, TLS 1.2 or newer, simple bind. */
export function createOpenConnection(settings: ConnectionSettings): OpenConnection {
  return async (url, identity) => {
    assertSafeToConnect([url]);
    assertIdentity(identity);
    let socket: TLSSocket | undefined;
    const client = new Client({
      url,
      timeout: settings.operationTimeoutMs,
      connectTimeout: settings.connectTimeoutMs,
      autoRebind: false,
      tlsOptions: { ca: settings.ca, minVersion: 'TLSv1.2', rejectUnauthorized: true },
      // Keeps the socket within reach: only its owner can end a connection that hangs.
      createSecureConnection: ((port: number, host: string, options: ConnectionOptions) =>
        (socket = connect(port, host, options))) as typeof connect,
    });
    const destroy = (): void => void socket?.destroy();
    const deadlineMs = settings.connectTimeoutMs + settings.operationTimeoutMs;
    await guarded('bind', deadlineMs, destroy, () => client.bind(identity.name, identity.password.reveal())).catch(
      (error: unknown) => {
        destroy();
        throw error;
      },
    );
    // The library notices only later that its socket was destroyed; until then the next caller would be given it.
    const isUsable = (): boolean => client.isBound && socket?.destroyed === false;
    return connectionOver({ client, isUsable, destroy, operationTimeoutMs: settings.operationTimeoutMs });
  };
}

/** An empty password is an anonymous bind, which "succeeds" on Windows; some bare words are SASL mechanisms to the library. */
function assertIdentity({ name, password }: LdapIdentity): void {
  if (!/[=@]/.test(name)) throw new Error('the name to log on with must be a DN or a user principal name');
  if (password.reveal() === '') throw new Error('the password to log on with is empty');
}

interface Opened {
  readonly client: Client;
  readonly isUsable: () => boolean;
  readonly destroy: () => void;
  readonly operationTimeoutMs: number;
}

function connectionOver({ client, isUsable, destroy, operationTimeoutMs }: Opened): LdapConnection {
  const run = <T>(operation: string, work: () => Promise<T>): Promise<T> => {
    if (!isUsable()) {
      destroy();
      return Promise.reject(transportError(operation, 'closed'));
    }
    return guarded(operation, operationTimeoutMs + DEADLINE_MARGIN_MS, destroy, work);
  };
  return {
    isUsable,
    add: (dn, attributes) => run('add', () => client.add(dn, attributes.map(toAttribute))),
    modify: (dn, changes, controls = []) =>
      run('modify', () => client.modify(dn, changes.map(toChange), [...controls])),
    modifyDn: (dn, newDn) => run('modifyDn', () => client.modifyDN(dn, newDn)),
    delete: (dn) => run('delete', () => client.del(dn)),
    search: ({ base, scope, filter, attributes, controls = [] }) =>
      run('search', async () => {
        const timeLimit = Math.ceil(operationTimeoutMs / 1000);
        const options = { scope, attributes: [...attributes], timeLimit, ...(filter ? { filter } : {}) };
        const { searchEntries } = await client.search(base, options, [...controls]);
        return searchEntries.map(toEntry);
      }),
    destroy,
  };
}

/** Runs one call under its own deadline, turns every error into an LdapError, and ends the connection where it must. */
async function guarded<T>(
  operation: string,
  deadlineMs: number,
  destroy: () => void,
  work: () => Promise<T>,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(transportError(operation, 'deadline')), deadlineMs);
  });
  try {
    return await Promise.race([work(), deadline]);
  } catch (error) {
    const ldapError = toLdapError(operation, error);
    if (ldapError.resultCode === null || DISCARDING_RESULTS.has(ldapError.resultCode)) destroy();
    throw ldapError;
  } finally {
    clearTimeout(timer);
  }
}

function toLdapError(operation: string, error: unknown): LdapError {
  if (error instanceof LdapError) return error;
  if (error instanceof ResultCodeError) return resultError(operation, error.code, error.message);
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return transportError(operation, code ?? (String(error).includes('timed out') ? 'timeout' : 'broken'));
}

function toAttribute({ type, values }: LdapAttribute): Attribute {
  return new Attribute({ type, values: [...values] as string[] | Buffer[] });
}

function toChange(change: LdapChange): Change {
  return new Change({ operation: change.operation, modification: toAttribute(change) });
}

/** The library gives scalars, arrays, text or bytes by chance of the content; we give bytes. */
function toEntry({ dn, ...attributes }: Entry): LdapEntry {
  const pairs = Object.entries(attributes).map(([name, value]): [string, Buffer[]] => {
    const values = Array.isArray(value) ? value : [value];
    return [name.toLowerCase(), values.map((each) => (Buffer.isBuffer(each) ? each : Buffer.from(each, 'utf8')))];
  });
  return { dn, attributes: Object.fromEntries(pairs.filter(([, values]) => values.length > 0)) };
}
