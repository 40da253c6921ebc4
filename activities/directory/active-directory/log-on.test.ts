import { describe, expect, it } from 'vitest';
import { resultError, transportError } from './ldap-error.ts';
import { logOnProblem } from './log-on.ts';

const account = (expiresAt: string | null) => ({ samAccountName: 'svc-x', expiresAt });
const refused = (bindData: string) =>
  resultError('bind', 49, `comment: AcceptSecurityContext error, data ${bindData}, v1db1`);
const now = Date.parse('2030-01-01T00:00:00.000Z');

describe('a refused log-on', () => {
  it.each(['52e', '525', '533', '532', '773', '775', '701'])(
    'with %s is a mismatch, to be mended by another attempt',
    (data) => {
      expect(logOnProblem(refused(data), account(null), now)).toMatchObject({ type: 'DirectoryReadBackMismatch' });
    },
  );

  it.each(['530', '531'])('with %s proves the password', (data) => {
    expect(logOnProblem(refused(data), account(null), now)).toBeUndefined();
  });

  it('because of expiry proves the password when the end has passed', () => {
    expect(logOnProblem(refused('701'), account('2029-12-31T00:00:00.000Z'), now)).toBeUndefined();
    expect(logOnProblem(refused('701'), account('2030-12-31T00:00:00.000Z'), now)).toBeDefined();
  });

  it('for another reason comes back as it is', () => {
    const lost = transportError('bind', 'ECONNRESET');
    expect(logOnProblem(lost, account(null), now)).toBe(lost);
    const busy = resultError('bind', 51, '');
    expect(logOnProblem(busy, account(null), now)).toBe(busy);
  });
});
