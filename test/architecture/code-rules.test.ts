/** Proves that the code rules which guard something are on: each line of bad code is noticed by its rule. */
import { join } from 'node:path';
import { ESLint } from 'eslint';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');

/** Linted as if it were a file of `contracts`, where all rules hold. */
const BAD_CODE = `
import { type AccountAction } from './lifecycle.ts';
export * from './errors.ts';
export function bad(action: AccountAction): void {
  Promise.resolve(1);
  [1].forEach(async () => { await Promise.resolve(process.env.X); });
  console.log(new Date(), Math.random());
  console.log({ rejectUnauthorized: false });
  switch (action) { case 'decide': console.log(action == 'decide'); }
}
export let counted = 0;
const seen: string[] = [];
const byName = {};
export const known = new Map([['a', 1]]);
class Counter { static count = 0; }
`;

const EXPECTED = [
  ['@typescript-eslint/no-import-type-side-effects', 2],
  ['no-restricted-syntax', 3], // no barrels
  ['@typescript-eslint/no-floating-promises', 5],
  ['@typescript-eslint/no-misused-promises', 6],
  ['no-restricted-properties', 6], // process.env
  ['no-restricted-syntax', 7], // no clock in contracts
  ['no-restricted-properties', 7], // Math.random
  ['no-console', 7],
  ['no-restricted-syntax', 8], // rejectUnauthorized
  ['@typescript-eslint/switch-exhaustiveness-check', 9],
  ['eqeqeq', 9],
  // No state in modules that all workflows share.
  ...[11, 12, 13, 14, 15].map((line) => ['no-restricted-syntax', line] as const),
] as const;

test('each bad line is noticed by its rule', { timeout: 180_000 }, async () => {
  const eslint = new ESLint({ cwd: root });
  const [result] = await eslint.lintText(BAD_CODE, { filePath: join(root, 'contracts/ids.ts') });
  const found = result!.messages.map((message) => `${message.line} ${message.ruleId}`);
  expect(found).toEqual(expect.arrayContaining(EXPECTED.map(([rule, line]) => `${line} ${rule}`)));
});
