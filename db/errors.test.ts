import { DrizzleQueryError } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { isDatabaseFailure, withoutParameters } from './errors.ts';

const VALUE = 'value-nobody-may-see';

/** As pg throws it: values are in message, detail and where. */
const postgresError = (code: string, fields: Record<string, string> = {}) =>
  Object.assign(new Error(`duplicate key value violates ... "${VALUE}"`), {
    severity: 'ERROR',
    code,
    detail: `Key (name)=(${VALUE}) already exists.`,
    where: `unnamed portal parameter $1 = '${VALUE}'`,
    ...fields,
  });

const byDrizzle = (cause: Error) => new DrizzleQueryError('insert into users values ($1)', [VALUE], cause);

async function failureOf(error: Error): Promise<unknown> {
  return withoutParameters(() => Promise.reject(error)).catch((thrown: unknown) => thrown);
}

describe('what comes out of a refused statement', () => {
  const refused = byDrizzle(postgresError('23505', { table: 'users', constraint: 'users_pkey' }));

  test('names code, table and constraint', async () => {
    expect(await failureOf(refused)).toMatchObject({
      name: 'DatabaseFailure',
      message: 'the database refused a statement: SQLSTATE 23505, table users, constraint users_pkey',
      sqlState: '23505',
      constraint: 'users_pkey',
      transient: false,
    });
  });

  test('has no value anywhere, own fields, cause and stack included', async () => {
    const failure = (await failureOf(refused)) as Error;
    const everything = Object.getOwnPropertyNames(failure).map((name) => String(Reflect.get(failure, name)));
    expect(everything.join('\n')).not.toContain(VALUE);
    expect(failure.cause).toBeUndefined();
  });

  test('stays the same when it passes another layer', async () => {
    const failure = await failureOf(refused);
    expect(await failureOf(failure as Error)).toBe(failure);
  });
});

test.each([
  ['a deadlock', '40P01', true],
  ['a failed serialisation', '40001', true],
  ['too many connections', '53300', true],
  ['a shutdown', '57P01', true],
  ['a start-up', '57P03', true],
  ['a statement timeout', '57014', true],
  ['a lost connection', '08006', true],
  ['a full disk', '53100', true],
  ['a missing column', '42703', false],
  ['a value that is not a uuid', '22P02', false],
  ['a wrong password', '28P01', false],
])('%s (%s) is transient: %s', async (_what, sqlState, transient) => {
  expect(await failureOf(byDrizzle(postgresError(sqlState)))).toMatchObject({ sqlState, transient });
});

test.each([
  ['a refused connection', Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }), '(ECONNREFUSED)'],
  ['a broken pipe', byDrizzle(Object.assign(new Error('write'), { code: 'EPIPE' })), '(EPIPE)'],
  ['an unknown host', Object.assign(new Error('dns'), { code: 'ENOTFOUND' }), '(ENOTFOUND)'],
  ['a cut connection', byDrizzle(new Error('Connection terminated unexpectedly')), '(Connection terminated)'],
  ['no free connection', new Error('timeout exceeded when trying to connect'), '(timeout exceeded'],
  ['a silent server', new Error('Query read timeout'), '(Query read timeout)'],
])('%s is transient and says so', async (_what, error, told) => {
  const failure = await failureOf(error);
  expect(failure).toMatchObject({ transient: true, sqlState: undefined });
  expect((failure as Error).message).toContain(told);
});

test('an error of our own passes unchanged', async () => {
  const bug = new TypeError('undefined is not a function');
  expect(await failureOf(bug)).toBe(bug);
  expect(isDatabaseFailure(bug)).toBe(false);
});
