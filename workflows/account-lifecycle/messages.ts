/** The messages that `accountLifecycle` takes, as typed definitions. */
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { Account } from '../../contracts/account.ts';
import {
  ANSWER_QUERY,
  SIGNALS,
  SNAPSHOT_QUERY,
  UPDATES,
  type Messages,
  type MigrateMessage,
  type OwnerLeftMessage,
} from '../../contracts/workflows.ts';

const update = <A extends keyof Messages>(action: A) => defineUpdate<Account, [Messages[A]]>(UPDATES[action]);

/** Every update by its action. They answer when the projection has their events; what is different is said here. */
export const updates: { readonly [A in keyof Messages]: ReturnType<typeof update<A>> } = {
  /** Starts an account (with update-with-start). Refused with NameTaken, PolicyViolation, NotPublished or NotFound. */
  submit: update('submit'),
  decide: update('decide'),
  /** Undoing what was provisioned may take longer than its answer. */
  withdraw: update('withdraw'),
  'replace-approvers': update('replace-approvers'),
  /** Answers when the new end date is in the directory. So do the next ones with what they change there. */
  renew: update('renew'),
  disable: update('disable'),
  enable: update('enable'),
  edit: update('edit'),
  migrate: update('migrate'),
  restore: update('restore'),
  'request-renewal': update('request-renewal'),
  'change-owners': update('change-owners'),
  /** Deleting the account may take longer than its answer. */
  retire: update('retire'),
  /** Cuts the wait of a blocked step short; answers before the step has been tried again. */
  resume: update('resume'),
};

export const approversChangedSignal = defineSignal<[]>(SIGNALS.approversChanged);
export const ownerLeftSignal = defineSignal<[OwnerLeftMessage]>(SIGNALS.ownerLeft);
export const migrationRequestedSignal = defineSignal<[MigrateMessage]>(SIGNALS.migrationRequested);

/** The account as the workflow has it; null before its request was accepted. */
export const snapshotQuery = defineQuery<Account | null>(SNAPSHOT_QUERY);
/** What the operation was answered, while that is remembered; null otherwise. */
export const answerQuery = defineQuery<Account | null, [string]>(ANSWER_QUERY);
