/** Migrations of many accounts: begun, watched, paused and ended. */
import type { Client } from '@temporalio/client';
import { CONTROL_TASK_QUEUE, migrationWorkflowId } from '../../contracts/ids.ts';
import {
  MIGRATE_ACCOUNTS,
  MIGRATION_PROGRESS_QUERY,
  MIGRATION_SIGNALS,
  type MigrateAccountsInput,
  type MigrationProgress,
} from '../../contracts/workflows.ts';
import { notFound, refusal } from '../http/refusal.ts';
import { createAsker } from './queries.ts';
import { isMissing, rethrow, translated } from './temporal-errors.ts';
import { QUERY_DEADLINE_MS, within } from './time-limits.ts';

export interface MigrationGateway {
  /**
   * Begins a migration, which waits for the end of the transaction that holds its id: call it in that one. It moves nothing
   * unless it is on record then. The same id again begins it anew: call it for what is not on record only.
   */
  startMigration(id: string, input: MigrateAccountsInput): Promise<void>;
  /** How far it is; null when there is no such workflow, or none any more. */
  migration(id: string): Promise<MigrationProgress | null>;
  /** Refused with StateConflict when the migration has ended, with NotFound when there is none. So are the next two. */
  pauseMigration(id: string, actor: string): Promise<void>;
  resumeMigration(id: string, actor: string): Promise<void>;
  /** Accounts that were moved stay moved. */
  cancelMigration(id: string, actor: string): Promise<void>;
}

export function createMigrationGateway(client: Client): MigrationGateway {
  const ask = createAsker(client);
  const handleOf = (id: string) => client.workflow.getHandle(migrationWorkflowId(id));
  const signal = (name: keyof typeof MIGRATION_SIGNALS) => async (id: string, actor: string) => {
    const send = () => handleOf(id).signal<[{ actor: string }]>(MIGRATION_SIGNALS[name], { actor });
    try {
      await within(client, QUERY_DEADLINE_MS, send);
    } catch (error) {
      throw isMissing(error) ? await whyMissing(id) : translated(error);
    }
  };
  /** Temporal says the same of a workflow that has ended and of one that never was. */
  const whyMissing = async (id: string) => {
    const known = await within(client, QUERY_DEADLINE_MS, () => handleOf(id).describe()).catch((error: unknown) => {
      if (isMissing(error)) return undefined;
      throw translated(error);
    });
    return known ? refusal('StateConflict', 'The migration has ended.') : notFound();
  };
  return {
    startMigration: async (id, input) => {
      await within(client, QUERY_DEADLINE_MS, () =>
        client.workflow.start(MIGRATE_ACCOUNTS, {
          workflowId: migrationWorkflowId(id),
          taskQueue: CONTROL_TASK_QUEUE,
          args: [input],
          workflowIdConflictPolicy: 'TERMINATE_EXISTING',
          workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        }),
      ).catch(rethrow);
    },
    migration: (id) =>
      ask<MigrationProgress>(migrationWorkflowId(id), MIGRATION_PROGRESS_QUERY).catch((error: unknown) => {
        if (isMissing(error)) return null;
        throw translated(error);
      }),
    pauseMigration: signal('pause'),
    resumeMigration: signal('resume'),
    cancelMigration: signal('cancel'),
  };
}
