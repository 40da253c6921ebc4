/** The account that a route is about, if its caller may know of it. */
import type { Account } from '../contracts/account.ts';
import type { Database } from '../db/client.ts';
import { findAccount } from '../db/queries/accounts.ts';
import { mayAct } from './account-view.ts';
import type { Call } from './http/implementation.ts';
import { notFound } from './http/refusal.ts';

/** Refused with NotFound when there is none, and when the caller has no part in it. */
export async function findVisibleAccount(
  db: Database,
  { caller, isAbout }: Pick<Call, 'caller' | 'isAbout'>,
  id: string,
): Promise<Account> {
  isAbout({ accountId: id });
  const account = await findAccount(db, id);
  if (!account || !mayAct(caller, 'read', account)) throw notFound();
  return account;
}
