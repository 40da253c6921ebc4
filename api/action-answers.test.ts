import { describe, expect, test } from 'vitest';
import { sampleAccount, sampleApproval } from '../test/support/projection-samples.ts';
import { isAnswerTo } from './action-answers.ts';

const by = (actor: string) => ({ actor, operationId: 'an operation' });

describe('a repeated key came with the same request', () => {
  const vote = { step: 0, approver: 'anna', seat: 'anna', decision: 'deny', reason: 'No.', at: '' } as const;
  const decided = sampleAccount({ approval: sampleApproval({ votes: [vote] }) });
  const decision = { ...by('anna'), standing: [['anna']], decision: 'deny', reason: 'No.', step: null } as const;

  test.each([
    ['the same', {}, true],
    ['the step that it was cast on', { step: 0 }, true],
    ['another step', { step: 1 }, false],
    ['another decision', { decision: 'approve' as const }, false],
    ['another reason', { reason: 'Never.' }, false],
  ])('decide: %s', (_what, changes, same) => {
    expect(isAnswerTo('decide', { ...decision, ...changes }, decided)).toBe(same);
  });

  test('change-owners: the order counts, for the first one answers first', () => {
    const account = sampleAccount({ owners: ['rita', 'olaf'], ownerGroups: ['payroll'] });
    const asked = { ...by('rita'), owners: ['rita', 'olaf'], ownerGroups: ['payroll'] };
    expect(isAnswerTo('change-owners', asked, account)).toBe(true);
    expect(isAnswerTo('change-owners', { ...asked, owners: ['olaf', 'rita'] }, account)).toBe(false);
    expect(isAnswerTo('change-owners', { ...asked, ownerGroups: [] }, account)).toBe(false);
  });

  test('edit', () => {
    const account = sampleAccount({ description: null });
    expect(isAnswerTo('edit', { ...by('rita'), description: null }, account)).toBe(true);
    expect(isAnswerTo('edit', { ...by('rita'), description: 'Payroll' }, account)).toBe(false);
  });

  test('replace-approvers', () => {
    const account = sampleAccount();
    const asked = { ...by('ada'), step: 0, approvers: { users: ['anna'], groups: [] }, quorum: 1 };
    expect(isAnswerTo('replace-approvers', asked, account)).toBe(true);
    expect(isAnswerTo('replace-approvers', { ...asked, quorum: 2 }, account)).toBe(false);
    expect(isAnswerTo('replace-approvers', { ...asked, step: 1 }, account)).toBe(false);
    expect(isAnswerTo('replace-approvers', { ...asked, step: 7 }, account)).toBe(false);
    const others = { users: ['ben'], groups: [] };
    expect(isAnswerTo('replace-approvers', { ...asked, approvers: others }, account)).toBe(false);
  });

  test('an action without a body is its own answer', () => {
    expect(isAnswerTo('retire', by('rita'), sampleAccount())).toBe(true);
  });
});
