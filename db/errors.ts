/**
 * What the database refused, without the values it was given. drizzle puts bound parameters into its messages and
 * Postgres puts row values into its own; both would end in workflow histories and logs.
 */
import { DrizzleQueryError } from 'drizzle-orm';

/** An error of the database. Its message and fields name codes, tables and constraints, never a value. */
export interface DatabaseFailure extends Error {
  readonly name: 'DatabaseFailure';
  /** Five characters by Postgres (appendix A of its manual), or `undefined` when no answer came. */
  readonly sqlState: string | undefined;
  readonly constraint: string | undefined;
  /** The same call may succeed later: Postgres was away, too busy, or chose this transaction as a deadlock's victim. */
  readonly transient: boolean;
}

/** Connection exceptions, resource shortage, shutdown and start-up, rollbacks by the server, statement timeout. */
const TRANSIENT_STATES = /^(?:08|53|57P0|40001|40P01|57014|25P03|55P03)/;

/** Node's codes for sockets and name resolution. pg has none of its own, only messages. */
const SOCKET_CODE = /^(?:E[A-Z_]+|CERT_[A-Z_]+|UNABLE_TO_[A-Z_]+|[A-Z_]*SELF_SIGNED[A-Z_]*)$/;
const DRIVER_MESSAGE =
  /^(?:Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client has encountered|Cannot use a pool after|Client was closed)/;

/** Runs `work`; errors of drizzle and pg come out as `DatabaseFailure`, all others as they are. */
export async function withoutParameters<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw isDriverError(error) ? databaseFailure(error) : error;
  }
}

export function isDatabaseFailure(error: unknown): error is DatabaseFailure {
  return error instanceof Error && error.name === 'DatabaseFailure';
}

function isDriverError(error: unknown): error is Error {
  if (!(error instanceof Error) || isDatabaseFailure(error)) return false;
  if (error instanceof DrizzleQueryError || sqlStateOf(error) !== undefined) return true;
  return SOCKET_CODE.test(textField(error, 'code') ?? '') || DRIVER_MESSAGE.test(error.message);
}

function databaseFailure(error: Error): DatabaseFailure {
  const cause = error instanceof DrizzleQueryError && error.cause instanceof Error ? error.cause : error;
  const sqlState = sqlStateOf(cause);
  const constraint = textField(cause, 'constraint');
  const failure = new Error(describe(cause, sqlState, constraint));
  // Without a SQLSTATE Postgres never answered: the connection is the trouble.
  const transient = sqlState === undefined || TRANSIENT_STATES.test(sqlState);
  return Object.assign(failure, { name: 'DatabaseFailure' as const, sqlState, constraint, transient });
}

function describe(cause: Error, sqlState: string | undefined, constraint: string | undefined): string {
  if (sqlState === undefined) {
    const code = textField(cause, 'code') ?? DRIVER_MESSAGE.exec(cause.message)?.[0];
    return `the database does not answer${code === undefined ? '' : ` (${code})`}`;
  }
  const table = textField(cause, 'table');
  const where = [table && `table ${table}`, constraint && `constraint ${constraint}`].filter(Boolean);
  return `the database refused a statement: ${[`SQLSTATE ${sqlState}`, ...where].join(', ')}`;
}

/** pg's errors carry `severity` beside the code; a Node error with a five-letter code (`EPIPE`) does not. */
function sqlStateOf(error: Error): string | undefined {
  const code = textField(error, 'code');
  return textField(error, 'severity') !== undefined && code?.length === 5 ? code : undefined;
}

function textField(error: Error, field: string): string | undefined {
  const value = (error as unknown as Record<string, unknown>)[field];
  return typeof value === 'string' ? value : undefined;
}
