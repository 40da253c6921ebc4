import { describe, expect, test } from 'vitest';
import type { Account } from '../contracts/account.ts';
import { HIDDEN_APPROVER } from '../contracts/http/accounts.ts';
import type { Role, User } from '../contracts/permissions.ts';
import { sampleAccount, sampleApproval, sampleEvent } from '../test/support/projection-samples.ts';
import { eventFor, knownTo, mayAct, seesAllAccounts, viewFor } from './account-view.ts';

const NOW = new Date('2026-06-01T00:00:00.000Z');
const AT = '2026-05-01T00:00:00.000Z';

const user = (name: string, role: Role, more: Partial<User> = {}): User => ({
  name,
  role,
  groups: [],
  standsFor: [],
  ...more,
});
const actionsOf = (caller: User, account: Account) => viewFor(caller, account, NOW).allowedActions;
const vote = (approver: string, step = 0) =>
  ({ step, approver, seat: approver, decision: 'approve', reason: null, at: AT }) as const;

describe('the actions a reader is offered', () => {
  test('follow the open step of the approval', () => {
    const account = sampleAccount();
    expect(actionsOf(user('anna', 'approver'), account)).toEqual(['decide']);
    expect(actionsOf(user('ben', 'approver'), account)).toEqual([]);
    const second = sampleAccount({ approval: sampleApproval({ openStep: 1, votes: [vote('anna')] }) });
    expect(actionsOf(user('ben', 'approver'), second)).toEqual(['decide']);
    const voted = sampleAccount({ approval: sampleApproval({ openStep: 1, votes: [vote('anna'), vote('ben', 1)] }) });
    expect(actionsOf(user('ben', 'approver'), voted)).toEqual([]);
  });

  test('have a decision for members of a group that is asked, and for whoever stands in for somebody who is', () => {
    const [first, ...rest] = sampleApproval().steps;
    const steps = [{ ...first!, approvers: { users: ['anna'], groups: ['operations'] } }, ...rest];
    const account = sampleAccount({ approval: sampleApproval({ steps }) });
    expect(actionsOf(user('otto', 'owner'), account)).toEqual([]);
    expect(actionsOf(user('otto', 'owner', { groups: ['operations'] }), account)).toEqual(['decide']);
    expect(actionsOf(user('otto', 'owner', { standsFor: [{ name: 'anna', groups: [] }] }), account)).toEqual([
      'decide',
    ]);
    const stead = { name: 'ben', groups: ['operations'] };
    expect(actionsOf(user('otto', 'owner', { standsFor: [stead] }), account)).toEqual(['decide']);
  });

  test('never have a decision for the requester, even as an approver and administrator', () => {
    expect(actionsOf(user('anna', 'administrator'), sampleAccount({ requester: 'anna' }))).toEqual([
      'withdraw',
      'replace-approvers',
    ]);
  });

  test('of a renewal: whoever asked for it does not decide, and nothing is taken back once it is agreed', () => {
    const renewal = { returnTo: 'active', requestedBy: 'anna', requestedAt: AT } as const;
    const approval = sampleApproval({ purpose: 'renewal', openStep: 1, votes: [vote('rita')] });
    const account = sampleAccount({ state: 'renewing', endOfLife: 'expire', renewal, approval, owners: ['anna'] });
    expect(actionsOf(user('anna', 'owner'), account)).not.toContain('decide');
    expect(actionsOf(user('ben', 'approver'), account)).toEqual(['decide']);
    expect(actionsOf(user('anna', 'owner'), account)).toContain('withdraw');
    const agreed = { ...account, approval: { ...approval, openStep: 2 } };
    expect(actionsOf(user('anna', 'owner'), agreed)).not.toContain('withdraw');
    expect(actionsOf(user('ada', 'administrator'), agreed)).not.toContain('replace-approvers');
  });

  test('follow the renewal window and the block', () => {
    const blocked = { code: 'VaultSealed', since: AT, step: 'apply-expiry', message: '', retrying: true } as const;
    const period = { renewalOpensAt: '2026-06-01T00:00:00.001Z', endsAt: '2026-07-01T00:00:00.000Z' };
    const early = sampleAccount({ state: 'active', ...period, blocked });
    const always = ['disable', 'change-owners', 'edit'];
    expect(actionsOf(user('olaf', 'owner'), early)).toEqual([...always, 'retire']);
    expect(actionsOf(user('root', 'administrator'), early)).toEqual([...always, 'migrate', 'retire', 'resume']);
    const open = { ...early, renewalOpensAt: NOW.toISOString() };
    expect(actionsOf(user('olaf', 'owner'), open)).toEqual(['renew', ...always, 'retire']);
    const asking = { ...open, endOfLife: 'expire' } as const;
    expect(actionsOf(user('olaf', 'owner'), asking)).toEqual(['request-renewal', ...always, 'retire']);
  });

  test('have what owners do for members of an owner group', () => {
    const account = sampleAccount({ state: 'disabled', ownerGroups: ['payroll'] });
    expect(actionsOf(user('otto', 'requester', { groups: ['payroll'] }), account)).toContain('enable');
    expect(mayAct(user('otto', 'requester'), 'read', account)).toBe(false);
  });
});

