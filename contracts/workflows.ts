/**
 * The workflows by name, and what their updates take and answer. Free of zod at run time: workflows load this file.
 */
import type { Account } from './account.ts';
import type { AccountRequest } from './request.ts';
import type { TemplateSnapshot } from './template.ts';

/** The workflow types that the bundle must export, exactly. */
export const WORKFLOW_NAMES = ['accountLifecycle'] as const;

export const ACCOUNT_LIFECYCLE = 'accountLifecycle';

/** Update and query names of `accountLifecycle`. */
export const UPDATES = {
  submit: 'submit',
  decide: 'decide',
  withdraw: 'withdraw',
  renew: 'renew',
  disable: 'disable',
  enable: 'enable',
  retire: 'retire',
  resume: 'resume',
} as const;
export const SNAPSHOT_QUERY = 'snapshot';

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
  /** Whether this period's reminder is done. */
  readonly reminded: boolean;
  /** Answers to the newest operations, so that a repeated request gets its first answer across runs. */
  readonly answered: readonly { readonly operationId: string; readonly account: Account }[];
}

/** Every update says who asks and carries an operation id: the same id is the same request, and gets the same answer. */
export interface Caller {
  readonly actor: string;
  readonly operationId: string;
}

export interface SubmitMessage extends Caller {
  readonly request: AccountRequest & { readonly templateVersion: number };
}

export interface DecideMessage extends Caller {
  readonly decision: 'approve' | 'deny';
  /** Needed for a denial. */
  readonly reason: string | null;
}

/** `withdraw`, `renew`, `disable`, `enable`, `retire`, `resume`. */
export type ActionMessage = Caller;
