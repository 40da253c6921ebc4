/**
 * The workflows by name, and what their updates take and answer. Free of zod at run time: workflows load this file.
 */
import type { Account } from './account.ts';
import type { InspectDirectoryResult, InspectVaultResult } from './activities.ts';
import type { Ballot, People } from './approval.ts';
import type { ErrorCode } from './errors.ts';
import type { AccountAction } from './lifecycle.ts';
import type { AccountRequest } from './request.ts';
import type { TemplateSnapshot } from './template.ts';

/** The workflow types that the bundle must export, exactly. */
export const WORKFLOW_NAMES = ['accountLifecycle', 'inspectTemplate', 'reassessAccounts', 'migrateAccounts'] as const;

export const ACCOUNT_LIFECYCLE = 'accountLifecycle';
export const INSPECT_TEMPLATE = 'inspectTemplate';
export const REASSESS_ACCOUNTS = 'reassessAccounts';
export const MIGRATE_ACCOUNTS = 'migrateAccounts';

/** Update and query names of `accountLifecycle`. */
export const UPDATES = {
  submit: 'submit',
  decide: 'decide',
  withdraw: 'withdraw',
  'replace-approvers': 'replaceApprovers',
  renew: 'renew',
  'request-renewal': 'requestRenewal',
  disable: 'disable',
  enable: 'enable',
  'change-owners': 'changeOwners',
  edit: 'edit',
  migrate: 'migrate',
  retire: 'retire',
  restore: 'restore',
  resume: 'resume',
} as const satisfies Record<AccountAction | 'submit', string>;
export const SNAPSHOT_QUERY = 'snapshot';
/** With an operation's id: the answer that it got, or null when it has none that is remembered. */
export const ANSWER_QUERY = 'answer';

/** Signals of `accountLifecycle`: what machines tell it. */
export const SIGNALS = {
  /** Groups, users or delegations have changed that may sit on the open step. */
  approversChanged: 'approversChanged',
  /** A user who may be an owner was disabled, or is active again. */
  ownerLeft: 'ownerLeft',
  /** A migration asks the account to move; it answers that workflow with `accountMigrated`. */
  migrationRequested: 'migrationRequested',
} as const;
export const ACCOUNT_MIGRATED_SIGNAL = 'accountMigrated';

/** The first run's argument is `{ accountId, domain }`; `carried` is what a run hands to the next one. */
export interface AccountLifecycleInput {
  readonly accountId: string;
  readonly domain: string;
  readonly carried?: CarriedAccount;
}

/** All that outlives continue-as-new. */
export interface CarriedAccount {
  readonly account: Account;
  readonly snapshot: TemplateSnapshot;
  /** The due time of the newest notice of this period that is in the outbox; null: none is. */
  readonly noticedUntil: string | null;
  /** Answers to the newest operations, so that a repeated request gets its first answer across runs. */
  readonly answered: readonly Answered[];
  /** What the run had begun and not done, oldest first: the next run takes it up again. */
  readonly begun: readonly Asked[];
  readonly provisioning: Provisioning | null;
  /** Whether the approvers of the open step must be looked at again. */
  readonly approversChanged: boolean;
  /** Owners who left and whose succession is not decided. */
  readonly left: readonly string[];
}

export interface Answered {
  readonly operationId: string;
  readonly account: Account;
}

/** How far provisioning is: with the same operation id every step finds its own earlier work. */
export interface Provisioning {
  /** The change of password under which the present credential is staged. */
  readonly operationId: string;
  /** How many generated passwords the domain has refused. */
  readonly passwordsRefused: number;
  /** Whether the vault may have a secret, and the directory an object: both are removed if all is given up. */
  readonly isStaging: boolean;
  readonly isEstablishing: boolean;
  readonly objectGuid: string | null;
  /** Why all was undone until a person has looked at it; null while it goes on. */
  readonly refused: { readonly code: ErrorCode; readonly message: string } | null;
}

/** Every update says who asks and carries an operation id: the same id is the same request, and gets the same answer. */
export interface Caller {
  readonly actor: string;
  readonly operationId: string;
}

export interface SubmitMessage extends Caller {
  readonly request: AccountRequest & { readonly templateVersion: number };
}

export interface DecideMessage extends Caller, Ballot {}

/** What two people may edit at the same time. */
export interface Edit extends Caller {
  /** The sequence number of the account that the caller saw; another one by now: PreconditionFailed. Absent: any. */
  readonly expectedSequence?: number;
}

export interface ReplaceApproversMessage extends Edit {
  /** The step that the administrator had in mind; another one is open: StepNotOpen. */
  readonly step: number;
  readonly approvers: People;
  readonly quorum: number;
}

export interface ChangeOwnersMessage extends Edit {
  /** The first one answers for the account first. The API has seen that at least one of them is active. */
  readonly owners: readonly string[];
  readonly ownerGroups: readonly string[];
}

