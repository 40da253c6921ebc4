/** Cuts one call of an engine, to the directory or to the vault, at a chosen moment. */
import type { LdapConnection, OpenConnection } from '../../activities/directory/active-directory/connection.ts';
import { transportError } from '../../activities/directory/active-directory/ldap-error.ts';
import type { VaultFetch } from '../../activities/vault/kv/transport.ts';

/** `before`: nothing happened. `during`: it happened, the answer was lost. `after`: answered, and everything is gone. */
export const MOMENTS = ['before', 'during', 'after'] as const;
export type Moment = (typeof MOMENTS)[number];

/** Longer than what an attempt does on its own, shorter than the pause before the next one. */
const OUTAGE_MS = 600;

export interface Faults {
  /** The calls since `begin`, in order, such as `ldap add` or `vault PATCH`. */
  readonly calls: readonly string[];
  /** Counts from zero again; cuts the call of this index, or none. */
  begin(cut?: { readonly index: number; readonly moment: Moment }): void;
  /** Whether the planned cut came about. */
  wasCut(): boolean;
  openConnection(open: OpenConnection): OpenConnection;
  fetch(inner: VaultFetch): VaultFetch;
}

export function createFaults(): Faults {
  let calls: string[] = [];
  let planned: { readonly index: number; readonly moment: Moment } | undefined;
  let deadUntil = 0;
  let done = false;

  const guard = async <T>(name: string, call: () => Promise<T>, cut: () => Error): Promise<T> => {
    if (performance.now() < deadUntil) throw cut();
    const index = calls.push(name) - 1;
    if (planned?.index !== index) return call();
    const { moment } = planned;
    planned = undefined;
    done = true;
    const result = moment === 'before' ? undefined : await call();
    deadUntil = performance.now() + OUTAGE_MS;
    if (moment === 'after') return result as T;
    throw cut();
  };

  const wrap = (connection: LdapConnection): LdapConnection => {
    const through = <T>(name: string, call: () => Promise<T>): Promise<T> =>
      guard(`ldap ${name}`, call, () => {
        connection.destroy();
        return transportError(name, 'cut by the test');
      });
    return {
      isUsable: () => performance.now() >= deadUntil && connection.isUsable(),
      add: (...args) => through('add', () => connection.add(...args)),
      modify: (...args) => through('modify', () => connection.modify(...args)),
      modifyDn: (...args) => through('modifyDn', () => connection.modifyDn(...args)),
      delete: (...args) => through('delete', () => connection.delete(...args)),
      search: (...args) => through('search', () => connection.search(...args)),
      destroy: () => connection.destroy(),
    };
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
    openConnection: (open) => async (url, identity) =>
      wrap(
        await guard(
          'ldap bind',
          () => open(url, identity),
          () => transportError('bind', 'cut by the test'),
        ),
      ),
    fetch: (inner) => async (url, init) =>
      guard(
        `vault ${init.method}`,
        () => inner(url, init),
        () => Object.assign(new Error('cut by the test'), { code: 'ECONNRESET' }),
      ),
  };
}
