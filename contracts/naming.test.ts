import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SAM_ACCOUNT_NAME_MAX_LENGTH, samAccountNameProblem } from './naming.ts';

test.each(['svc-payroll', 'a', 'A1', 'svc_backup.01', 'x'.repeat(20), 'svc-', 'svc_'])('%s is a name', (name) => {
  expect(samAccountNameProblem(name)).toBeUndefined();
});

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
