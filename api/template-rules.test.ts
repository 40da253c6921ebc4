import { describe, expect, test } from 'vitest';
import { isBelowDomain } from './template-rules.ts';

describe('isBelowDomain', () => {
  test.each([
    'OU=Managed,DC=corp,DC=example,DC=com',
    'ou=managed, dc=CORP , dc = example,DC=com',
    'CN=Group\\, with comma,OU=Groups,DC=corp,DC=example,DC=com',
  ])('%s is', (dn) => expect(isBelowDomain(dn, 'corp.example.com')).toBe(true));

  test.each([
    'DC=corp,DC=example,DC=com',
    'OU=Managed,DC=branch,DC=example,DC=com',
    'OU=Managed,DC=example,DC=com',
    'OU=Managed,DC=corp,DC=example,DC=com,DC=net',
    'OU=Managed,DC=child,DC=corp,DC=example,DC=com',
    'OU=Managed\\,DC=corp,DC=example,DC=com',
    'OU=,DC=corp,DC=example,DC=com',
    'corp,DC=corp,DC=example,DC=com',
    '',
  ])('%s is not', (dn) => expect(isBelowDomain(dn, 'corp.example.com')).toBe(false));
});
