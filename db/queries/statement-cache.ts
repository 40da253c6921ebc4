import type { Drizzle } from '../client.ts';

/**
 * A function that answers the statement of `key` on a connection pool and has `build` make it the first time only: for
 * drizzle building costs more than running. The text must depend on `key` alone; values come in through placeholders.
 * Prepare such statements as `''`: without a name they are none of the server, which poolers in between may not know.
 */
export function createStatementCache<Statement>() {
  const pools = new WeakMap<Drizzle, Map<string, Statement>>();
  return (drizzle: Drizzle, key: string, build: () => Statement): Statement => {
    const statements = pools.get(drizzle) ?? new Map<string, Statement>();
    pools.set(drizzle, statements);
    const statement = statements.get(key) ?? build();
    statements.set(key, statement);
    return statement;
  };
}
