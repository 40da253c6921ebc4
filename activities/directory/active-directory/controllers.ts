/**
 * The domain controllers of one domain. Each has one shared connection on which writes go one after the other (more
 * writers only make a controller slower) and reads are pipelined. An operation runs on one controller from its first
 * call to its last; only when that one does not answer is the whole operation begun again on the next.
 */
import type {
  LdapChange,
  LdapConnection,
  LdapEntry,
  LdapIdentity,
  OpenConnection,
  SearchRequest,
} from './connection.ts';
import type { LdapAttribute } from './connection.ts';
import { hasResult, isControllerTrouble, LdapError } from './ldap-error.ts';
import type { Control } from 'ldapts';

/** One controller, as the steps of an operation see it. Calls reject with an LdapError. */
export interface Controller {
  readonly url: string;
  add(dn: string, attributes: readonly LdapAttribute[]): Promise<void>;
  modify(dn: string, changes: readonly LdapChange[], controls?: readonly Control[]): Promise<void>;
  modifyDn(dn: string, newDn: string): Promise<void>;
  delete(dn: string): Promise<void>;
  search(request: SearchRequest): Promise<LdapEntry[]>;
  /** Logs on as somebody else, once, on a connection of its own: a bind on the shared one would change who we are. */
  logOn(identity: LdapIdentity): Promise<void>;
}

export interface Controllers {
  readonly all: readonly Controller[];
  /** Runs `work` on a controller, `preferredUrl` first, and on the others while the one before does not answer. */
  operate<T>(work: (controller: Controller) => Promise<T>, preferredUrl?: string): Promise<T>;
  close(): void;
}

export interface ControllersConfig {
  readonly urls: readonly string[];
  readonly identity: LdapIdentity;
  readonly open: OpenConnection;
  /** Servers close connections that are idle for 15 minutes; we do before. */
  readonly idleLimitMs: number;
  /** How long a wrong password of the engine is not tried again: every try counts towards a lockout. */
  readonly rejectionHoldMs: number;
  readonly now: () => number;
}

/** Sub-codes of a refused bind that count as a wrong password. */
const LOCKING_BIND_DATA = new Set(['52e', '525', '775']);

const OTHER_ERROR = 80;

export function createControllers(config: ControllersConfig): Controllers {
  const openAsEngine = holdingRejections(config);
  const shared = config.urls.map((url) => shareConnection(() => openAsEngine(url), config));
  const all = config.urls.map((url, index) => controllerOver(url, shared[index]!, config.open));
  let lastGood = all[0]!;

  const operate = async <T>(work: (controller: Controller) => Promise<T>, preferredUrl?: string): Promise<T> => {
    const first = all.find((controller) => controller.url === preferredUrl) ?? lastGood;
    let trouble: unknown;
    for (const controller of [first, ...all.filter((other) => other !== first)]) {
      try {
        const result = await againAfterOtherError(() => work(controller));
        lastGood = controller;
        return result;
      } catch (error) {
        if (!isControllerTrouble(error)) throw error;
        trouble ??= error;
      }
    }
    throw trouble;
  };
  return { all, operate, close: () => shared.forEach((each) => each.close()) };
}

/** "Other" is a passing fault or a bad request; the work reads before it writes, so one repetition is safe. */
async function againAfterOtherError<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!hasResult(error, OTHER_ERROR)) throw error;
    return work();
  }
}

/** Opens connections as the engine, and repeats a refusal for a while instead of asking again. */
function holdingRejections({
  open,
  identity,
  rejectionHoldMs,
  now,
}: ControllersConfig): (url: string) => Promise<LdapConnection> {
  let rejection: { error: LdapError; until: number } | undefined;
  return async (url) => {
    if (rejection && now() < rejection.until) throw rejection.error;
    try {
      const connection = await open(url, identity);
      rejection = undefined;
      return connection;
    } catch (error) {
      if (error instanceof LdapError && LOCKING_BIND_DATA.has(error.bindData ?? '')) {
        rejection = { error, until: now() + rejectionHoldMs };
      }
      throw error;
    }
  };
}

interface SharedConnection {
  use<T>(work: (connection: LdapConnection) => Promise<T>): Promise<T>;
  close(): void;
}

/** A connection opened at first use, by one caller for all who wait, and replaced when it broke or idled too long. */
function shareConnection(
  open: () => Promise<LdapConnection>,
  { idleLimitMs, now }: Pick<ControllersConfig, 'idleLimitMs' | 'now'>,
): SharedConnection {
  let current: LdapConnection | undefined;
  let opening: Promise<LdapConnection> | undefined;
  let callsUnderWay = 0;
  let lastUsedAt = 0;

  const usable = (): LdapConnection | undefined => {
    const idle = callsUnderWay === 0 && now() - lastUsedAt > idleLimitMs;
    if (current && !idle && current.isUsable()) return current;
    current?.destroy();
    return (current = undefined);
  };
  const openOnce = (): Promise<LdapConnection> =>
    (opening ??= open()
      .then((connection) => (current = connection))
      .finally(() => (opening = undefined)));

  return {
    async use(work) {
      const connection = usable() ?? (await openOnce());
      callsUnderWay += 1;
      try {
        return await work(connection);
      } finally {
        callsUnderWay -= 1;
        lastUsedAt = now();
      }
    },
    close() {
      current?.destroy();
      current = undefined;
    },
  };
}

function controllerOver(url: string, shared: SharedConnection, open: OpenConnection): Controller {
  let lastWrite: Promise<unknown> = Promise.resolve();
  const write = <T>(work: (connection: LdapConnection) => Promise<T>): Promise<T> => {
    const result = lastWrite.then(() => shared.use(work));
    lastWrite = result.catch(() => undefined);
    return result;
  };
  return {
    url,
    add: (dn, attributes) => write((connection) => connection.add(dn, attributes)),
    modify: (dn, changes, controls) => write((connection) => connection.modify(dn, changes, controls)),
    modifyDn: (dn, newDn) => write((connection) => connection.modifyDn(dn, newDn)),
    delete: (dn) => write((connection) => connection.delete(dn)),
    search: (request) => shared.use((connection) => connection.search(request)),
    logOn: async (identity) => (await open(url, identity)).destroy(),
  };
}
