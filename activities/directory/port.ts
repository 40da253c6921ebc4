/** What the directory activities need of a directory. `active-directory/` is the one there is. */
import type { Sensitive } from '../../infra/runtime/sensitive.ts';
import type { CapturedObject } from '../../contracts/account.ts';
import type {
  AccountObjectInput,
  ApplyDescriptionInput,
  ApplyExpiryInput,
  DirectoryObject,
  EstablishAccountInput,
  InspectDirectoryInput,
  InspectDirectoryResult,
  QuarantineAccountInput,
  RestoreAccountInput,
} from '../../contracts/activities.ts';

/** How far an attempt has come: the detail of a heartbeat, so it crosses to the control plane and has no secret. */
export interface Progress {
  readonly step: string;
  /** The controller that may have taken the add, and when it was asked (milliseconds since 1970). */
  readonly addedOn: { readonly controller: string; readonly at: number } | null;
}

/** One attempt at an operation, as its caller follows it. */
export interface Attempt {
  /** What the attempt before this one reported last; `null` for the first, or when it is not known. */
  readonly previous: Progress | null;
  /** Called before each step. Throws when the operation is to be given up: nothing more is written then. */
  report(progress: Progress): void;
}

/** What a check of the engine's own account found. */
export interface DirectorySelfCheck {
  /** `refused`: the engine must not run with this account. */
  readonly outcome: 'ready' | 'incomplete' | 'refused';
  /** Sentences for operators, one per finding: what is missing, and what is too much. */
  readonly findings: readonly string[];
}

/** Whether one domain controller answers the engine. */
export interface ControllerState {
  readonly url: string;
  /** `null`: it answers. Otherwise what went wrong, in codes. */
  readonly problem: string | null;
}

/** Every method is idempotent, and rejects with failures of the catalogue (`activities/failure.ts`) only. */
export interface Directory {
  /** The DNS name of the domain it serves, in lower case. */
  readonly fqdn: string;
  /** The managed account with this password: complete, enabled and proved by a log-on. */
  establish(input: EstablishAccountInput, password: Sensitive<string>, attempt: Attempt): Promise<DirectoryObject>;
  setEnabled(input: AccountObjectInput, enabled: boolean, attempt: Attempt): Promise<void>;
  applyExpiry(input: ApplyExpiryInput, attempt: Attempt): Promise<void>;
  /** Clears the description for `null`. */
  applyDescription(input: ApplyDescriptionInput, attempt: Attempt): Promise<void>;
  /** What {@link restore} puts back. Reads only. */
  capture(input: AccountObjectInput, attempt: Attempt): Promise<CapturedObject>;
  /**
   * Disabled, out of its groups (those that others manage aside) and in the retirement OU, if there is one: found by
   * GUID from then on, wherever it is. Answers it as it is then.
   */
  quarantine(input: QuarantineAccountInput, attempt: Attempt): Promise<DirectoryObject>;
  /** As it was captured. `missingGroups`: the names of groups that are gone. Its OU is gone: DirectoryRejected. */
  restore(
    input: RestoreAccountInput,
    attempt: Attempt,
  ): Promise<DirectoryObject & { readonly missingGroups: readonly string[] }>;
  /** The logon name of a user's manager; `null` when there is no such user, or no manager whose account is enabled. */
  findManager(samAccountName: string): Promise<string | null>;
  /** Whether what a template names is there, and whether the engine may write there. Reads only. */
  inspect(input: InspectDirectoryInput): Promise<InspectDirectoryResult>;
  /** The account is gone. It was gone already: success. It is not ours: DirectoryObjectForeign. */
  delete(input: AccountObjectInput, attempt: Attempt): Promise<void>;
  /** Reads only. Rejects when no controller answers or the engine's account is refused. */
  selfCheck(): Promise<DirectorySelfCheck>;
  /** Asks each domain controller on its own, the silent ones for as long as it takes. Never rejects. */
  probeControllers(): Promise<readonly ControllerState[]>;
  /** Closes all connections. */
  close(): void;
}
