/** The single writer of the outbox. Only platform activities call it, in the transaction of what people are told about. */
import type { Account } from '../contracts/account.ts';
import { askedOn, type People } from '../contracts/approval.ts';
import type { Audience, Notice } from '../contracts/notices.ts';
import type { Database } from './client.ts';
import { findRecipients, type Addressees, type Recipient } from './queries/people.ts';
import { notices as outbox } from './schema/notices.ts';

/** Far below Postgres's 65,535 parameters of a statement. */
const ROWS_AT_ONCE = 1_000;

const NOBODY: People = { users: [], groups: [] };

/**
 * Puts a row into the outbox for each notice and address of those who are its audience at `now`, all of them or none. A row
 * that is there already stays as it is: however often a notice is asked for, it is there once.
 */
export async function fillOutbox(
  db: Database,
  account: Account,
  notices: readonly Notice[],
  now: string,
): Promise<void> {
  if (notices.length === 0) return;
  await db.transaction(async (transaction) => {
    const recipientsOf = createFinder(transaction, account, now);
    const rows: (typeof outbox.$inferInsert)[] = [];
    for (const { kind, dueAt, audiences, detail } of notices) {
      for (const recipient of await recipientsOf(audiences)) {
        const { name } = recipient;
        const row = { accountId: account.id, kind, dueAt, recipient: name, detail, createdAt: now };
        rows.push(...addressesOf(recipient).map((address) => ({ ...row, address })));
      }
    }
    for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
      const some = rows.slice(from, from + ROWS_AT_ONCE);
      await transaction.query((drizzle) => drizzle.insert(outbox).values(some).onConflictDoNothing());
    }
  });
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

/** The requester cannot decide, so as an approver they are not asked to. */
function addresseesOf(account: Account, audiences: readonly Audience[]): Addressees {
  const { requester, owners, ownerGroups, approval } = account;
  const has = (audience: Audience): boolean => audiences.includes(audience);
  const asked = has('open-step') ? askedOn(approval) : NOBODY;
  const escalated = has('escalation') ? (approval.steps[approval.openStep]?.escalation ?? NOBODY) : NOBODY;
  return {
    people: {
      users: [...(has('requester') ? [requester] : []), ...(has('owners') ? owners : [])],
      groups: has('owners') ? ownerGroups : [],
    },
    approvers: {
      users: [...asked.users, ...escalated.users],
      groups: [...asked.groups, ...escalated.groups],
    },
    exceptApprover: requester,
    administrators: has('administrators'),
  };
}

function addressesOf({ name, emails }: Recipient): readonly string[] {
  return emails.length > 0 ? emails : [`user:${name}`];
}
