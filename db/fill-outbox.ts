/** The single writer of the outbox, in the transaction of what people are told about. */
import type { Account, AccountEvent } from '../contracts/account.ts';
import { askedOn, askerOf, type People } from '../contracts/approval.ts';
import type { ErrorCode } from '../contracts/errors.ts';
import type { Audience, Notice, NoticeKind } from '../contracts/notices.ts';
import type { Database } from './client.ts';
import { findRecipients, type Addressees, type Recipient } from './queries/people.ts';
import { notices as outbox } from './schema/notices.ts';

/** Far below Postgres's 65,535 parameters of a statement. */
const ROWS_AT_ONCE = 1_000;

const NOBODY: People = { users: [], groups: [] };

/**
 * Puts a row into the outbox for each notice and address of those who are its audience at `now`, all of them or none. A row
 * that is there already stays as it is: however often a notice is asked for, it is there once. `sequence` is that of the
 * event that brings the notices; null: none does.
 */
export async function fillOutbox(
  db: Database,
  account: Account,
  notices: readonly Notice[],
  sequence: number | null,
  now: string,
): Promise<void> {
  if (notices.length === 0) return;
  await db.transaction(async (transaction) => {
    const recipientsOf = createFinder(transaction, account, now);
    const rows: (typeof outbox.$inferInsert)[] = [];
    for (const { kind, dueAt, audiences, detail } of notices) {
      for (const recipient of await recipientsOf(audiences)) {
        const { name } = recipient;
        const occasion = occasionOf(account, kind, sequence);
        const row = { accountId: account.id, kind, occasion, dueAt, recipient: name, detail, createdAt: now };
        rows.push(...addressesOf(recipient).map((address) => ({ ...row, address })));
      }
    }
    await insert(transaction, rows);
  });
}

/** A step's approvers are asked once, however often others are put beside them; two steps may open at one instant. */
function occasionOf({ approval }: Account, kind: NoticeKind, sequence: number | null): string {
  if (kind === 'approval-needed' || kind === 'approval-escalated') return `step ${approval.openStep}`;
  return sequence === null ? '' : `event ${sequence}`;
}

/** Tells the administrators that a version of a template waits to be published; `at` is when it was drafted. */
export async function tellOfDraft(
  transaction: Database,
  { templateId, version, name, by, at }: TemplateDraft,
): Promise<void> {
  const notice = { templateId, kind: 'template-needs-approval', dueAt: at, detail: { version, name, by } } as const;
  await tellAdministrators(transaction, notice, at);
}

/** Tells the administrators that the brake of a domain was engaged at `now`. */
export async function tellOfBrake(
  transaction: Database,
  { domain, brakePerHour }: { domain: string; brakePerHour: number },
  now: string,
): Promise<void> {
  const notice = { domain, kind: 'brake-engaged', dueAt: now, detail: { brakePerHour } } as const;
  await tellAdministrators(transaction, notice, now);
}

/** What holds up every account of a domain: no engine is there, or none gets to a domain controller. */
const OUTAGES: readonly ErrorCode[] = ['EngineOffline', 'DirectoryUnavailable', 'DirectoryBindRejected'];
const HOUR_MS = 60 * 60 * 1000;

/**
 * Tells the administrators, at `now`, of outages of the domain that block an account in `events`: once an hour and cause,
 * however many accounts are blocked.
 */
export async function tellOfOutages(
  db: Database,
  domain: string,
  events: readonly AccountEvent[],
  now: string,
): Promise<void> {
  for (const { type, at, detail } of events) {
    const code = OUTAGES.find((outage) => type === 'blocked' && detail['code'] === outage);
    if (code === undefined) continue;
    const dueAt = new Date(Math.floor(Date.parse(at) / HOUR_MS) * HOUR_MS).toISOString();
    const notice = { domain, kind: 'domain-unreachable', dueAt, occasion: code, detail: { code } } as const;
    await tellAdministrators(db, notice, now);
  }
}

async function tellAdministrators(
  transaction: Database,
  notice: Omit<typeof outbox.$inferInsert, 'recipient' | 'address' | 'createdAt'>,
  now: string,
): Promise<void> {
  const administrators = { people: NOBODY, approvers: NOBODY, exceptApprover: '', administrators: true };
  const rows = (await findRecipients(transaction, administrators, now)).flatMap((recipient) =>
    addressesOf(recipient).map((address) => ({ ...notice, recipient: recipient.name, address, createdAt: now })),
  );
  await insert(transaction, rows);
}

export interface TemplateDraft {
  readonly templateId: string;
  readonly version: number;
  readonly name: string;
  /** Who drafted it. */
  readonly by: string;
  /** ISO 8601 in UTC. */
  readonly at: string;
}

async function insert(transaction: Database, rows: readonly (typeof outbox.$inferInsert)[]): Promise<void> {
  for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
    const some = rows.slice(from, from + ROWS_AT_ONCE);
    await transaction.query((drizzle) => drizzle.insert(outbox).values(some).onConflictDoNothing());
  }
}

/** Many notices of one account have the same audience: it is looked up once. */
function createFinder(db: Database, account: Account, now: string) {
  const found = new Map<string, Promise<Recipient[]>>();
  return (audiences: readonly Audience[]): Promise<Recipient[]> => {
    const key = [...audiences].sort().join();
    const recipients = found.get(key) ?? findRecipients(db, addresseesOf(account, audiences), now);
    found.set(key, recipients);
    return recipients;
  };
}

/**
 * Who asked cannot decide, so as an approver they are not asked to; in a renewal's round that is who asked for the renewal.
 * While no owner is active, administrators are told in their place.
 */
function addresseesOf(account: Account, audiences: readonly Audience[]): Addressees {
  const { owners, ownerGroups, ownerMissingSince, approval } = account;
  const asker = askerOf(account);
  const has = (audience: Audience): boolean => audiences.includes(audience);
  const asked = has('open-step') ? askedOn(approval) : NOBODY;
  const escalated = has('escalation') ? (approval.steps[approval.openStep]?.escalation ?? NOBODY) : NOBODY;
  return {
    people: {
      users: [...(has('requester') ? [asker] : []), ...(has('owners') ? owners : [])],
      groups: has('owners') ? ownerGroups : [],
    },
    approvers: {
      users: [...asked.users, ...escalated.users],
      groups: [...asked.groups, ...escalated.groups],
    },
    exceptApprover: asker,
    administrators: has('administrators') || (has('owners') && ownerMissingSince !== null),
  };
}

function addressesOf({ name, emails }: Recipient): readonly string[] {
  return emails.length > 0 ? emails : [`user:${name}`];
}
