/** The runbook names every code that can block an account: those that engines raise, and what holds a step back. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ERRORS } from '../../contracts/errors.ts';

test('docs/operate/blocked-accounts.md has a row per code that blocks', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/operate/blocked-accounts.md'), 'utf8');
  const rows = [...page.matchAll(/^\| \[(\w+)\]/gm)].map((match) => match[1]!);
  const blocking = Object.keys(ERRORS).filter((code) =>
    /^(?:Directory|Vault|Engine|Unexpected|InvalidRequest|Frozen|BrakeEngaged)/.test(code),
  );
  expect(rows.sort()).toEqual(blocking.sort());
});
