/** Which accounts a migration is for, and what it wants of them: resolved once, for the preview and the start alike. */
import type { z } from 'zod';
import type { Account } from '../contracts/account.ts';
import { mustParse, shift, startOfUtcDay } from '../contracts/deadlines.ts';
import type { FieldError } from '../contracts/http/problem.ts';
import type { migrationItemSchema, migrationSelectionSchema } from '../contracts/http/migrations.ts';
import { differences, migrationOutcome, type MigrationResult } from '../contracts/migration.ts';
import type { TemplateSnapshot } from '../contracts/template.ts';
import type { MigrationChanges } from '../contracts/workflows.ts';
import type { Database } from '../db/client.ts';
import { findAccountsByIds, listAccounts, type AccountCursor } from '../db/queries/accounts.ts';
import type { Page } from '../db/queries/page.ts';
import { findPublishedTemplate, findTemplate } from '../db/queries/templates.ts';
import type { Dependencies } from './dependencies.ts';
import { invalid } from './http/refusal.ts';
import { groupProblems, userProblems } from './named-people.ts';

export type Selection = z.output<typeof migrationSelectionSchema>;
type Item = z.output<typeof migrationItemSchema>;

/** Temporal's payloads have room for their ids, and for what is said of each. */
const MAX_ACCOUNTS = 5_000;
const READ_AT_ONCE = 1_000;

/** An end that is further ahead could not be written with four digits of year after a renewal; as long as an interval. */
const FURTHEST_END = mustParse('P100Y');

/**
 * The changes with the template's published version. Refused, field by field, when they name what is not there, or an end
 * that is no end of a day (but for demonstrations) or more than 100 years ahead.
 */
export async function resolveChanges(
  { db, clock, allowShortIntervals }: Pick<Dependencies, 'db' | 'clock' | 'allowShortIntervals'>,
  changes: Selection['changes'],
): Promise<MigrationChanges> {
  const { templateId, owners = [], ownerGroups = [], ...terms } = changes;
  const published = templateId === undefined ? undefined : await findPublishedTemplate(db, templateId);
  const problems = [
    ...(templateId !== undefined && !published ? [bodyError('/changes/templateId', 'has no published version')] : []),
    ...endProblems(terms.endsAt, clock(), { allowShortIntervals }),
    ...(await userProblems(db, '/changes/owners', owners)),
    ...(await groupProblems(db, '/changes/ownerGroups', ownerGroups)),
  ];
  if (problems.length > 0) throw invalid(problems);
  return {
    ...(published && {
      snapshot: { templateId: published.id, version: published.version, template: published.template },
    }),
    ...(terms.interval !== undefined && { interval: terms.interval }),
    ...(terms.endsAt !== undefined && { endsAt: terms.endsAt }),
    ...(changes.owners && { owners: changes.owners }),
    ...(changes.ownerGroups && { ownerGroups: changes.ownerGroups }),
  };
}

function endProblems(
  wanted: string | undefined,
  now: Date,
  { allowShortIntervals }: { readonly allowShortIntervals: boolean },
): FieldError[] {
  if (wanted === undefined) return [];
  const endsAt = new Date(wanted);
  if (endsAt > shift(now, FURTHEST_END)) return [bodyError('/changes/endsAt', 'must not be more than 100 years ahead')];
  if (allowShortIntervals || endsAt.getTime() === startOfUtcDay(endsAt).getTime()) return [];
  return [
    bodyError('/changes/endsAt', 'must be 00:00 UTC, the end of the day before, such as 2027-01-31T00:00:00.000Z'),
  ];
}

/** Every account of the selection. Refused when there is none, or more than one migration takes. */
export async function selectAccounts(
  db: Database,
  selection: Selection,
): Promise<{ readonly accountId: string; readonly domain: string }[]> {
  if (selection.accounts) return (await namedAccounts(db, selection.accounts)).map(idOf);
  const selected: { accountId: string; domain: string }[] = [];
  let after: AccountCursor | undefined;
  do {
    const page: Page<Account, AccountCursor> = await pageOfFilter(db, selection, { after, limit: READ_AT_ONCE });
    selected.push(...page.items.map(idOf));
    after = page.next;
    if (selected.length > MAX_ACCOUNTS) {
      throw invalid([bodyError('/filter', `is for more than ${MAX_ACCOUNTS} accounts: narrow it`)]);
    }
  } while (after);
  if (selected.length === 0) throw invalid([bodyError('/filter', 'is for no account')]);
  return selected;
}

/** The accounts with these ids, in their order. Refused when one of them is none. */
export async function namedAccounts(db: Database, ids: readonly string[]): Promise<Account[]> {
  const found = new Map((await findAccountsByIds(db, ids)).map((account) => [account.id, account]));
  const problems = ids.flatMap((id, index) =>
    found.has(id) ? [] : [bodyError(`/accounts/${index}`, 'is not the id of an account')],
  );
  if (problems.length > 0) throw invalid(problems.slice(0, 100));
  return ids.map((id) => found.get(id)!);
}

/** A page of the active accounts of the filter, the newest first: no other moves. */
export async function pageOfFilter(
  db: Database,
  { filter = {} }: Selection,
  page: { readonly after?: AccountCursor | undefined; readonly limit: number },
): Promise<Page<Account, AccountCursor>> {
  const { name, ...fields } = filter;
  return listAccounts(db, { ...fields, ...page, nameContains: name, state: 'active' });
}

/** What the changes would make of each account at `now`. The projection is asked, the workflow has the last word. */
export async function previewOf(
  db: Database,
  accounts: readonly Account[],
  changes: MigrationChanges,
  now: Date,
): Promise<Item[]> {
  const snapshotOf = createSnapshotReader(db);
  const items: Item[] = [];
  for (const account of accounts) {
    const snapshot = await snapshotOf(account);
    const result = snapshot ? migrationOutcome(account, snapshot, changes, now) : TEMPLATE_LOST;
    items.push(itemOf(account, result));
  }
  return items;
}

/** Accounts are rebuilt from their workflows alone, so their template's row can be missing. */
const TEMPLATE_LOST = {
  outcome: 'refused',
  code: 'NotFound',
  message:
    'The template that it lives under is not in the database, so nothing can be said before the migration itself.',
} as const;

function itemOf(account: Account, result: MigrationResult): Item {
  const { id: accountId, domain, samAccountName } = account;
  const item = { accountId, domain, samAccountName, code: null, message: null, changes: [] };
  switch (result.outcome) {
    case 'moves':
      return { ...item, outcome: 'would-change', changes: differences(account, result) };
    case 'unchanged':
      return { ...item, outcome: 'unchanged' };
    case 'refused':
      return { ...item, outcome: 'refused', code: result.code, message: result.message };
  }
}

/** The version that an account lives under; each is read once. */
function createSnapshotReader(db: Database): (account: Account) => Promise<TemplateSnapshot | undefined> {
  const read = new Map<string, Promise<TemplateSnapshot | undefined>>();
  return ({ templateId, templateVersion: version }) => {
    const key = `${templateId} ${version}`;
    const known = read.get(key) ?? snapshotIn(db, templateId, version);
    read.set(key, known);
    return known;
  };
}

async function snapshotIn(db: Database, templateId: string, version: number): Promise<TemplateSnapshot | undefined> {
  const found = await findTemplate(db, templateId, version);
  return found && { templateId, version, template: found.template };
}

function idOf({ id: accountId, domain }: Account) {
  return { accountId, domain };
}

function bodyError(field: string, message: string): FieldError {
  return { location: 'body', field, message };
}
