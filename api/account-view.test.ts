import { describe, expect, test } from 'vitest';
import type { Account } from '../contracts/account.ts';
import { sampleAccount } from '../test/support/projection-samples.ts';
import { seesAllAccounts, viewFor } from './account-view.ts';

const NOW = new Date('2026-06-01T00:00:00.000Z');
const actionsOf = (name: string, role: 'requester' | 'approver' | 'owner' | 'administrator', account: Account) =>
  viewFor({ name, role }, account, NOW).allowedActions;

describe('the actions a reader is offered', () => {
  test('follow the open step of the approval', () => {
    const account = sampleAccount();
    expect(actionsOf('anna', 'approver', account)).toEqual(['decide']);
    expect(actionsOf('ben', 'approver', account)).toEqual([]);
    const at = '2026-05-01T00:00:00.000Z';
    const votes = [{ step: 0, approver: 'anna', decision: 'approve', reason: null, at } as const];
    const second = sampleAccount({ approval: { ...account.approval, openStep: 1, votes } });
    expect(actionsOf('ben', 'approver', second)).toEqual(['decide']);
  });

  test('never have a decision for the requester, even as an approver and administrator', () => {
    expect(actionsOf('anna', 'administrator', sampleAccount({ requester: 'anna' }))).toEqual(['withdraw']);
  });

  test('follow the renewal window and the block', () => {
    const blocked = {
      code: 'VaultSealed',
      since: NOW.toISOString(),
      step: 'apply-expiry',
      message: '',
      retrying: true,
    };
    const early = sampleAccount({
      state: 'active',
      renewalOpensAt: '2026-06-01T00:00:00.001Z',
      blocked: blocked as never,
    });
    expect(actionsOf('olaf', 'owner', early)).toEqual(['disable', 'retire']);
    expect(actionsOf('root', 'administrator', early)).toEqual(['disable', 'retire', 'resume']);
    const open = { ...early, renewalOpensAt: NOW.toISOString() };
    expect(actionsOf('olaf', 'owner', open)).toEqual(['renew', 'disable', 'retire']);
  });
});

test('only administrators see all accounts', () => {
  const seeing = (['requester', 'approver', 'owner', 'administrator'] as const).filter((role) =>
    seesAllAccounts({ name: 'somebody', role }),
  );
  expect(seeing).toEqual(['administrator']);
});
