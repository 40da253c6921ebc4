/** Migrations of many accounts: previewed from the projection, done by a workflow of their own. */
import { z } from 'zod';
import { instantSchema } from '../../contracts/fields.ts';
import {
  cancelMigration,
  listMigrationOutcomes,
  listMigrations,
  pauseMigration,
  previewMigration,
  readMigration,
  resumeMigration,
  startMigration,
  type NewMigration,
} from '../../contracts/http/migrations.ts';
import { API_PREFIX } from '../../contracts/http/route.ts';
import type { MigrationProgress } from '../../contracts/workflows.ts';
import type { Database } from '../../db/client.ts';
import * as queries from '../../db/queries/migrations.ts';
import { holdOperation } from '../../db/queries/operations.ts';
import type { Dependencies } from '../dependencies.ts';
import { implement, type Call, type Implementation } from '../http/implementation.ts';
import { answeredBefore, onceOnly, operationIdFor } from '../http/idempotency.ts';
import { decodeCursor, pageAnswer } from '../http/pagination.ts';
import { isRefusal, notFound, refusal } from '../http/refusal.ts';
import { namedAccounts, pageOfFilter, previewOf, resolveChanges, selectAccounts } from '../migration-selection.ts';

/** Postgres has no year 0. */
const storedInstant = instantSchema.refine((text) => Date.parse(text) > 0);
const accountCursor = z.strictObject({ submittedAt: storedInstant, id: z.uuid() });
const migrationCursor = z.strictObject({ requestedAt: storedInstant, id: z.uuid() });
const indexCursor = z.number().int().min(0).max(1_000_000);

export function migrationRoutes(dependencies: Dependencies): Implementation[] {
  const { db, gateway, clock } = dependencies;
  const find = async (id: string): Promise<queries.MigrationRow> => {
    const found = await queries.findMigration(db, id);
    if (!found) throw notFound();
    return found;
  };
  /** How far it is; null when that cannot be found out: what is known of the migration is shown all the same. */
  const progressOf = async (id: string): Promise<MigrationProgress | null> =>
    gateway.migration(id).catch((error: unknown) => {
      if (isRefusal(error) && error.code === 'ServiceUnavailable') return null;
      throw error;
    });
  const shown = async (row: queries.MigrationRow) => withProgress(row, await progressOf(row.id));

  /** Recorded, so that a late repetition does not pause what was resumed since. */
  const control = (route: typeof pauseMigration, send: (id: string, actor: string) => Promise<void>): Implementation =>
    implement(route, async (call) => {
      const { id } = call.params;
      const migration = await find(id);
      await onceOnly(db, { route, call, at: clock().toISOString() }, async () => {
        await send(id, call.caller.name);
        return { body: { id } };
      });
      return { body: await shown(migration) };
    });

  return [
    implement(previewMigration, async ({ body, query: { limit, after } }) => {
      const changes = await resolveChanges(dependencies, body.changes);
      if (body.accounts) {
        const from = decodeCursor(indexCursor, after) ?? 0;
        const named = pageFrom(body.accounts, from, limit);
        const items = await previewOf(db, await namedAccounts(db, named.items), changes, clock());
        return { body: pageAnswer({ ...named, items }, (item) => item) };
      }
      const page = await pageOfFilter(db, body, { limit, after: decodeCursor(accountCursor, after) });
      const items = await previewOf(db, page.items, changes, clock());
      return { body: pageAnswer({ ...page, items }, (item) => item) };
    }),
    implement(startMigration, async (call) => {
      const row =
        (await answeredBefore<queries.MigrationRow>(db, { route: startMigration, call })) ??
        (await start(dependencies, call));
      return { body: await shown(row), location: `${API_PREFIX}/migrations/${row.id}` };
    }),
    implement(listMigrations, async ({ query: { limit, after } }) => {
      const { items, ...rest } = await queries.listMigrations(db, {
        limit,
        after: decodeCursor(migrationCursor, after),
      });
      return { body: pageAnswer({ items: await Promise.all(items.map(shown)), ...rest }, (migration) => migration) };
    }),
    implement(readMigration, async ({ params: { id } }) => ({ body: await shown(await find(id)) })),
    implement(listMigrationOutcomes, async ({ params: { id }, query: { limit, after } }) => {
      await find(id);
      const from = decodeCursor(indexCursor, after) ?? 0;
      const outcomes = (await gateway.migration(id))?.outcomes ?? [];
      return { body: pageAnswer(pageFrom(outcomes, from, limit), (outcome) => outcome) };
    }),
    control(pauseMigration, (id, actor) => gateway.pauseMigration(id, actor)),
    control(resumeMigration, (id, actor) => gateway.resumeMigration(id, actor)),
    control(cancelMigration, (id, actor) => gateway.cancelMigration(id, actor)),
  ];
}

type StartCall = Call<unknown, unknown, NewMigration>;

/**
 * The workflow is begun before the migration is on record: what is on record runs, or has run. It waits for the commit, and
 * ends by itself when there is none.
 */
async function start(dependencies: Dependencies, call: StartCall): Promise<queries.MigrationRow> {
  const { db, gateway, clock } = dependencies;
  const { body, caller, idempotencyKey } = call;
  const changes = await resolveChanges(dependencies, body.changes);
  const accounts = await selectAccounts(db, body);
  const at = clock().toISOString();
  return onceOnly(db, { route: startMigration, call, at }, async (transaction) => {
    const id = operationIdFor(caller.name, startMigration.operationId, idempotencyKey);
    const { perMinute } = body;
    const row = { id, requestedBy: caller.name, requestedAt: at, changes, accounts: accounts.length, perMinute };
    await holdOperation(transaction, id);
    const created = await queries.createMigration(transaction, row);
    if (created === 'exists') return { body: await mustFind(transaction, id) };
    if (created === 'template-missing') throw refusal('StateConflict', 'The template was deleted meanwhile.');
    await gateway.startMigration(id, { migrationId: id, actor: caller.name, accounts, changes, perMinute });
    return { body: row };
  });
}

/** Begun so long ago that its answer is forgotten; its row is kept. */
async function mustFind(db: Database, id: string): Promise<queries.MigrationRow> {
  const migration = await queries.findMigration(db, id);
  if (!migration) throw new Error('a migration vanished while it was being begun');
  return migration;
}

function withProgress({ accounts, changes, ...row }: queries.MigrationRow, progress: MigrationProgress | null) {
  const { snapshot, owners, ownerGroups, ...terms } = changes;
  const count = (wanted: string): number => progress?.outcomes.filter(({ outcome }) => outcome === wanted).length ?? 0;
  return {
    ...row,
    changes: {
      ...terms,
      ...(snapshot && { templateId: snapshot.templateId, templateVersion: snapshot.version }),
      ...(owners && { owners: [...owners] }),
      ...(ownerGroups && { ownerGroups: [...ownerGroups] }),
    },
    state: progress?.state ?? ('unknown' as const),
    total: accounts,
    done: progress?.outcomes.length ?? 0,
    migrated: count('migrated'),
    unchanged: count('unchanged'),
    refused: count('refused'),
  };
}

/** A page of a list that is all here; its cursor is an index. */
function pageFrom<Item>(all: readonly Item[], from: number, limit: number) {
  const until = from + limit;
  return { items: all.slice(from, until), ...(until < all.length && { next: until }) };
}
