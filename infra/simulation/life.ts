/** One account's life under a template, lived by the pure rules that the workflow lives by: no server, no clock. */
import { periodFrom, renewedPeriod, type Period, type PeriodTerms } from '../../contracts/deadlines.ts';
import { allowedActions, type EndOfLifeAction, type LifecycleFacts } from '../../contracts/lifecycle.ts';
import { nextNotice, type NoticeKind, type NoticeTerms } from '../../contracts/notices.ts';

export interface LifeRules extends PeriodTerms {
  readonly endOfLife: EndOfLifeAction;
  readonly notices: NoticeTerms;
}

export interface LifePlan {
  readonly rules: LifeRules;
  /** When the account is provisioned. */
  readonly bornAt: Date;
  /** Nothing is told that happens at this instant or later. */
  readonly until: Date;
  /** When its owner acts on the period of this number (from 0): renews it, or asks for that. Null: never. */
  readonly actsAt: (period: Period, number: number) => Date | null;
  /** How long an approval of a renewal takes, in milliseconds. */
  readonly approvalMs: number;
}

export interface Happening {
  readonly at: Date;
  readonly kind: 'provisioned' | 'renewal-requested' | 'renewed' | 'ended' | 'retired' | NoticeKind;
}

/**
 * Everything that happens to the account, in order of time. An owner who acts when the rules do not allow it (before the
 * window, on an account that is deleted at its end) is refused, and the period goes on as if they had not acted.
 */
export function liveOut(plan: LifePlan): Happening[] {
  const { rules, bornAt, until } = plan;
  const told: Happening[] = [{ at: bornAt, kind: 'provisioned' }];
  let period: Period | null = periodFrom(rules, bornAt);
  for (let number = 0; period !== null; number += 1) {
    const lived = livePeriod(plan, period, number);
    told.push(...lived.happenings);
    period = lived.next;
  }
  return told.filter(({ at }) => at < until).sort((a, b) => a.at.getTime() - b.at.getTime());
}

/** One period, and the one after it when it was renewed in time. */
function livePeriod(plan: LifePlan, period: Period, number: number): { happenings: Happening[]; next: Period | null } {
  const { rules, until } = plan;
  if (rules.endOfLife === 'delete') return { happenings: deleteAtEnd(rules, period, until), next: null };
  const { endsAt } = period;
  const askedAt = allowedAct(rules, period, plan.actsAt(period, number));
  const isAsked = rules.endOfLife === 'expire';
  const renewedAt = askedAt && new Date(askedAt.getTime() + (isAsked ? plan.approvalMs : 0));
  const leftAt = earlier(renewedAt ?? until, until);
  const happenings: Happening[] = [...noticesUntil(rules, period, leftAt)];
  if (askedAt && isAsked) happenings.push({ at: askedAt, kind: 'renewal-requested' });
  if (endsAt < leftAt) happenings.push({ at: endsAt, kind: 'ended' });
  if (renewedAt === null || renewedAt >= until) return { happenings, next: null };
  happenings.push({ at: renewedAt, kind: 'renewed' });
  return { happenings, next: renewedPeriod(rules, endsAt, renewedAt) };
}

/** Nobody can renew it: it is told of, and goes. */
function deleteAtEnd(rules: LifeRules, period: Period, until: Date): Happening[] {
  const { endsAt: at } = period;
  const end = (['ended', 'retirement-begun', 'retired'] as const).map((kind) => ({ at, kind }));
  return [...noticesUntil(rules, period, earlier(at, until)), ...end];
}

function earlier(one: Date, other: Date): Date {
  return one < other ? one : other;
}

/** When the owner's wish is granted, or null when the rules do not grant it. */
function allowedAct(rules: LifeRules, period: Period, at: Date | null): Date | null {
  if (at === null) return null;
  const actions = allowedActions(factsAt(rules, period, at), at);
  return actions.includes('renew') || actions.includes('request-renewal') ? at : null;
}

/** The account as the rules want to know it, when nobody has switched it off. */
function factsAt({ endOfLife }: LifeRules, { renewalOpensAt, endsAt }: Period, at: Date): LifecycleFacts {
  const ended = at >= endsAt;
  const state = !ended || endOfLife === 'review' ? 'active' : endOfLife === 'delete' ? 'retired' : 'expired';
  const instants = { renewalOpensAt: renewalOpensAt.toISOString(), endsAt: endsAt.toISOString() };
  return {
    state,
    blocked: null,
    endOfLife,
    ...instants,
    ended,
    retirement: null,
    approval: { openStep: 0, steps: [] },
  };
}

function* noticesUntil(rules: LifeRules, { renewalOpensAt, endsAt }: Period, until: Date): Generator<Happening> {
  const facts = {
    terms: rules.notices,
    endOfLife: rules.endOfLife,
    renewalOpensAt: renewalOpensAt.toISOString(),
    endsAt: endsAt.toISOString(),
  };
  for (let next = nextNotice(facts, null); next; next = nextNotice(facts, next.dueAt)) {
    const at = new Date(next.dueAt);
    if (at >= until) return;
    yield { at, kind: next.kind };
  }
}
