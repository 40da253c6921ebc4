/** What people are told of an account, and who: notices as events bring them, and those of its period. */
import type { Account } from '../../contracts/account.ts';
import { nextNotice, type Audience, type Notice, type NoticeFacts, type NoticeKind } from '../../contracts/notices.ts';
import type { TemplateSnapshot } from '../../contracts/template.ts';

type EventNotice = Exclude<NoticeKind, 'renewal-reminder' | 'renewal-urgent' | 'renewal-overdue'>;

/** Whom each event's notice is for. */
const AUDIENCES: Readonly<Record<EventNotice, readonly Audience[]>> = {
  'approval-needed': ['open-step'],
  'approval-escalated': ['escalation'],
  'quorum-lost': ['administrators', 'requester'],
  'request-approved': ['requester'],
  'request-rejected': ['requester'],
  'request-lapsed': ['requester'],
  provisioned: ['requester'],
  'provisioning-failed': ['requester'],
  'renewal-opened': ['owners'],
  'renewal-denied': ['owners'],
  ended: ['owners'],
  'owners-changed': ['owners'],
  'owner-missing': ['administrators'],
  'retirement-begun': ['owners'],
};

/** No call to the outbox has more; what is left over follows in the next one. */
const MOST_AT_ONCE = 100;

/** The notice that an event brings; `dueAt` (ISO 8601 UTC) is part of its identity. */
export function noticeOf(kind: EventNotice, dueAt: string, detail: Notice['detail'] = {}): Notice {
  return { kind, dueAt, audiences: AUDIENCES[kind], detail };
}

/** What the notices of the account's period follow from; `undefined` when it has none, or is not in use. */
export function noticeFactsOf(account: Account, { template }: TemplateSnapshot): NoticeFacts | undefined {
  const { renewalOpensAt, endsAt, endOfLife } = account;
  if (renewalOpensAt === null || endsAt === null) return undefined;
  return { terms: template.lifecycle.notices, endOfLife, renewalOpensAt, endsAt };
}

/** The notices after `noticedUntil` that are due at `nowMs`, in order, as many as go into one call. */
export function dueNotices(facts: NoticeFacts, noticedUntil: string | null, nowMs: number): Notice[] {
  const due: Notice[] = [];
  let next = nextNotice(facts, noticedUntil);
  while (next && Date.parse(next.dueAt) <= nowMs && due.length < MOST_AT_ONCE) {
    due.push(next);
    next = nextNotice(facts, next.dueAt);
  }
  return due;
}
