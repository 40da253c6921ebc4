import { describe, expect, test } from 'vitest';
import { sampleAccount, sampleApproval } from '../test/support/projection-samples.ts';
import type { Account, Blocked } from './account.ts';
import { ACCOUNT_STATES, END_OF_LIFE_ACTIONS } from './lifecycle.ts';
import { explainLife, REASON_KINDS, type Reason } from './why.ts';

const NOW = new Date('2026-06-01T12:00:00.000Z');
const RENEWAL = { returnTo: 'active', requestedBy: 'olaf', requestedAt: '2026-05-20T00:00:00.000Z' } as const;
const RETIREMENT = {
  requestedBy: 'olaf',
  requestedAt: '2026-05-31T00:00:00.000Z',
  returnTo: 'active',
  final: false,
  undoUntil: null,
  captured: null,
} as const;

const account = (changes: Partial<Account>): Account =>
  sampleAccount({
    samAccountName: 'svc-payroll',
    state: 'active',
    startsAt: '2026-02-01T00:00:00.000Z',
    renewalOpensAt: '2027-01-02T00:00:00.000Z',
    endsAt: '2027-02-01T00:00:00.000Z',
    approval: sampleApproval({ openStep: 2 }),
    ...changes,
  });

const blocked = (changes: Partial<Blocked>): Blocked => ({
  code: 'EngineOffline',
  since: '2026-06-01T00:00:00.000Z',
  step: 'disable-account',
  message: 'No engine of corp.example.com is running.',
  retrying: true,
  ...changes,
});

const vote = (approver: string, decision: 'approve' | 'deny', reason: string | null = null, step = 0) => ({
  step,
  approver,
  seat: approver,
  decision,
  reason,
  at: '2026-02-01T00:00:00.000Z',
});

const PAST = '2026-06-01T00:00:00.000Z';
const ended = { endsAt: PAST, renewalOpensAt: '2026-05-02T00:00:00.000Z', ended: true } as const;

