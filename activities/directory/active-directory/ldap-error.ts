/** What an LDAP call that failed tells: codes, never texts. Servers put names and DNs into theirs. */

export class LdapError extends Error {
  override readonly name = 'LdapError';
  /** The call that failed. */
  readonly operation: string;
  /** The LDAP result code; `null` when no answer came, so that a write may have been done. */
  readonly resultCode: number | null;
  /** The Windows error that the server names, eight hex digits in upper case. */
  readonly win32: string | null;
  /** Why a bind was refused (`data 52e` and the like). */
  readonly bindData: string | null;
  /** Why no answer came: an error code of Node, or `closed`, `deadline`, `timeout`, `broken`. */
  readonly transport: string | null;

  constructor(facts: Pick<LdapError, 'operation' | 'resultCode' | 'win32' | 'bindData' | 'transport'>) {
    super(`LDAP ${facts.operation}: ${facts.transport ?? [facts.resultCode, facts.win32, facts.bindData].join(' ')}`);
    this.operation = facts.operation;
    this.resultCode = facts.resultCode;
    this.win32 = facts.win32;
    this.bindData = facts.bindData;
    this.transport = facts.transport;
  }
}

/** An answer of the server that is not success. `text` is searched for codes and dropped. */
export function resultError(operation: string, resultCode: number, text: string): LdapError {
  return new LdapError({
    operation,
    resultCode,
    win32: /^([0-9A-Fa-f]{8}):/.exec(text)?.[1]?.toUpperCase() ?? null,
    bindData: /\bdata ([0-9a-f]+)/.exec(text)?.[1] ?? null,
    transport: null,
  });
}

/** No answer. Also for tests that cut connections: this is how a cut looks from above. */
export function transportError(operation: string, transport: string): LdapError {
  return new LdapError({ operation, resultCode: null, win32: null, bindData: null, transport });
}

/** Whether `error` is the server's answer with one of `codes`. */
export function hasResult(error: unknown, ...codes: readonly number[]): boolean {
  return error instanceof LdapError && error.resultCode !== null && codes.includes(error.resultCode);
}

/** Whether another controller may do better: no answer, or one that says "not now". */
export function isControllerTrouble(error: unknown): boolean {
  return error instanceof LdapError && (error.resultCode === null || [1, 3, 11, 51, 52].includes(error.resultCode));
}
