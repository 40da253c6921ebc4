import type { ApplicationFailure } from '@temporalio/common';
import { CancelledFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { failure } from '../../failure.ts';
import { codeOf, toFailure } from './failures.ts';
import { resultError, transportError } from './ldap-error.ts';

describe('the catalogue code of an LDAP result', () => {
  it.each([
    [1, '00002020: Operation unavailable without authentication', 'DirectoryUnavailable'],
    [1, '000004DC: LdapErr: DSID-0C090A5C', 'DirectoryUnavailable'],
    [3, '', 'DirectoryUnavailable'],
    [8, 'BindSimple: Transport encryption required.', 'DirectoryRejected'],
    [10, '0000202B: RefErr', 'DirectoryRejected'],
    [16, '', 'DirectoryRejected'],
    [19, '0000052D: Constraint violation - check_password_restrictions: too short', 'DirectoryPasswordRejected'],
    [53, '0000052D: SvcErr: DSID-031A12D2', 'DirectoryPasswordRejected'],
    [19, '000021C8: AtrErr', 'DirectoryNameConflict'],
    [19, '00002081: AtrErr', 'DirectoryRejected'],
    [32, '00002030: parent does not exist', 'DirectoryObjectMissing'],
    [34, '', 'DirectoryRejected'],
    [
      49,
      '80090308: LdapErr: DSID-0C0903A9, comment: AcceptSecurityContext error, data 52e, v1db1',
      'DirectoryBindRejected',
    ],
    [50, '00002098: no write property access', 'DirectoryAccessDenied'],
    [51, '', 'DirectoryUnavailable'],
    [52, '', 'DirectoryUnavailable'],
    [53, '0000001F: SvcErr', 'DirectoryRejected'],
    [64, '', 'DirectoryRejected'],
    [65, '', 'DirectoryRejected'],
    [66, '00002015', 'DirectoryRejected'],
    [68, '00002071: samldb', 'DirectoryNameConflict'],
    [80, '00002095', 'DirectoryRejected'],
  ])('%i %s is %s', (result, text, code) => {
    const error = resultError('modify', result, text);
    expect(codeOf(error)).toBe(code);
    expect(toFailure(error, 'svc-x')).toMatchObject({ type: code });
  });

  it('of no answer is DirectoryUnavailable', () => {
    expect(codeOf(transportError('add', 'ECONNRESET'))).toBe('DirectoryUnavailable');
  });
});

describe('a failure', () => {
  it("has the codes, and nothing of the server's text", () => {
    const text = '00002071: samAccountName secret-name already in use in OU=Secret,DC=corp Code: 0x44';
    const error = toFailure(resultError('add', 68, text), 'svc-x') as ApplicationFailure;
    expect(error.details).toEqual([
      { operation: 'add', resultCode: 68, win32: '00002071', bindData: null, transport: null },
    ]);
    expect(`${error.message}${JSON.stringify(error.details)}${error.stack}`).not.toMatch(/secret/i);
    expect(error.cause).toBeUndefined();
    expect(error.message).toContain('svc-x');
    expect(error.nonRetryable).toBe(true);
  });

  it('says why the engine was refused, and is retried slowly', () => {
    const error = toFailure(resultError('bind', 49, 'x, data 775, v1db1'), 'svc-x') as ApplicationFailure;
    expect(error.message).toContain('account locked');
    expect(error).toMatchObject({ nonRetryable: false, nextRetryDelay: '10 minutes' });
  });

  it('points at the certificate when that is the trouble', () => {
    const error = toFailure(transportError('bind', 'ERR_TLS_CERT_ALTNAME_INVALID'), 'svc-x');
    expect(error.message).toContain('certificate');
  });

  it('passes on unchanged, and so does a cancellation', () => {
    const known = failure('DirectoryObjectForeign', 'x');
    expect(toFailure(known, 'svc-x')).toBe(known);
    const cancelled = new CancelledFailure('gone');
    expect(toFailure(cancelled, 'svc-x')).toBe(cancelled);
  });

  it('for a bug tells the place but not the message', () => {
    const error = toFailure(new TypeError('cannot read hunter2'), 'svc-x') as ApplicationFailure;
    expect(error.type).toBe('UnexpectedError');
    expect(JSON.stringify(error.details)).toContain('failures.test.ts');
    expect(`${error.message}${JSON.stringify(error.details)}`).not.toContain('hunter2');
  });
});
