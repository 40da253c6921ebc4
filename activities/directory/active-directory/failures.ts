/** From what an LDAP call tells to what the catalogue says. Decided by result code and Windows code, never by a text. */
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { ErrorCode } from '../../../contracts/errors.ts';
import { failure } from '../../failure.ts';
import { LdapError } from './ldap-error.ts';

const PASSWORD_RESTRICTION = '0000052D';
/** Windows: a user or service principal name that another object of the forest has. */
const PRINCIPAL_NAME_TAKEN = new Set(['000021C7', '000021C8']);

/** The catalogue's code for an LDAP error. */
export function codeOf(error: LdapError): ErrorCode {
  switch (error.resultCode) {
    case null:
    case 1: // the session is not bound any more
    case 3: // time limit
    case 11: // administrative limit
    case 51: // busy
    case 52: // unavailable
      return 'DirectoryUnavailable';
    case 19:
    case 53:
      if (error.win32 === PASSWORD_RESTRICTION) return 'DirectoryPasswordRejected';
      return PRINCIPAL_NAME_TAKEN.has(error.win32 ?? '') ? 'DirectoryNameConflict' : 'DirectoryRejected';
    case 32:
      return 'DirectoryObjectMissing';
    case 49:
      return 'DirectoryBindRejected';
    case 50:
      return 'DirectoryAccessDenied';
    case 68:
      return 'DirectoryNameConflict';
    default:
      return 'DirectoryRejected';
  }
}

/**
 * The failure for `error` while something was being done with `account` (a logon name). Failures and cancellations pass
 * unchanged; what is no LDAP error is a bug: of it only the name and the place are told, as its text may have anything.
 */
export function toFailure(error: unknown, account: string): ApplicationFailure | CancelledFailure {
  if (error instanceof ApplicationFailure || error instanceof CancelledFailure) return error;
  if (error instanceof LdapError) {
    const { operation, resultCode, win32, bindData, transport } = error;
    const code = codeOf(error);
    return failure(code, messageOf(code, error, account), { operation, resultCode, win32, bindData, transport });
  }
  const { name, stack } = error instanceof Error ? error : new Error();
  const place = /^\s+at .*$/m.exec(stack ?? '')?.[0].trim() ?? null;
  return failure('UnexpectedError', `The engine met an error it does not know while it worked on ${account}.`, {
    name,
    place,
  });
}

function messageOf(code: ErrorCode, error: LdapError, account: string): string {
  switch (code) {
    case 'DirectoryUnavailable':
      return unavailableMessage(error, account);
    case 'DirectoryBindRejected':
      return `The domain refuses the engine's own account (${bindReason(error.bindData)}); ${account} waits for it. Mend the account or the engine's password.`;
    case 'DirectoryAccessDenied':
      return `The engine lacks a right for this change to ${account}. Run the delegation script for the OU and groups of its template, or lift a protection against accidental deletion.`;
    case 'DirectoryNameConflict':
      return `Another object has the name ${account} already. Rename or remove it, or withdraw the request.`;
    case 'DirectoryObjectMissing':
      return `${account}, or the OU or group it belongs in, is not in the directory.`;
    case 'DirectoryPasswordRejected':
      return `The domain's password policy refuses the password generated for ${account}. Compare the template's length and character classes with the policy.`;
    default:
      return rejectedMessage(error, account);
  }
}

function unavailableMessage({ transport }: LdapError, account: string): string {
  if (transport !== null && /CERT|SIGNATURE|ISSUER|ALTNAME|TLS|SSL/.test(transport)) {
    return `No domain controller with a certificate that the engine trusts answers, so ${account} waits. Check the CA file and the controllers' names.`;
  }
  return `No domain controller answers, so ${account} waits until one does.`;
}

function rejectedMessage({ resultCode }: LdapError, account: string): string {
  if (resultCode === 66) return `${account} has objects below it in the directory. Remove them; the engine never does.`;
  if (resultCode === 10)
    return `The domain controller refers the change to ${account} elsewhere. Give the engine a writable controller of the domain.`;
  return `The domain controller refuses the change to ${account} (result ${resultCode}).`;
}

/** What the sub-code of a refused bind means (Windows error codes in hex). */
export function bindReason(bindData: string | null): string {
  switch (bindData) {
    case '525':
    case '52e':
      return 'wrong name or password';
    case '530':
    case '531':
      return 'not allowed at this time or from this machine';
    case '532':
      return 'password expired';
    case '533':
      return 'account disabled';
    case '701':
      return 'account expired';
    case '773':
      return 'password must be changed';
    case '775':
      return 'account locked';
    default:
      return 'no reason given';
  }
}
