import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileNamingPattern } from './naming-pattern.ts';

function compiled(pattern: string) {
  const result = compileNamingPattern(pattern);
  if (result.outcome === 'refused') throw new Error(result.problem);
  return result.pattern;
}

test('the whole name must match, alternatives included', () => {
  const pattern = compiled('svc-[a-z]+|adm-[0-9]{2}');
  expect(['svc-payroll', 'adm-07'].map((name) => pattern.matches(name))).toEqual([true, true]);
  const others = ['xsvc-payroll', 'svc-payroll-1', 'svc-', 'adm-071', 'svc-payroll\n', 'SVC-payroll'];
  expect(others.filter((name) => pattern.matches(name))).toEqual([]);
});

test.each([
  ['svc-(', 'is not an RE2 expression'],
  ['(a)\\1', 'is not an RE2 expression'],
  ['(?=svc)', 'is not an RE2 expression'],
  ['((a{30}){30}){30}', 'is not an RE2 expression'],
  ['a{999}'.repeat(3), 'is too large'],
  ['x'.repeat(201), 'must have at most 200 characters'],
])('refuses %s', (pattern, problem) => {
  expect(compileNamingPattern(pattern)).toEqual({
    outcome: 'refused',
    problem: expect.stringContaining(problem) as string,
  });
});

test('patterns that hang backtracking engines answer at once', () => {
  const start = performance.now();
  for (const pattern of ['(a+)+b', '(a|a)*b', '(a|aa)+b', '(.*a){11}b', '([a-z]+)*b']) {
    expect(compiled(pattern).matches('a'.repeat(256))).toBe(false);
  }
  expect(performance.now() - start).toBeLessThan(2_000);
});

test('no pattern whatever takes long or throws', () => {
  const piece = fc.constantFrom(
    'a',
    '.',
    '[a-z]',
    '(',
    ')',
    '*',
    '+',
    '?',
    '|',
    '{2,9}',
    '{30}',
    '\\d',
    '^',
    '$',
    '\\pL',
  );
  const pattern = fc.oneof(
    fc.string({ maxLength: 220 }),
    fc.array(piece, { maxLength: 40 }).map((all) => all.join('')),
  );
  fc.assert(
    fc.property(pattern, fc.string({ maxLength: 64 }), (text, name) => {
      const start = performance.now();
      const result = compileNamingPattern(text);
      if (result.outcome === 'compiled') result.pattern.matches(name);
      return performance.now() - start < 1_000;
    }),
  );
});
