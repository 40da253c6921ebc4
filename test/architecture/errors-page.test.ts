/** `docs/errors.md` has one section per code of the catalogue, in its order, and says the same about it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ERRORS } from '../../contracts/errors.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/errors.md'), 'utf8');

const sections = page
  .split(/^### /m)
  .slice(1)
  .map((text) => ({ code: text.slice(0, text.indexOf('\n')).trim(), text: text.split(/^## /m)[0]! }));

const RETRY_WORDS = { yes: 'retried by itself', slowly: 'retried slowly', no: 'waits for a person' };

test('the page has exactly the codes of the catalogue, in its order', () => {
  expect(sections.map((section) => section.code)).toEqual(Object.keys(ERRORS));
});

test.each(sections)('$code: status, retry, meaning, cause and remedy', ({ code, text }) => {
  const { httpStatus, retry } = ERRORS[code as keyof typeof ERRORS];
  expect(text).toContain(`\nHTTP ${httpStatus} · ${RETRY_WORDS[retry]}\n`);
  for (const part of ['Meaning', 'Cause', 'Remedy']) {
    expect(text, part).toMatch(new RegExp(`^- \\*\\*${part}:\\*\\* \\S.{10,}`, 'm'));
  }
});
