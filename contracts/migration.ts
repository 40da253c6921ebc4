/**
 * What a migration makes of an account: the preview and the workflow ask the same function. Pure, and free of zod:
 * workflows load this file.
 */
import type { Account } from './account.ts';
import { periodUntil, type Period } from './deadlines.ts';
import type { ErrorCode } from './errors.ts';
import { allowedActions } from './lifecycle.ts';
import { ownershipProblem } from './ownership.ts';
import type { TemplateSnapshot } from './template.ts';
import type { MigrationChanges } from './workflows.ts';

/** What an account that moves is like afterwards. */
export interface Move {
  readonly outcome: 'moves';
  readonly snapshot: TemplateSnapshot;
  readonly interval: string;
  /** ISO 8601 UTC, like the two that follow. */
  readonly startsAt: string;
  readonly renewalOpensAt: string;
  readonly endsAt: string;
  readonly owners: string[];
  readonly ownerGroups: string[];
}

export type MigrationResult =
  | Move
  /** The account is as the changes want it already: a migration may be repeated. */
  | { readonly outcome: 'unchanged' }
  | { readonly outcome: 'refused'; readonly code: ErrorCode; readonly message: string };

/**
 * What `changes` make of `account`, which lives under `snapshot`, at `now`. An account moves while it is active and before
 * its end, to a template of its own domain. Its name stays what it is, whatever the new template wants of names, and so do
 * its OU, groups, attributes and folder. The present period keeps its end unless another one is given: a new interval
 * counts from the next renewal on, the renewal window at once. An end that is past becomes the next 00:00 UTC.
 */
export function migrationOutcome(
  account: Account,
  snapshot: TemplateSnapshot,
  changes: MigrationChanges,
  now: Date,
): MigrationResult {
  const present = presentPeriod(account, now);
  if (!present) return notMovable(account);
  const target = changes.snapshot ?? snapshot;
  const interval = changes.interval ?? account.interval;
  const owners = [...new Set(changes.owners ?? account.owners)];
  const ownerGroups = [...new Set(changes.ownerGroups ?? account.ownerGroups)];
  const refusal = templateRefusal(account, target, interval) ?? ownersRefusal(changes, target, { owners, ownerGroups });
  if (refusal) return refusal;
  const terms = { interval, renewalWindow: target.template.lifecycle.renewalWindow };
  const period = periodUntil(terms, present.startsAt, new Date(changes.endsAt ?? present.endsAt), now);
  const move: Move = {
    outcome: 'moves',
    snapshot: target,
    interval,
    startsAt: period.startsAt.toISOString(),
    renewalOpensAt: period.renewalOpensAt.toISOString(),
    endsAt: period.endsAt.toISOString(),
    owners,
    ownerGroups,
  };
  return differences(account, move).length === 0 ? { outcome: 'unchanged' } : move;
}

/** The period of an account that may move; `undefined` when it may not. */
function presentPeriod(account: Account, now: Date): Pick<Period, 'startsAt' | 'endsAt'> | undefined {
  const { startsAt, endsAt } = account;
  if (startsAt === null || endsAt === null || !allowedActions(account, now).includes('migrate')) return undefined;
  return { startsAt: new Date(startsAt), endsAt: new Date(endsAt) };
}

/** One thing of an account that a migration changes, as people read it. */
export interface Difference {
  readonly field: string;
  readonly from: string;
  readonly to: string;
}

/** What is different once `account` has moved, field by field; empty when nothing is. */
export function differences(account: Account, { snapshot, ...move }: Move): Difference[] {
  const { templateId, version, template } = snapshot;
  const fields: readonly (readonly [string, string, string])[] = [
    ['templateId', account.templateId, templateId],
    ['templateVersion', String(account.templateVersion), String(version)],
    ['endOfLife', account.endOfLife, template.lifecycle.endOfLife],
    ['interval', account.interval, move.interval],
    ['renewalOpensAt', account.renewalOpensAt ?? '', move.renewalOpensAt],
    ['endsAt', account.endsAt ?? '', move.endsAt],
    ['owners', account.owners.join(', '), move.owners.join(', ')],
    ['ownerGroups', account.ownerGroups.join(', '), move.ownerGroups.join(', ')],
  ];
  return fields.flatMap(([field, from, to]) => (from === to ? [] : [{ field, from, to }]));
}

type Refused = Extract<MigrationResult, { outcome: 'refused' }>;

const refused = (code: ErrorCode, message: string): Refused => ({ outcome: 'refused', code, message });

/** Why an account does not move that is not active, or not before its end. */
export function notMovable({ samAccountName, state, endsAt }: Account): Refused {
  const message =
    state === 'active'
      ? `${samAccountName} has met its end at ${endsAt}: an account moves before its end.`
      : `${samAccountName} is ${state}: an account moves while it is active.`;
  return refused('StateConflict', message);
}

function templateRefusal({ domain }: Account, { template }: TemplateSnapshot, interval: string): Refused | undefined {
  const { directory, lifecycle, name } = template;
  if (directory.domain !== domain) {
    return refused('PolicyViolation', `The template ${name} is for ${directory.domain}, not for ${domain}.`);
  }
  if (lifecycle.intervals.includes(interval)) return undefined;
  const offered = lifecycle.intervals.join(', ');
  return refused('PolicyViolation', `The template ${name} does not offer the interval ${interval}: choose ${offered}.`);
}

/** Owners who stay under a template that stays are not judged again. */
function ownersRefusal(
  { snapshot, owners, ownerGroups }: MigrationChanges,
  { template }: TemplateSnapshot,
  after: Pick<Move, 'owners' | 'ownerGroups'>,
): Refused | undefined {
  if (snapshot === undefined && owners === undefined && ownerGroups === undefined) return undefined;
  const problem = ownershipProblem(template.ownership, after);
  return problem === undefined ? undefined : refused('OwnershipViolation', problem);
}
