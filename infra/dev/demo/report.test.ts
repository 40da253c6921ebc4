import { describe, expect, it } from 'vitest';
import { claimsTable, wrap } from './report.ts';

describe('the table of claims', () => {
  it('loses nothing when it wraps', () => {
    const text = `one two ${'x'.repeat(25)} three`;
    const lines = wrap(text, 10);
    expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(10);
  });

  it('says which claims hold, under their chapters', () => {
    const table = claimsTable([
      { chapter: 'A', claim: 'first', evidence: 'seen', holds: true },
      { chapter: 'A', claim: 'second', evidence: 'not seen', holds: false },
    ]);
    expect(table).toMatch(/^✓ first +seen$/m);
    expect(table).toMatch(/^✗ second +not seen$/m);
    expect(table.match(/^ {2}A$/gm)).toHaveLength(1);
  });
});
