import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ACTIONS } from './lifecycle.ts';
import { can, ROLES, type AccountParties, type Resource, type Role, type User, type Verb } from './permissions.ts';

const ACCOUNT: AccountParties = {
  requester: 'rita',
  owners: ['rita', 'olga'],
  ownerGroups: ['Payroll'],
  approvers: ['anna', 'bert'],
  approverGroups: ['Security'],
};
const RESOURCE: Resource = { kind: 'account', account: ACCOUNT };
const VERBS: readonly Verb[] = ['read', 'create', 'update', 'delete', ...ACTIONS];

const user = (name: string, role: Role, changes: Partial<User> = {}): User => ({
  name,
  role,
  groups: [],
  standsFor: [],
  ...changes,
});
const allowed = (somebody: User): Verb[] => VERBS.filter((verb) => can(somebody, verb, RESOURCE));

const OF_OWNERS: readonly Verb[] = [
  'renew',
  'request-renewal',
  'disable',
  'enable',
  'change-owners',
  'edit',
  'retire',
  'restore',
];
const OWNERS: readonly Verb[] = ['read', 'withdraw', ...OF_OWNERS];
const APPROVERS: readonly Verb[] = ['read', 'decide'];
const away = (name: string, groups: readonly string[] = []) => ({ standsFor: [{ name, groups }] });

describe('on an account', () => {
  test.each<[string, User, readonly Verb[]]>([
    ['its requester, who owns it too', user('rita', 'requester'), ['read', 'decide', 'withdraw', ...OF_OWNERS]],
    ['an owner', user('olga', 'owner'), OWNERS],
    ['a member of a group that owns it', user('paul', 'owner', { groups: ['Payroll'] }), OWNERS],
    ['an approver of some step', user('anna', 'approver'), APPROVERS],
    ['a member of a group that is asked', user('sven', 'approver', { groups: ['Lunch', 'Security'] }), APPROVERS],
    ['who stands in for an approver', user('dora', 'owner', away('bert')), APPROVERS],
    [
      'who stands in for a member of a group that is asked',
      user('dora', 'owner', away('sven', ['Security'])),
      APPROVERS,
    ],
    ['who stands in for an owner', user('dora', 'owner', away('olga', ['Payroll'])), []],
    ['an administrator', user('ada', 'administrator'), ['read', ...ACTIONS]],
    ['another requester', user('ralf', 'requester'), []],
    ['another owner', user('otto', 'owner', { groups: ['Lunch'] }), []],
    ['another approver', user('arno', 'approver', away('zoe', ['Lunch'])), []],
  ])('%s', (_who, somebody, verbs) => {
    expect(allowed(somebody).sort()).toEqual([...verbs].sort());
  });

  const groups = fc.subarray(['Payroll', 'Security', 'Lunch']);
  const users: fc.Arbitrary<User> = fc.record({
    name: fc.constantFrom('rita', 'olga', 'anna', 'zoe'),
    role: fc.constantFrom(...ROLES),
    groups,
    standsFor: fc.array(fc.record({ name: fc.constantFrom('rita', 'olga', 'bert'), groups }), { maxLength: 2 }),
  });

  test('who may not read may do nothing', () => {
    fc.assert(
      fc.property(users, fc.constantFrom(...VERBS), (somebody, verb) => {
        if (!can(somebody, 'read', RESOURCE)) expect(can(somebody, verb, RESOURCE)).toBe(false);
      }),
    );
  });

  test.each(['resume', 'replace-approvers', 'migrate'] as const)('only administrators %s', (verb) => {
    fc.assert(
      fc.property(users, (somebody) => {
        expect(can(somebody, verb, RESOURCE)).toBe(somebody.role === 'administrator');
      }),
    );
  });

  test('standing in for others gives a vote and nothing else', () => {
    const verbs = VERBS.filter((verb) => !APPROVERS.includes(verb));
    fc.assert(
      fc.property(users, fc.constantFrom(...verbs), (somebody, verb) => {
        expect(can(somebody, verb, RESOURCE)).toBe(can({ ...somebody, standsFor: [] }, verb, RESOURCE));
      }),
    );
  });

  test('nobody may create, update or delete an account as if it were a setting', () => {
    fc.assert(
      fc.property(users, fc.constantFrom<Verb>('create', 'update', 'delete'), (somebody, verb) => {
        expect(can(somebody, verb, RESOURCE)).toBe(false);
      }),
    );
  });

  test('an owner by role who owns something else may not decide, nor may an owner of this account', () => {
    for (const name of ['otto', 'olga']) expect(can(user(name, 'owner'), 'decide', RESOURCE)).toBe(false);
  });
});

describe('on anything else', () => {
  const PLAIN: readonly Verb[] = ['read', 'create', 'update', 'delete'];
  type Kind = Exclude<Resource['kind'], 'account'>;
  const onlyAdministrators = { requester: [], approver: [], owner: [], administrator: PLAIN };
  const readByAll = { requester: ['read'], approver: ['read'], owner: ['read'], administrator: PLAIN } as const;
  const MATRIX: Readonly<Record<Kind, Readonly<Record<Role, readonly Verb[]>>>> = {
    request: { requester: ['create'], approver: [], owner: [], administrator: ['create'] },
    draft: { requester: PLAIN, approver: [], owner: [], administrator: PLAIN },
    delegation: { requester: PLAIN, approver: PLAIN, owner: PLAIN, administrator: PLAIN },
    template: readByAll,
    domain: readByAll,
    group: readByAll,
    user: readByAll,
    token: onlyAdministrators,
    freeze: onlyAdministrators,
    notice: onlyAdministrators,
    migration: onlyAdministrators,
  };
  const cells = Object.entries(MATRIX).flatMap(([kind, roles]) =>
    ROLES.map((role) => [kind as Kind, role, roles[role]] as const),
  );

  test.each(cells)('%s, as %s', (kind, role, verbs) => {
    expect(PLAIN.filter((verb) => can(user('someone', role), verb, { kind }))).toEqual(verbs);
  });
});