describe('the sentence', () => {
  test.each<[string, Partial<Account>, string]>([
    [
      'a request',
      { state: 'submitted', approval: sampleApproval() },
      'svc-payroll does not exist yet: its request waits for 1 more approval on "Line manager".',
    ],
    [
      'a request on its second step',
      { state: 'submitted', approval: sampleApproval({ openStep: 1, votes: [vote('anna', 'approve')] }) },
      'svc-payroll does not exist yet: its request waits for 2 more approvals on "Security".',
    ],
    [
      'a rejected request',
      { state: 'rejected', approval: sampleApproval({ votes: [vote('anna', 'deny', 'too many')] }) },
      'svc-payroll never existed: its request was rejected by anna ("too many").',
    ],
    ['one taken back', { state: 'withdrawn' }, 'svc-payroll does not exist: its request was taken back.'],
    ['one that lapsed', { state: 'lapsed' }, 'svc-payroll never existed: nobody decided on its request in time.'],
    [
      'one that waits for its engine',
      { state: 'approved', blocked: blocked({}) },
      'svc-payroll does not exist yet: its request is approved and the account is being made; it is held up (EngineOffline).',
    ],
    ['an active one', {}, 'svc-payroll is alive until the end of 2027-01-31 (UTC), when its period of P1Y ends.'],
    [
      'an active one with a period of hours',
      { endsAt: '2026-06-01T13:00:00.000Z', interval: 'PT1H' },
      'svc-payroll is alive until 2026-06-01T13:00:00.000Z, when its period of PT1H ends.',
    ],
    [
      'one to be reviewed',
      { endOfLife: 'review', ...ended },
      `svc-payroll is alive although its period ended at ${PAST}: a review is due, and nothing but a person ends it.`,
    ],
    [
      'one that was enabled after its end',
      { endOfLife: 'disable', ...ended },
      `svc-payroll is alive although its period ended at ${PAST}: somebody enabled it again, and nothing but a person ends it.`,
    ],
    [
      'one whose end is frozen',
      { ...ended, ended: false, blocked: blocked({ code: 'Frozen', step: 'admit-destructive-step' }) },
      `Active Directory ended svc-payroll at ${PAST}: nobody logs on with it, and only its disabling waits; it is held up (Frozen).`,
    ],
    [
      'one whose deletion at the end is frozen',
      { ...ended, ended: false, endOfLife: 'delete', blocked: blocked({ code: 'Frozen' }) },
      `Active Directory ended svc-payroll at ${PAST}: nobody logs on with it, and only its deletion waits; it is held up (Frozen).`,
    ],
    [
      'one that Active Directory ends at this moment',
      { ...ended, ended: false, endOfLife: 'expire' },
      `Active Directory ended svc-payroll at ${PAST}: nobody logs on with it.`,
    ],
    [
      'one whose review is due at this moment',
      { ...ended, ended: false, endOfLife: 'review' },
      `svc-payroll is alive although its period ended at ${PAST}: a review is due, and nothing but a person ends it.`,
    ],
    [
      'a disabled one whose deletion at the end is frozen',
      { ...ended, state: 'disabled', ended: false, endOfLife: 'delete', blocked: blocked({ code: 'Frozen' }) },
      `svc-payroll is disabled, not deleted, and its period ended at ${PAST}; it is held up (Frozen).`,
    ],
    [
      'a disabled one',
      { state: 'disabled' },
      'svc-payroll is disabled, not deleted: its period goes on until the end of 2027-01-31 (UTC).',
    ],
    [
      'one that its template disabled',
      { state: 'expired', ...ended },
      `svc-payroll ended at ${PAST} and is kept: it is disabled, and nothing but a person deletes or renews it.`,
    ],
    [
      'one that the domain ended',
      { state: 'expired', endOfLife: 'expire', ...ended },
      `svc-payroll ended at ${PAST} and is kept: the domain lets nobody log on with it, and nothing but a person deletes or renews it.`,
    ],
    [
      'one being renewed',
      { state: 'renewing', endOfLife: 'expire', renewal: RENEWAL, approval: sampleApproval({ purpose: 'renewal' }) },
      'svc-payroll is alive until the end of 2027-01-31 (UTC), and its renewal waits for 1 more approval on "Line manager".',
    ],
    [
      'one being renewed after its end',
      {
        state: 'renewing',
        endOfLife: 'expire',
        renewal: { ...RENEWAL, returnTo: 'expired' },
        approval: sampleApproval({ purpose: 'renewal' }),
        ...ended,
      },
      'svc-payroll has ended, and its renewal waits for 1 more approval on "Line manager".',
    ],
    [
      'one whose renewal is approved',
      { state: 'renewing', endOfLife: 'expire', renewal: { ...RENEWAL, returnTo: 'disabled' } },
      'svc-payroll is disabled, and its renewal is approved and being written.',
    ],
    [
      'one being deleted by its template',
      { state: 'retiring', retirement: { ...RETIREMENT, requestedBy: 'system', final: true } },
      'svc-payroll is going: its template ends it, which cannot be undone.',
    ],
    [
      'one whose retirement is frozen before anything was done',
      {
        state: 'retiring',
        retirement: RETIREMENT,
        blocked: blocked({ code: 'Frozen', step: 'admit-destructive-step' }),
      },
      'svc-payroll is going: olaf asked for its retirement; it is held up (Frozen).',
    ],
    [
      'one put aside',
      { state: 'quarantined', retirement: { ...RETIREMENT, undoUntil: '2026-07-01T00:00:00.000Z' } },
      'svc-payroll is put aside and cannot be used: olaf asked for its retirement, and can be undone until the end of 2026-06-30 (UTC).',
    ],
    [
      'one put aside whose deletion is frozen',
      { state: 'quarantined', retirement: { ...RETIREMENT, undoUntil: PAST }, blocked: blocked({ code: 'Frozen' }) },
      `svc-payroll is put aside and cannot be used: olaf asked for its retirement; its time for an undo ended at ${PAST}, and it can be undone only until its deletion begins; it is held up (Frozen).`,
    ],
    [
      'one put aside that is being deleted',
      { state: 'quarantined', retirement: { ...RETIREMENT, undoUntil: PAST, final: true } },
      'svc-payroll is put aside and cannot be used: olaf asked for its retirement, which cannot be undone.',
    ],
    [
      'a retired one',
      { state: 'retired', retirement: RETIREMENT },
      'svc-payroll does not exist any more: its object and its secret are deleted.',
    ],
  ])('%s', (_what, changes, sentence) => {
    expect(explainLife(account(changes), NOW).sentence).toBe(sentence);
  });
});

