import { expect, test } from 'vitest';
import type { Drizzle } from '../client.ts';
import { createStatementCache } from './statement-cache.ts';

test('a statement is built once for each pool and key', () => {
  const statementOf = createStatementCache<string>();
  const built: string[] = [];
  const ask = (drizzle: Drizzle, pool: string, key: string) =>
    statementOf(drizzle, key, () => {
      built.push(`${pool} ${key}`);
      return `${pool} ${key}`;
    });
  const [one, other] = [{} as Drizzle, {} as Drizzle];
  for (let turn = 0; turn < 2; turn += 1) {
    expect(ask(one, 'one', 'a')).toBe('one a');
    expect(ask(one, 'one', 'b')).toBe('one b');
    expect(ask(other, 'other', 'a')).toBe('other a');
  }
  expect(built).toEqual(['one a', 'one b', 'other a']);
});