test('the last day is the one before the end', () => {
  const account = sampleAccount({ endsAt: '2027-03-01T00:00:00.000Z' });
  expect(viewFor(user('ada', 'administrator'), account, NOW).lastDay).toBe('2027-02-28');
  expect(viewFor(user('ada', 'administrator'), sampleAccount(), NOW).lastDay).toBeNull();
});

test('only administrators see all accounts', () => {
  const seeing = (['requester', 'approver', 'owner', 'administrator'] as const).filter((role) =>
    seesAllAccounts(user('somebody', role)),
  );
  expect(seeing).toEqual(['administrator']);
});

describe('where approvers are hidden', () => {
  const [first, second] = sampleApproval().steps;
  const escalation = { users: ['emil'], groups: ['chiefs'] };
  const steps = [{ ...first!, deadline: 'P7D', escalation }, second!];
  const reasoned = { ...vote('anna', 1), seat: 'ben', decision: 'deny', reason: 'Not needed.' } as const;
  const approval = sampleApproval({ hideApprovers: true, openStep: 1, steps, votes: [vote('anna'), reasoned] });
  const account = sampleAccount({ approval });
  const event = (type: 'voted' | 'approvers-replaced' | 'submitted' | 'renewed', actor: string, detail = {}) =>
    sampleEvent(account, { type, actor, detail });

  test.each([
    ['its requester', user('rita', 'requester')],
    ['an owner', user('olaf', 'owner')],
  ])('%s reads no name in the account', (_who, caller) => {
    const shown = viewFor(caller, account, NOW);
    expect(JSON.stringify(shown)).not.toMatch(/anna|ben|cleo|emil|chiefs/);
    expect(shown.approval).toMatchObject({ approversHidden: true, openStep: 1 });
    expect(shown.approval.votes[1]).toMatchObject({ approver: HIDDEN_APPROVER, reason: 'Not needed.' });
    expect(JSON.stringify(knownTo(caller, account))).not.toMatch(/anna|ben|cleo|emil|chiefs/);
  });

  test.each([
    ['an approver', user('cleo', 'approver')],
    ['a delegate of one', user('dora', 'owner', { standsFor: [{ name: 'cleo', groups: [] }] })],
    ['an owner who approves too', user('ben', 'owner')],
    ['an administrator', user('ada', 'administrator')],
  ])('%s reads them all', (_who, caller) => {
    expect(viewFor(caller, account, NOW).approval).toEqual({ ...approval, approversHidden: false });
    expect(eventFor(caller, account, event('voted', 'anna', { seat: 'ben' }))).toMatchObject({ actor: 'anna' });
    expect(knownTo(caller, account)).toBe(account);
  });

  test('nobody but them reads a name in the events of the approval', () => {
    const rita = user('rita', 'requester');
    const voted = event('voted', 'anna', { step: 1, decision: 'deny', reason: 'Not needed.', seat: 'ben' });
    expect(eventFor(rita, account, voted)).toEqual({
      ...voted,
      actor: HIDDEN_APPROVER,
      detail: { step: 1, decision: 'deny', reason: 'Not needed.' },
    });
    const replaced = event('approvers-replaced', 'ada', { step: 1, before: 'anna', after: 'ben', quorum: 1 });
    expect(eventFor(rita, account, replaced)).toEqual({ ...replaced, detail: { step: 1, quorum: 1 } });
    const submitted = event('submitted', 'rita');
    expect(eventFor(rita, account, submitted)).toBe(submitted);
  });

  test('an owner who renews by themselves is no secret', () => {
    const renewed = event('renewed', 'olaf', { endsAt: AT });
    expect(eventFor(user('rita', 'requester'), account, renewed)).toBe(renewed);
    const asking = { ...account, endOfLife: 'expire' } as const;
    expect(eventFor(user('rita', 'requester'), asking, renewed)).toMatchObject({ actor: HIDDEN_APPROVER });
  });

  test('a template that does not hide them shows them to everybody', () => {
    const open = sampleAccount({ approval: { ...approval, hideApprovers: false } });
    expect(viewFor(user('rita', 'requester'), open, NOW).approval.votes).toEqual(approval.votes);
  });
});
