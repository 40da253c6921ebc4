/**
 * Cuts LDAP calls: `before` the call (nothing happened) or `after` it (the effect happened, the answer was lost). Every
 * call counts, the opening of a connection too. It wraps the one door through which the product reaches a directory.
 */
import type { LdapConnection, OpenConnection } from '../../activities/directory/active-directory/connection.ts';
import { transportError } from '../../activities/directory/active-directory/ldap-error.ts';

export type Cut = 'before' | 'after';

export interface FaultyDirectory {
  readonly openConnection: OpenConnection;
  /** The names of the calls so far, in order. */
  readonly calls: string[];
  /** Cuts the call with this index (0 is the first after this) once. */
  cutNext(index: number, cut: Cut): void;
  readonly wasCut: () => boolean;
}

export function faultyDirectory(open: OpenConnection): FaultyDirectory {
  const calls: string[] = [];
  let planned: { index: number; cut: Cut } | undefined;
  let done = false;

  const guard = async <T>(name: string, call: () => Promise<T>, destroy?: () => void): Promise<T> => {
    const index = calls.push(name) - 1;
    if (planned?.index !== index) return call();
    const { cut } = planned;
    planned = undefined;
    done = true;
    if (cut === 'after') {
      const result = await call();
      if (name === 'open') (result as LdapConnection).destroy();
    }
    destroy?.();
    throw transportError(name, `cut ${cut}`);
  };
  const wrap = (connection: LdapConnection): LdapConnection => {
    const cut = <T>(name: string, call: () => Promise<T>): Promise<T> => guard(name, call, () => connection.destroy());
    return {
      isUsable: () => connection.isUsable(),
      add: (...args) => cut('add', () => connection.add(...args)),
      modify: (...args) => cut('modify', () => connection.modify(...args)),
      modifyDn: (...args) => cut('modifyDn', () => connection.modifyDn(...args)),
      delete: (...args) => cut('delete', () => connection.delete(...args)),
      search: (...args) => cut('search', () => connection.search(...args)),
      destroy: () => connection.destroy(),
    };
  };
  return {
    openConnection: async (url, identity) => wrap(await guard('open', () => open(url, identity))),
    calls,
    cutNext(index, cut) {
      planned = { index: calls.length + index, cut };
      done = false;
    },
    wasCut: () => done,
  };
}