describe('the reasons', () => {
  const reasons = (changes: Partial<Account>): Reason[] => explainLife(account(changes), NOW).reasons;
  const ofKind = (kind: Reason['kind'], changes: Partial<Account>) =>
    reasons(changes).filter((one) => one.kind === kind);

  test('of a request: who must decide, until when, and what would end it', () => {
    const limited = sampleApproval().steps.map((step) => ({ ...step, deadline: 'P7D' }));
    const approval = sampleApproval({
      openStep: 1,
      openedAt: '2026-05-30T00:00:00.000Z',
      steps: limited,
      votes: [vote('anna', 'approve'), vote('ben', 'approve', null, 1)],
      quorumLostAt: '2026-05-31T00:00:00.000Z',
    });
    expect(reasons({ state: 'submitted', approval })).toMatchObject([
      { kind: 'must-act', who: ['anna', 'cleo'], at: '2026-05-30T00:00:00.000Z' },
      { kind: 'deadline', text: expect.stringContaining('lapses'), at: '2026-06-06T00:00:00.000Z' },
      { kind: 'must-act', who: ['administrators', 'rita'], at: '2026-05-31T00:00:00.000Z' },
      { kind: 'would-end', who: ['rita'] },
    ]);
  });

  test('of a renewal that nobody can decide: whoever asked for it can take it back', () => {
    const approval = sampleApproval({ purpose: 'renewal', quorumLostAt: PAST });
    const found = ofKind('must-act', { state: 'renewing', endOfLife: 'expire', renewal: RENEWAL, approval });
    expect(found).toContainEqual(expect.objectContaining({ who: ['administrators', 'olaf'], at: PAST }));
  });

  test('of a renewal that is approved: the engine that writes it, and nobody who could still decide', () => {
    const agreed = { state: 'renewing', endOfLife: 'expire', renewal: RENEWAL } as const;
    expect(ofKind('waiting', agreed)).toMatchObject([{ text: expect.stringContaining('An engine of') }]);
    expect(ofKind('must-act', agreed)).toEqual([]);
  });

  test('of a request: whoever asked for it is not asked to decide', () => {
    const steps = sampleApproval().steps.map((step) => ({
      ...step,
      approvers: { users: ['rita', 'anna'], groups: [] },
    }));
    const [first] = reasons({ state: 'submitted', approval: sampleApproval({ steps }) });
    expect(first).toMatchObject({ kind: 'must-act', who: ['anna'] });
  });

  test('of an account that is being deleted: nobody can restore it', () => {
    const retirement = { ...RETIREMENT, undoUntil: PAST, final: true };
    const found = reasons({ state: 'quarantined', retirement });
    expect(found).toMatchObject([{ kind: 'waiting', text: expect.stringContaining('is deleted') }]);
  });

  test('of a request whose approvers are hidden: that somebody must decide, not who', () => {
    const hidden = sampleApproval().steps.map((step) => ({ ...step, approvers: { users: [], groups: [] } }));
    const [first] = reasons({ state: 'submitted', approval: sampleApproval({ steps: hidden }) });
    expect(first).not.toHaveProperty('who');
  });

  test.each(END_OF_LIFE_ACTIONS)(
    'of an active account, %s: its deadline, and an end unless it is only reviewed',
    (endOfLife) => {
      expect(ofKind('deadline', { endOfLife })).toMatchObject([{ at: '2027-02-01T00:00:00.000Z' }]);
      const ends = ofKind('would-end', { endOfLife });
      expect(ends.some(({ at }) => at !== undefined)).toBe(endOfLife !== 'review');
      expect(ends.at(-1)).toMatchObject({ who: ['rita', 'olaf'] });
    },
  );

  test('of the window: from when it opens, and who can renew once it is open', () => {
    const opens = '2027-01-02T00:00:00.000Z';
    expect(ofKind('waiting', {})).toMatchObject([{ at: opens }]);
    const open = { ownerGroups: ['Payroll'], renewalOpensAt: '2026-05-02T00:00:00.000Z' };
    expect(ofKind('must-act', open)).toMatchObject([{ who: ['rita', 'olaf', 'Payroll'], at: open.renewalOpensAt }]);
    expect(ofKind('must-act', { endOfLife: 'expire' })).toMatchObject([{ text: expect.stringContaining('ask') }]);
    expect(ofKind('must-act', { endOfLife: 'delete' })).toEqual([]);
  });

  test('of an account that nobody answers for: administrators act in the place of its owners', () => {
    const orphan = account({ owners: ['olaf'], ownerMissingSince: PAST, renewalOpensAt: '2026-05-02T00:00:00.000Z' });
    const { sentence, reasons: found } = explainLife(orphan, NOW);
    expect(sentence).toMatch(/ ends; nobody answers for it\.$/);
    expect(found[0]).toMatchObject({ kind: 'must-act', text: expect.stringContaining('(olaf)'), at: PAST });
    expect(found.flatMap(({ kind, who = [] }) => (kind === 'must-act' || kind === 'would-end' ? who : []))).toEqual([
      'administrators',
      'administrators',
      'administrators',
    ]);
    expect(explainLife({ ...orphan, state: 'retired' }, NOW).reasons).toEqual([]);
  });

  test('of an account that is put aside nobody is asked to name owners, which nobody can', () => {
    const orphan = account({ ownerMissingSince: PAST, state: 'retiring' });
    const { sentence, reasons: found } = explainLife(orphan, NOW);
    expect(sentence).not.toContain('nobody answers');
    expect(found.map(({ text }) => text).join()).not.toContain('must name others');
  });

  test.each<[string, Partial<Blocked>, boolean]>([
    ['goes on by itself', {}, false],
    ['waits for a person', { code: 'DirectoryAccessDenied', retrying: false }, true],
    ['is frozen', { code: 'Frozen' }, true],
    ['is stopped by the brake', { code: 'BrakeEngaged' }, true],
  ])('of a step that %s', (_what, changes, needsAdministrators) => {
    const found = reasons({ blocked: blocked(changes) });
    expect(found[0]).toMatchObject({ kind: 'waiting', at: PAST });
    expect(found[0]!.text).toContain('disable-account');
    expect(found[1]?.who?.join() === 'administrators').toBe(needsAdministrators);
  });

  test('of an account that is put aside: the end of the undo, and who can restore it', () => {
    const retirement = { ...RETIREMENT, undoUntil: '2026-07-01T00:00:00.000Z' };
    const found = reasons({ state: 'quarantined', retirement });
    expect(found.map(({ kind }) => kind)).toEqual(['keeps-alive', 'deadline', 'must-act', 'would-end']);
    expect(found[1]).toMatchObject({ at: retirement.undoUntil });
    expect(found[2]).toMatchObject({ who: ['rita', 'olaf'] });
  });

  test.each([
    ['that is frozen before anything was done: who can restore it', {}, true],
    ['that goes on: nobody', { blocked: null }, false],
    ['for good: nobody', { retirement: { ...RETIREMENT, final: true } }, false],
  ])('of a retirement %s', (_what, changes, isTakenBack) => {
    const frozen = blocked({ code: 'Frozen', step: 'admit-destructive-step' });
    const found = ofKind('must-act', { state: 'retiring', retirement: RETIREMENT, blocked: frozen, ...changes });
    expect(found.some(({ who, text }) => who?.includes('olaf') && text.includes('restore'))).toBe(isTakenBack);
  });

  const exists = ACCOUNT_STATES.filter((state) => !['rejected', 'withdrawn', 'lapsed', 'retired'].includes(state));

  test.each(ACCOUNT_STATES)(
    '%s: one sentence, whatever is known; reasons exactly while something can still happen',
    (state) => {
      for (const endOfLife of END_OF_LIFE_ACTIONS) {
        for (const isEnded of [false, true]) {
          const bare = { endsAt: null, startsAt: null, renewalOpensAt: null };
          for (const changes of [{}, bare, { renewal: RENEWAL, retirement: RETIREMENT }]) {
            const of = account({ state, endOfLife, ended: isEnded, ...changes });
            const { sentence, reasons: found } = explainLife(of, NOW);
            expect(sentence).toMatch(/^(?:Active Directory ended )?svc-payroll [^.\n]*(?:\.\d{3}Z[^.\n]*)*\.$/);
            expect(sentence).not.toMatch(/null|undefined/);
            expect(found.length > 0).toBe(exists.includes(state));
            for (const { kind, text } of found) {
              expect(REASON_KINDS).toContain(kind);
              expect(text).not.toMatch(/null|undefined/);
            }
          }
        }
      }
    },
  );
});
