import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hasPrefix, NAME_PROBLEMS, SAM_ACCOUNT_NAME_MAX_LENGTH, samAccountNameProblem } from './naming.ts';

test.each(['svc-payroll', 'a', 'A1', 'svc_backup.01', 'x'.repeat(20), 'svc-', 'svc_', 'com10'])(
  '%s is a name',
  (name) => {
    expect(samAccountNameProblem(name)).toBeUndefined();
  },
);

test.each([
  ['', 'must not be empty'],
  ['x'.repeat(21), 'must have at most 20 characters'],
  ['svc payroll', 'may have letters'],
  ['-svc', 'may have letters'],
  ['.svc', 'may have letters'],
  ['svc.', 'may have letters'],
  ['svc@corp', 'may have letters'],
  ['svc\npayroll', 'may have letters'],
  ['svc\n', 'may have letters'],
  ['dienst-ö', 'may have letters'],
  ['svc$', 'may have letters'],
  ['Administrator', 'is reserved'],
  ['krbtgt', 'is reserved'],
  ['SYSTEM', 'is reserved'],
  ['LPT9', 'is reserved'],
])('%j is refused: %s', (name, problem) => {
  expect(samAccountNameProblem(name)).toContain(problem);
});

/** `"/\[]:;|=,+*?<>@` and control characters are what Windows refuses; Samba takes some of them. */
test('no accepted name has a character that Windows refuses, is too long or ends with a dot', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ maxLength: 25 }), fc.stringMatching(/^[ -~]{1,22}$/)), (name) => {
      if (samAccountNameProblem(name) !== undefined) return;
      expect(name).toMatch(/^[^"/\\[\]:;|=,+*?<>@\s]+$/);
      expect(name.length).toBeLessThanOrEqual(SAM_ACCOUNT_NAME_MAX_LENGTH);
      expect(name.endsWith('.')).toBe(false);
    }),
  );
});

test.each(['administrator', 'Administrator', 'GUEST', 'krbtgt', 'System', 'everyone', 'nul', 'COM1', 'lpt9'])(
  '%s is reserved, in any case',
  (name) => expect(samAccountNameProblem(name)).toContain('is reserved'),
);

test.each(['administrator1', 'svc-guest', 'com10', 'systems'])('%s is not', (name) => {
  expect(samAccountNameProblem(name)).toBeUndefined();
});

test('each rule speaks for itself, and a name is good when none has anything to say', () => {
  const says = (name: string): string[] =>
    Object.entries(NAME_PROBLEMS).flatMap(([rule, problem]) => (problem(name) === undefined ? [] : [rule]));
  expect(says('')).toEqual(['length']);
  expect(says('x'.repeat(21))).toEqual(['length']);
  expect(says(`${'x'.repeat(20)}.`)).toEqual(['length', 'characters']);
  expect(says('guest')).toEqual(['reserved']);
  fc.assert(
    fc.property(fc.oneof(fc.string({ maxLength: 25 }), fc.constantFrom('guest', 'svc-a')), (name) => {
      expect(says(name).length === 0).toBe(samAccountNameProblem(name) === undefined);
    }),
  );
});

test('a prefix is compared without case', () => {
  expect(hasPrefix('SVC-payroll', 'svc-')).toBe(true);
  expect(hasPrefix('svc', 'svc-')).toBe(false);
});
