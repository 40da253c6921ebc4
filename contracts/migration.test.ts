import { describe, expect, test } from 'vitest';
import type { TemplateParts } from '../test/support/fake-activities.ts';
import { sampleAccount, sampleTemplate } from '../test/support/projection-samples.ts';
import type { Account } from './account.ts';
import { ACCOUNT_STATES } from './lifecycle.ts';
import { differences, migrationOutcome, type Move } from './migration.ts';
import type { MigrationChanges } from './workflows.ts';

const NOW = new Date('2026-06-15T12:00:00.000Z');
const TEMPLATE_ID = '7b0d5c1e-6a4f-4c58-9d0a-111111111111';
const OTHER_ID = '7b0d5c1e-6a4f-4c58-9d0a-222222222222';

const lifecycle = { intervals: ['P1Y', 'P90D'], renewalWindow: 'P30D', endOfLife: 'disable' as const };
const snapshotOf = (changes: TemplateParts = {}, templateId = TEMPLATE_ID, version = 1) => ({
  templateId,
  version,
  template: sampleTemplate({ lifecycle, ...changes }),
});
const other = (changes: TemplateParts = {}) => snapshotOf(changes, OTHER_ID, 3);

const account = (changes: Partial<Account> = {}): Account =>
  sampleAccount({
    samAccountName: 'svc-payroll',
    state: 'active',
    templateId: TEMPLATE_ID,
    startsAt: '2026-02-01T00:00:00.000Z',
    renewalOpensAt: '2027-01-02T00:00:00.000Z',
    endsAt: '2027-02-01T00:00:00.000Z',
    ...changes,
  });

const outcomeOf = (changes: MigrationChanges, of: Account = account(), now = NOW) =>
  migrationOutcome(of, snapshotOf(), changes, now);
const moveOf = (changes: MigrationChanges): Move => {
  const outcome = outcomeOf(changes);
  if (outcome.outcome !== 'moves') throw new Error(JSON.stringify(outcome));
  return outcome;
};
/** What a second run would find: the account as the first one left it. */
const moved = ({ snapshot, outcome: _, ...move }: Move): Account =>
  account({
    ...move,
    templateId: snapshot.templateId,
    templateVersion: snapshot.version,
    endOfLife: snapshot.template.lifecycle.endOfLife,
  });

describe('moves', () => {
  test('to another template: its window and its end of life count at once, the end stays', () => {
    const terms = { intervals: ['P1Y'], renewalWindow: 'P60D', endOfLife: 'expire' as const };
    const move = moveOf({ snapshot: other({ lifecycle: terms }) });
    expect(move).toMatchObject({ renewalOpensAt: '2026-12-03T00:00:00.000Z', endsAt: '2027-02-01T00:00:00.000Z' });
    expect(differences(account(), move).map(({ field }) => field)).toEqual([
      'templateId',
      'templateVersion',
      'endOfLife',
      'renewalOpensAt',
    ]);
  });

  test('to another version of its template', () => {
    const move = moveOf({ snapshot: snapshotOf({}, TEMPLATE_ID, 2) });
    expect(differences(account(), move)).toEqual([{ field: 'templateVersion', from: '1', to: '2' }]);
  });

  test('to another interval, which counts from the next renewal on', () => {
    expect(differences(account(), moveOf({ interval: 'P90D' }))).toEqual([
      { field: 'interval', from: 'P1Y', to: 'P90D' },
    ]);
  });

  test.each([
    ['later', '2027-06-01T00:00:00.000Z', '2027-06-01T00:00:00.000Z', '2027-05-02T00:00:00.000Z'],
    ['sooner', '2026-09-01T00:00:00.000Z', '2026-09-01T00:00:00.000Z', '2026-08-02T00:00:00.000Z'],
    ['past: the next 00:00 UTC', '2026-06-01T00:00:00.000Z', '2026-06-16T00:00:00.000Z', '2026-05-17T00:00:00.000Z'],
    ['now: the next 00:00 UTC', NOW.toISOString(), '2026-06-16T00:00:00.000Z', '2026-05-17T00:00:00.000Z'],
  ])('to another end, %s', (_what, endsAt, end, opens) => {
    const { startsAt, renewalOpensAt, endsAt: until } = moveOf({ endsAt });
    expect([startsAt, renewalOpensAt, until]).toEqual(['2026-02-01T00:00:00.000Z', opens, end]);
  });

  test('to other owners, each named once, in their order', () => {
    const ownership = { groups: true };
    const move = moveOf({ snapshot: other({ ownership }), owners: ['olga', 'rita', 'olga'], ownerGroups: ['Payroll'] });
    expect(move).toMatchObject({ owners: ['olga', 'rita'], ownerGroups: ['Payroll'] });
  });

  test('to groups alone, where the template lets them own', () => {
    const snapshot = other({ ownership: { groups: true } });
    expect(moveOf({ snapshot, owners: [], ownerGroups: ['Payroll'] })).toMatchObject({ owners: [] });
  });

  test('keeps its name, its OU and its folder, whatever the new template says', () => {
    const naming = { prefix: 'app-', pattern: 'app-[a-z]+' };
    const directory = { domain: 'corp.example.com', organizationalUnit: 'OU=Other,DC=corp,DC=example,DC=com' };
    const move = moveOf({ snapshot: other({ naming, directory, vault: { folder: 'elsewhere' } }) });
    expect(differences(account(), move).map(({ field }) => field)).toEqual(['templateId', 'templateVersion']);
  });
});

