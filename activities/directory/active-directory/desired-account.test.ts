import { describe, expect, it } from 'vitest';
import type { EstablishAccountInput } from '../../../contracts/activities.ts';
import { OFFERED_ATTRIBUTES } from '../../../contracts/template.ts';
import type { AccountObject } from './account-object.ts';
import {
  desiredAccount,
  differingAttributes,
  DISABLED_ACCOUNT,
  ENABLED_ACCOUNT,
  isSameControl,
  isSameExpiry,
  offeredAttributeProblem,
} from './desired-account.ts';

const input: EstablishAccountInput = {
  accountId: '00000000-0000-4000-8000-000000000000',
  domain: 'corp.example.com',
  samAccountName: 'svc-x',
  organizationalUnit: 'OU=x,DC=corp',
  groups: [],
  mayChangePassword: false,
  description: 'line one\nline two\0',
  expiresAt: null,
  credential: { vaultPath: 'x', version: 1, operationId: 'x' },
};

describe('a desired account', () => {
  it('is written whole when it is new, without empty values', () => {
    const types = differingAttributes(desiredAccount({ ...input, description: null }, 'corp.example.com'), null);
    expect(types).toEqual([
      { type: 'userPrincipalName', values: ['svc-x@corp.example.com'] },
      { type: 'accountExpires', values: ['9223372036854775807'] },
      { type: 'msDS-SupportedEncryptionTypes', values: ['24'] },
    ]);
  });

  it('has a description that every server takes', () => {
    const describe = (description: string) => desiredAccount({ ...input, description }, 'x').description;
    expect(describe('line one\nline two\0')).toBe('line one line two');
    expect(describe(' \n ')).toBeNull();
    expect(describe('x'.repeat(2000))).toHaveLength(1024);
  });

  it('is never delegated and keeps its password; computed bits do not count', () => {
    expect(ENABLED_ACCOUNT).toBe(1114624);
    expect(DISABLED_ACCOUNT).toBe(ENABLED_ACCOUNT | 2);
    expect(isSameControl(ENABLED_ACCOUNT | 0x800010, ENABLED_ACCOUNT)).toBe(true);
    expect(isSameControl(ENABLED_ACCOUNT | 0x20, ENABLED_ACCOUNT)).toBe(false);
  });

  it('compares never with never, whatever the spelling', () => {
    expect(isSameExpiry('0', '9223372036854775807')).toBe(true);
    expect(isSameExpiry('0', '134116992000000000')).toBe(false);
  });
});

describe('offered attributes', () => {
  const desired = desiredAccount({ ...input, attributes: { department: 'Payroll', title: 'Robot' } }, 'x');
  const written = (object: AccountObject | null) =>
    differingAttributes(desired, object).filter(({ type }) => type === 'department' || type === 'title');

  it('are written with a new object, and afterwards where the directory says something else', () => {
    expect(written(null)).toEqual([
      { type: 'department', values: ['Payroll'] },
      { type: 'title', values: ['Robot'] },
    ]);
    const offered = { department: 'payroll', title: 'Robot', mail: 'not@ours.example' };
    expect(written({ accountExpires: '0', offered } as unknown as AccountObject)).toEqual([
      { type: 'department', values: ['Payroll'] },
    ]);
  });

  it('are all known, and fit at the length that templates allow', () => {
    const longest = Object.fromEntries(OFFERED_ATTRIBUTES.map((name) => [name, 'x'.repeat(64)]));
    expect(offeredAttributeProblem(longest)).toBeUndefined();
    expect(offeredAttributeProblem(undefined)).toBeUndefined();
  });

  it.each([
    [{ adminCount: '1' }, 'adminCount, which the engine does not write'],
    [{ constructor: 'x' }, 'constructor, which the engine does not write'],
    [{ department: 'x'.repeat(65) }, 'department that is too long: the directory keeps 64 characters'],
    [{ title: '' }, 'title without a value'],
    [{ title: 'a\0b' }, 'title with control characters'],
  ])('%j cannot be kept', (attributes, problem) => {
    expect(offeredAttributeProblem(attributes)).toContain(problem);
  });
});
