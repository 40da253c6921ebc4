import { describe, expect, test } from 'vitest';
import { templateSchema } from '../contracts/template.ts';
import { spellingRules } from './name-check.ts';

const template = templateSchema.parse({
  name: 'Payroll services',
  naming: { prefix: 'svc-', pattern: '(?i)svc-[a-z0-9]+' },
  directory: { domain: 'corp.example.com', organizationalUnit: 'OU=Managed,DC=corp,DC=example,DC=com' },
  vault: { folder: 'service-accounts' },
  approval: { steps: [{ name: 'Security', approvers: { users: ['anna'] }, quorum: 1 }] },
  lifecycle: { intervals: ['P1Y'], renewalWindow: 'P30D', endOfLife: 'disable' },
});

describe('which rule says no', () => {
  test.each([
    ['svc-payroll', []],
    ['SVC-payroll', []],
    ['', ['length', 'prefix', 'pattern']],
    ['s', ['prefix', 'pattern']],
    ['svc-', ['pattern']],
    [`svc-${'x'.repeat(17)}`, ['length']],
    ['svc-a b', ['characters', 'pattern']],
    ['svc-a.', ['characters', 'pattern']],
    ['Guest', ['reserved', 'prefix', 'pattern']],
    ['app-payroll', ['prefix', 'pattern']],
  ])('%j', (name, rules) => {
    const refusing = spellingRules(template, name).filter(({ ok }) => !ok);
    expect(refusing.map(({ rule }) => rule)).toEqual(rules);
    for (const { message } of refusing) expect(message).toMatch(/^The name .+\.$/);
  });
});
