/** The messages that `migrateAccounts` takes, as typed definitions. */
import { defineQuery, defineSignal } from '@temporalio/workflow';
import {
  ACCOUNT_MIGRATED_SIGNAL,
  MIGRATION_PROGRESS_QUERY,
  MIGRATION_SIGNALS,
  type MigrationOutcome,
  type MigrationProgress,
} from '../../contracts/workflows.ts';

interface ControlMessage {
  readonly actor: string;
}

export const pauseSignal = defineSignal<[ControlMessage]>(MIGRATION_SIGNALS.pause);
export const resumeSignal = defineSignal<[ControlMessage]>(MIGRATION_SIGNALS.resume);
export const cancelSignal = defineSignal<[ControlMessage]>(MIGRATION_SIGNALS.cancel);
/** An account's answer. */
export const accountMigratedSignal = defineSignal<[MigrationOutcome]>(ACCOUNT_MIGRATED_SIGNAL);
export const progressQuery = defineQuery<MigrationProgress>(MIGRATION_PROGRESS_QUERY);
