import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { accountMarker, provisioningMarker } from '../../../contracts/ids.ts';
import { assertManageable, type AccountObject } from './account-object.ts';

const OU = 'OU=Managed,DC=corp,DC=example';
const DOMAIN = { fqdn: 'corp.example', baseDn: 'DC=corp,DC=example', managedOus: [OU] };
const REF = { accountId: '6f0c5a4e-52cb-4a4e-9d6b-2f8b7a1c0d11', samAccountName: 'svc-a' };
const DOMAIN_SID = 'S-1-5-21-1-2-3';

/** The account as the product makes it. */
const OURS: AccountObject = {
  guid: '3f1f5b0e-7a51-4d4e-9d0a-5a5a5a5a5a5a',
  sid: `${DOMAIN_SID}-1000`,
  dn: `CN=svc-a,${OU}`,
  classes: ['top', 'person', 'organizationalperson', 'user'],
  samAccountName: 'svc-a',
  userPrincipalName: 'svc-a@corp.example',
  description: null,
  offered: {},
  marker: accountMarker(REF.accountId),
  userAccountControl: 512,
  accountExpires: '0',
  pwdLastSet: 1n,
  encryptionTypes: 0,
  primaryGroupId: 513,
  isCritical: false,
  adminCount: 0,
  isDeleted: false,
  memberOf: [],
  tokenGroups: [`${DOMAIN_SID}-513`, 'S-1-5-32-545'],
};

function refusalOf(changes: Partial<AccountObject>): string {
  try {
    assertManageable({ ...OURS, ...changes }, REF, DOMAIN);
  } catch (error) {
    if (!(error instanceof ApplicationFailure)) throw error;
    expect(error.type).toBe('DirectoryObjectForeign');
    return error.message;
  }
  return 'none';
}

describe('what the engine may change', () => {
  it.each<[string, Partial<AccountObject>]>([
    ['an account that is complete', {}],
    ['one that is being made', { marker: provisioningMarker(REF.accountId) }],
    ['one in an OU below', { dn: `CN=svc-a,OU=Payroll,${OU}` }],
  ])('%s', (_case, changes) => {
    expect(refusalOf(changes)).toBe('none');
  });

  it.each<[string, Partial<AccountObject>, string]>([
    ['without a mark', { marker: null }, 'does not have our mark'],
    ["with another account's mark", { marker: accountMarker('7'.repeat(36)) }, 'does not have our mark'],
    ['a group', { classes: ['top', 'group'] }, 'is not a user'],
    ['a computer', { classes: [...OURS.classes, 'computer'] }, 'is not a user'],
    ['elsewhere', { dn: 'CN=svc-a,CN=Users,DC=corp,DC=example' }, 'is outside the OUs'],
    ['critical', { isCritical: true }, 'is a critical system object'],
    ['protected', { adminCount: 1 }, 'is protected as an administrator'],
    ['the built-in administrator', { sid: `${DOMAIN_SID}-500` }, 'is a built-in principal'],
    ['the last number of the built-in ones', { sid: `${DOMAIN_SID}-999` }, 'is a built-in principal'],
    ['of no number at all', { sid: null }, 'is a built-in principal'],
    ['a domain administrator', { tokenGroups: [`${DOMAIN_SID}-512`] }, 'is a member of an administrative group'],
    ['an account operator', { tokenGroups: ['S-1-5-32-548'] }, 'is a member of an administrative group'],
  ])('never an object that is %s, whatever its mark says', (_case, changes, why) => {
    expect(refusalOf(changes)).toContain(why);
  });
});
