import { describe, expect, test } from 'vitest';
import type { Account, AccountEvent } from '../contracts/account.ts';
import { HIDDEN_APPROVER } from '../contracts/http/accounts.ts';
import type { EventType } from '../contracts/lifecycle.ts';
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
    expect(knownTo(caller, account)).toBe(account);
  });

  test('a template that does not hide them shows them to everybody', () => {
    const open = sampleAccount({ approval: { ...approval, hideApprovers: false } });
    expect(viewFor(user('rita', 'requester'), open, NOW).approval.votes).toEqual(approval.votes);
  });
});

describe('the events of a round', () => {
  const account = sampleAccount();
  const event = (type: EventType, actor: string, detail: AccountEvent['detail'] = {}) =>
    sampleEvent(account, { type, actor, detail });
  const hidden = (type: EventType, actor: string, detail: AccountEvent['detail'] = {}) =>
    event(type, actor, { ...detail, approversHidden: true });
  const reason = 'Not needed.';
  const voted = { step: 1, decision: 'deny', reason, seat: 'ben' };

  // Whatever the account's present round is like, and whoever is asked in that.
  test.each([
    ['its requester', user('rita', 'requester')],
    ['an owner', user('olaf', 'owner')],
    ['an approver', user('cleo', 'approver')],
    ['a delegate of one', user('dora', 'owner', { standsFor: [{ name: 'anna', groups: [] }] })],
  ])('that hides its approvers tell %s no name', (_who, caller) => {
    const seen = (happened: AccountEvent) => {
      const { actor, detail } = eventFor(caller, happened);
      return { actor, detail };
    };
    const actor = HIDDEN_APPROVER;
    expect(seen(hidden('voted', 'anna', voted))).toEqual({ actor, detail: { step: 1, decision: 'deny', reason } });
    expect(seen(hidden('approved', 'anna'))).toEqual({ actor, detail: {} });
    expect(seen(hidden('rejected', 'anna', { reason }))).toEqual({ actor, detail: { reason } });
    expect(seen(hidden('renewal-denied', 'anna', { reason, by: 'anna' }))).toEqual({ actor, detail: { reason } });
    const replaced = hidden('approvers-replaced', 'ada', { step: 1, before: '1 of anna', after: '1 of ben' });
    expect(seen(replaced)).toEqual({ actor: 'ada', detail: { step: 1 } });
  });

  test.each([
    ['an administrator', user('ada', 'administrator')],
    ['who caused it', user('anna', 'approver')],
  ])('that hides its approvers tell %s everything', (_who, caller) => {
    expect(eventFor(caller, hidden('voted', 'anna', voted))).toEqual(event('voted', 'anna', voted));
  });

  test.each([
    ['a vote in a round that hides nobody', event('voted', 'anna', voted)],
    ['a renewal that an owner takes back', event('renewal-denied', 'otto', { reason: 'withdrawn', by: 'otto' })],
    ['a renewal by an owner', event('renewed', 'otto', { endsAt: AT })],
    ['a request', event('submitted', 'rita')],
  ])('are told to everybody else: %s', (_what, happened) => {
    expect(eventFor(user('olaf', 'owner'), happened)).toEqual(happened);
  });
});