export interface EditMessage extends Edit {
  readonly description: string | null;
}

export interface MigrateMessage extends Caller {
  readonly changes: MigrationChanges;
  /** The workflow that is told the outcome by `accountMigrated`; absent: nobody but the caller. */
  readonly replyTo?: string;
}

/** What a migration changes; what is absent stays. */
export interface MigrationChanges {
  /** Another template, or another version of the same one, of the same domain. */
  readonly snapshot?: TemplateSnapshot;
  /** One of the intervals of the template (the new one, if that is changed). */
  readonly interval?: string;
  /** ISO 8601 UTC; a past date ends the account at the next 00:00 UTC. */
  readonly endsAt?: string;
  readonly owners?: readonly string[];
  readonly ownerGroups?: readonly string[];
}

/** `withdraw`, `renew`, `request-renewal`, `disable`, `enable`, `retire`, `restore`, `resume`. */
export type ActionMessage = Caller;

export interface Messages {
  readonly submit: SubmitMessage;
  readonly decide: DecideMessage;
  readonly withdraw: ActionMessage;
  readonly 'replace-approvers': ReplaceApproversMessage;
  readonly renew: ActionMessage;
  readonly 'request-renewal': ActionMessage;
  readonly disable: ActionMessage;
  readonly enable: ActionMessage;
  readonly 'change-owners': ChangeOwnersMessage;
  readonly edit: EditMessage;
  readonly migrate: MigrateMessage;
  readonly retire: ActionMessage;
  readonly restore: ActionMessage;
  readonly resume: ActionMessage;
}

/** What somebody asks of an account, with its message. */
export type Asked<A extends keyof Messages = keyof Messages> = A extends unknown
  ? { readonly action: A; readonly message: Messages[A] }
  : never;

/** Signal `ownerLeft`. */
export interface OwnerLeftMessage {
  readonly user: string;
}

/** The dry run of a template through the engine of its domain: answers within `limitMs`, engine away or not. */
export interface InspectTemplateInput {
  /** Whole milliseconds. */
  readonly limitMs: number;
  readonly domain: string;
  readonly organizationalUnits: readonly string[];
  readonly groups: readonly string[];
  readonly folder: string | null;
  /** Whether requesters may choose folders below that one; absent: no. */
  readonly mayChooseFolder?: boolean;
  readonly samAccountName: string | null;
}

/** `away`: no engine of the domain took it in time. */
export interface InspectTemplateResult {
  readonly directory: InspectDirectoryResult | { readonly failed: 'away' | 'error'; readonly message: string };
  readonly vault: InspectVaultResult | { readonly failed: 'away' | 'error'; readonly message: string } | null;
}

/** Tells every account that a change of users, groups or delegations concerns. */
export interface ReassessAccountsInput {
  /** Of the change, which may not be committed yet. */
  readonly operationId: string;
  /** Accounts on whose open step this user or group is asked. */
  readonly approvers: People;
  /** Users who left or came back: their accounts look who owns them. */
  readonly left: readonly string[];
  /** Where a run before this one stopped: `next` of its last page. */
  readonly after?: string;
}

/** Query and signals of `migrateAccounts`; the signals carry who asks. */
export const MIGRATION_PROGRESS_QUERY = 'progress';
export const MIGRATION_SIGNALS = { pause: 'pause', resume: 'resume', cancel: 'cancel' } as const;

/** Moves many accounts, one after the other: an account that refuses does not stop the rest. */
export interface MigrateAccountsInput {
  readonly migrationId: string;
  /** The administrator who asked. */
  readonly actor: string;
  readonly accounts: readonly { readonly accountId: string; readonly domain: string }[];
  readonly changes: MigrationChanges;
  /** How many accounts at most are begun within a minute. */
  readonly perMinute: number;
  /** What a run hands to the next one. */
  readonly carried?: CarriedMigration;
}

/** All of a migration that outlives continue-as-new, beside its input, whose `accounts` are those not asked yet. */
export interface CarriedMigration {
  readonly total: number;
  readonly outcomes: readonly MigrationOutcome[];
  /** Ids of accounts that have not answered, with the instant after which they are given up, ISO 8601 UTC. */
  readonly waiting: readonly { readonly accountId: string; readonly until: string }[];
  readonly isPaused: boolean;
}

/** What became of one account: `unchanged`, it was as the changes want it already. */
export interface MigrationOutcome {
  readonly accountId: string;
  readonly outcome: 'migrated' | 'unchanged' | 'refused';
  /** Why it was refused; null otherwise. */
  readonly code: ErrorCode | null;
  readonly message: string | null;
}

export interface MigrationProgress {
  readonly state: 'running' | 'paused' | 'cancelled' | 'completed';
  /** How many accounts there are in all. */
  readonly total: number;
  /** Those that have answered, in the order of their answers. */
  readonly outcomes: readonly MigrationOutcome[];
}
