import { describe, expect, it } from 'vitest';
import { describeControl, expiryOf, isEnabled, parseLdif } from './directory.ts';

const OUTPUT = `dn: CN=svc-a,OU=Managed,DC=corp,DC=example,DC=test
userAccountControl: 66050
accountExpires: 134000000000000000
objectGUID:: AAECAwQFBgcICQoLDA0ODw==
memberOf:: Q049TMO2d2U=

# refldaps://corp.example.test/CN=Configuration,DC=corp,DC=example,DC=test

`;

describe('what ldapsearch printed', () => {
  const entries = parseLdif(OUTPUT);
  const entry = entries[0]!;

  it('is read into entries, references left out', () => {
    expect(entries).toHaveLength(1);
    expect(entry['memberof']).toEqual(['CN=Löwe']);
  });

  it('shows a disabled account by its bit and its name', () => {
    expect(isEnabled(entry)).toBe(false);
    expect(describeControl(entry)).toBe('66050 = ACCOUNTDISABLE + NORMAL_ACCOUNT + DONT_EXPIRE_PASSWORD');
  });

  it('gives the expiry as an instant, and none for never', () => {
    expect(expiryOf(entry)?.toISOString()).toBe('2025-08-18T14:13:20.000Z');
    expect(expiryOf({ accountexpires: ['9223372036854775807'] })).toBeUndefined();
  });
});