describe('unchanged', () => {
  test.each<[string, MigrationChanges]>([
    ['its own template', { snapshot: snapshotOf() }],
    ['its own interval and owners', { interval: 'P1Y', owners: ['rita', 'olaf'], ownerGroups: [] }],
    ['its own end', { endsAt: '2027-02-01T00:00:00.000Z' }],
    ['nothing', {}],
  ])('%s', (_what, changes) => {
    expect(outcomeOf(changes)).toEqual({ outcome: 'unchanged' });
  });

  test.each<[string, MigrationChanges]>([
    ['to a template', { snapshot: other() }],
    ['to a past end, on the same day', { endsAt: '2020-01-01T00:00:00.000Z' }],
    ['to owners', { owners: ['olga'] }],
  ])('a second time %s', (_what, changes) => {
    const move = moveOf(changes);
    const later = new Date('2026-06-15T23:59:59.999Z');
    expect(migrationOutcome(moved(move), move.snapshot, changes, later)).toEqual({ outcome: 'unchanged' });
  });
});

describe('refused', () => {
  test.each(ACCOUNT_STATES.filter((state) => state !== 'active'))('while it is %s', (state) => {
    expect(outcomeOf({ owners: ['olga'] }, account({ state }))).toMatchObject({
      outcome: 'refused',
      code: 'StateConflict',
      message: `svc-payroll is ${state}: an account moves while it is active.`,
    });
  });

  test.each<[string, Account, Date]>([
    ['from its end on', account(), new Date('2027-02-01T00:00:00.000Z')],
    ['once its end is met', account({ ended: true }), NOW],
    ['before it has a period', account({ endsAt: null }), NOW],
  ])('%s', (_what, of, now) => {
    expect(outcomeOf({ owners: ['olga'] }, of, now)).toMatchObject({ outcome: 'refused', code: 'StateConflict' });
  });

  test('up to its last millisecond it moves', () => {
    const now = new Date('2027-01-31T23:59:59.999Z');
    expect(outcomeOf({ owners: ['olga'] }, account(), now).outcome).toBe('moves');
  });

  test.each<[string, MigrationChanges, string, string]>([
    [
      'a template of another domain',
      { snapshot: other({ directory: { domain: 'other.example.com', organizationalUnit: 'OU=X,DC=other' } }) },
      'PolicyViolation',
      'is for other.example.com, not for corp.example.com',
    ],
    ['an interval that is not offered', { interval: 'P2Y' }, 'PolicyViolation', 'choose P1Y, P90D'],
    [
      "a template that does not offer the account's interval",
      { snapshot: other({ lifecycle: { ...lifecycle, intervals: ['P90D'] } }) },
      'PolicyViolation',
      'does not offer the interval P1Y',
    ],
    ['no owner', { owners: [] }, 'OwnershipViolation', 'at least one owner'],
    ['group owners that are not allowed', { ownerGroups: ['Payroll'] }, 'OwnershipViolation', 'group owners'],
    [
      'a template that allows fewer owners',
      { snapshot: other({ ownership: { maximum: 1 } }) },
      'OwnershipViolation',
      'at most 1',
    ],
  ])('%s', (_what, changes, code, message) => {
    expect(outcomeOf(changes)).toEqual({ outcome: 'refused', code, message: expect.stringContaining(message) });
  });

  test('owners who stay under a template that stays are not judged again', () => {
    const of = account({ owners: [], ownerGroups: ['Fallback'] });
    expect(outcomeOf({ interval: 'P90D' }, of).outcome).toBe('moves');
  });
});
