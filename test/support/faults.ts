/** Steps between an engine and what it calls, and cuts one call, to the directory or to the vault, at a chosen moment. */
import { openConnectionFor } from '../../activities/directory/active-directory/active-directory.ts';
import type { LdapConnection, OpenConnection } from '../../activities/directory/active-directory/connection.ts';
import { transportError } from '../../activities/directory/active-directory/ldap-error.ts';
import { createHttpsFetch, type HttpsFetch } from '../../activities/vault/https-fetch.ts';
import { directoryConfigOf, type EngineConfiguration, type EngineConnections } from '../../workers/compose-engine.ts';

/** `before`: nothing happened. `during`: it happened, the answer was lost. `after`: answered, and everything is gone. */
export const MOMENTS = ['before', 'during', 'after'] as const;
export type Moment = (typeof MOMENTS)[number];

/** Longer than what an attempt does on its own, shorter than the pause before the next one. */
const SHORT_OUTAGE_MS = 600;

/** Sees every call by name, such as `ldap add` or `vault PATCH`: does it, or fails with what `cut` makes of its result. */
export type Intercept = <T>(name: string, call: () => Promise<T>, cut: (result?: T) => Error) => Promise<T>;

/** The ways out of an engine, with the test in between. */
export interface Ports {
  openConnection(open: OpenConnection): OpenConnection;
  fetch(inner: HttpsFetch): HttpsFetch;
}

/** The connections of an engine of this configuration, by way of `ports`. */
export function connectionsThrough(ports: Ports, configuration: EngineConfiguration): EngineConnections {
  return {
    openConnection: ports.openConnection(openConnectionFor(directoryConfigOf(configuration))),
    fetch: ports.fetch(createHttpsFetch(configuration.vaultCaPem)),
  };
}

/** Ports that `intercept` every call. While `isDown`, open connections are not usable. */
export function createPorts(intercept: Intercept, isDown = (): boolean => false): Ports {
  const wrap = (connection: LdapConnection): LdapConnection => {
    const through = <T>(name: string, call: () => Promise<T>): Promise<T> =>
      intercept(`ldap ${name}`, call, () => {
        connection.destroy();
        return transportError(name, 'cut by the test');
      });
    return {
      isUsable: () => !isDown() && connection.isUsable(),
      add: (...args) => through('add', () => connection.add(...args)),
      modify: (...args) => through('modify', () => connection.modify(...args)),
      modifyDn: (...args) => through('modifyDn', () => connection.modifyDn(...args)),
      delete: (...args) => through('delete', () => connection.delete(...args)),
      search: (...args) => through('search', () => connection.search(...args)),
      destroy: () => connection.destroy(),
    };
  };
  return {
    openConnection: (open) => async (url, identity) =>
      wrap(
        await intercept(
          'ldap bind',
          () => open(url, identity),
          (opened) => {
            opened?.destroy();
            return transportError('bind', 'cut by the test');
          },
        ),
      ),
    fetch: (inner) => async (url, init) =>
      intercept(
        `vault ${init.method}`,
        () => inner(url, init),
        () => Object.assign(new Error('cut by the test'), { code: 'ECONNRESET' }),
      ),
  };
}

export interface Faults extends Ports {
  /** For connections of other kinds. */
  readonly intercept: Intercept;
  /** The calls since `begin`, in order, such as `ldap add` or `vault PATCH`. */
  readonly calls: readonly string[];
  /** Counts from zero again; cuts the call of this index, or none. */
  begin(cut?: { readonly index: number; readonly moment: Moment }): void;
  /** Whether the planned cut came about. */
  wasCut(): boolean;
}

/** After a cut every call fails for `outageMs`: 0 cuts the one call only, Infinity is the engine's death. */
export function createFaults({ outageMs = SHORT_OUTAGE_MS } = {}): Faults {
  let calls: string[] = [];
  let planned: { readonly index: number; readonly moment: Moment } | undefined;
  let deadUntil = 0;
  let done = false;

  const guard: Intercept = async (name, call, cut) => {
    if (performance.now() < deadUntil) throw cut();
    const index = calls.push(name) - 1;
    if (planned?.index !== index) return call();
    const { moment } = planned;
    planned = undefined;
    done = true;
    const result = moment === 'before' ? undefined : await call();
    deadUntil = performance.now() + outageMs;
    if (moment === 'after') return result!;
    throw cut(result);
  };

  return {
    get calls() {
      return calls;
    },
    begin(cut) {
      calls = [];
      planned = cut;
      done = false;
    },
    wasCut: () => done,
    intercept: guard,
    ...createPorts(guard, () => performance.now() < deadUntil),
  };
}
