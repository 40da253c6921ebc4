import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ACTIONS } from './lifecycle.ts';
import { can, ROLES, type AccountParties, type Role, type Verb } from './permissions.ts';

const ACCOUNT: AccountParties = { requester: 'rita', owners: ['rita', 'olga'], approvers: ['anna', 'bert'] };
const VERBS: readonly Verb[] = ['read', 'create', 'update', ...ACTIONS];

const allowed = (name: string, role: Role): Verb[] =>
  VERBS.filter((verb) => can({ name, role }, verb, { kind: 'account', account: ACCOUNT }));

describe('on an account', () => {
  test.each([
    [
      'its requester, who owns it too',
      'rita',
      'requester',
      ['read', 'decide', 'withdraw', 'renew', 'disable', 'enable', 'retire'],
    ],
    ['an owner', 'olga', 'owner', ['read', 'renew', 'disable', 'enable', 'retire']],
    ['an approver of some step', 'anna', 'approver', ['read', 'decide']],
    ['an administrator', 'ada', 'administrator', ['read', ...ACTIONS]],
    ['another requester', 'ralf', 'requester', []],
    ['another owner', 'otto', 'owner', []],
    ['another approver', 'arno', 'approver', []],
  ] as const)('%s', (_who, name, role, verbs) => {
    expect(allowed(name, role)).toEqual(verbs);
  });

  test('who may not read may do nothing', () => {
    const users = fc.record({ name: fc.constantFrom('rita', 'olga', 'anna', 'zoe'), role: fc.constantFrom(...ROLES) });
    fc.assert(
      fc.property(users, fc.constantFrom(...VERBS), (user, verb) => {
        const resource = { kind: 'account', account: ACCOUNT } as const;
        if (!can(user, 'read', resource)) expect(can(user, verb, resource)).toBe(false);
      }),
    );
  });

  test('only administrators resume', () => {
    const users = fc.record({ name: fc.constantFrom('rita', 'olga', 'anna', 'zoe'), role: fc.constantFrom(...ROLES) });
    fc.assert(
      fc.property(users, (user) => {
        expect(can(user, 'resume', { kind: 'account', account: ACCOUNT })).toBe(user.role === 'administrator');
      }),
    );
  });

  test('a requester who is no longer the requester by role still may not approve as an owner', () => {
    expect(can({ name: 'rita', role: 'owner' }, 'decide', { kind: 'account', account: ACCOUNT })).toBe(false);
  });
});

describe('on anything else', () => {
  const MATRIX: Readonly<
    Record<'request' | 'template' | 'domain' | 'token' | 'user', Readonly<Record<Role, readonly Verb[]>>>
  > = {
    request: { requester: ['create'], approver: [], owner: [], administrator: ['create'] },
    template: { requester: ['read'], approver: ['read'], owner: ['read'], administrator: ['read', 'create', 'update'] },
    domain: { requester: ['read'], approver: ['read'], owner: ['read'], administrator: ['read', 'create', 'update'] },
    token: { requester: [], approver: [], owner: [], administrator: ['read', 'create', 'update'] },
    user: { requester: ['read'], approver: ['read'], owner: ['read'], administrator: ['read'] },
  };
  const cells = Object.entries(MATRIX).flatMap(([kind, roles]) =>
    ROLES.map((role) => [kind as keyof typeof MATRIX, role, roles[role]] as const),
  );

  test.each(cells)('%s, as %s', (kind, role, verbs) => {
    const plain: Verb[] = ['read', 'create', 'update'];
    expect(plain.filter((verb) => can({ name: 'someone', role }, verb, { kind }))).toEqual(verbs);
  });
});
