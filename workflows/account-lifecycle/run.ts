/** One run's hold on its account: what it knows, what it is asked, and what it hands to the run after it. */
import type { Account } from '../../contracts/account.ts';
import type { AccountObjectInput } from '../../contracts/activities.ts';
import type { Period, PeriodTerms } from '../../contracts/deadlines.ts';
import { secretPath } from '../../contracts/ids.ts';
import type { TemplateSnapshot } from '../../contracts/template.ts';
import type { AccountLifecycleInput, CarriedAccount, Provisioning } from '../../contracts/workflows.ts';
import { begunIntents, reopen, type Inbox } from './intents.ts';

/** Who causes what nobody asked for: deadlines, blocks, cancellations. */
export const SYSTEM = 'system';

export interface AccountRun extends Inbox {
  readonly accountId: string;
  readonly domain: string;
  /** The template version that the account lives under; null before its request was accepted. */
  snapshot: TemplateSnapshot | null;
  /** The due time of this period's newest notice that was asked for; null: none was. */
  noticedUntil: string | null;
  /** How far provisioning is; null before and after it. */
  provisioning: Provisioning | null;
  /** Whether the approvers of the open step must be looked at again. */
  approversChanged: boolean;
  /** Owners who left and whose succession is not decided, in the order in which it was told. */
  left: string[];
  /** Whether a period began in this run: a good moment for a new run, though history is short. */
  renewedInThisRun: boolean;
  /** How many calls to the platform are on their way that nobody waits for. */
  sending: number;
}

/** The state with which a run begins: empty, or what the run before handed on. */
export function openRun({ accountId, domain, carried }: AccountLifecycleInput): AccountRun {
  const { begun, left, answered, ...handedOn } = carried ?? NOTHING;
  return {
    accountId,
    domain,
    ...handedOn,
    left: [...left],
    answered: [...answered],
    intents: begun.map(reopen),
    replies: [],
    isDraining: false,
    renewedInThisRun: false,
    sending: 0,
  };
}

const NOTHING = {
  account: null,
  snapshot: null,
  noticedUntil: null,
  provisioning: null,
  approversChanged: false,
  left: [],
  answered: [],
  begun: [],
};

/** The argument of the run after this one. */
export function nextRunInput(run: AccountRun): AccountLifecycleInput {
  const { accountId, domain, noticedUntil, provisioning, approversChanged, left, answered } = run;
  const carried: CarriedAccount = {
    account: accountOf(run),
    snapshot: snapshotOf(run),
    noticedUntil,
    answered,
    begun: begunIntents(run),
    provisioning,
    approversChanged,
    left,
  };
  return { accountId, domain, carried };
}

/** The account, once its request was accepted. Earlier is a bug: plain Error. */
export function accountOf({ account, accountId }: AccountRun): Account {
  if (account === null) throw new Error(`account ${accountId} was used before its request was accepted`);
  return account;
}

/** The template version, once the request was accepted. Earlier is a bug: plain Error. */
export function snapshotOf({ snapshot, accountId }: AccountRun): TemplateSnapshot {
  if (snapshot === null) throw new Error(`account ${accountId} was used before its request was accepted`);
  return snapshot;
}

/** The account's id and domain, as every activity takes them. */
export function refOf({ accountId, domain }: AccountRun): { accountId: string; domain: string } {
  return { accountId, domain };
}

/** What directory activities need to find the account's object. */
export function directoryTarget(run: AccountRun): AccountObjectInput {
  const { objectGuid, samAccountName, organizationalUnit } = accountOf(run);
  return { ...refOf(run), objectGuid, samAccountName, organizationalUnit };
}

/** Where the account's secret is, or will be. */
export function vaultPathOf(run: AccountRun): string {
  const { vaultFolder, samAccountName } = accountOf(run);
  return secretPath(vaultFolder, samAccountName);
}

/** What the account's periods follow from. */
export function periodTermsOf(run: AccountRun): PeriodTerms {
  return { interval: accountOf(run).interval, renewalWindow: snapshotOf(run).template.lifecycle.renewalWindow };
}

/** A period as the account shows it. */
export function instantsOf({ startsAt, renewalOpensAt, endsAt }: Period): Record<keyof Period, string> {
  return {
    startsAt: startsAt.toISOString(),
    renewalOpensAt: renewalOpensAt.toISOString(),
    endsAt: endsAt.toISOString(),
  };
}

/** When AD itself is to end an account whose period ends at `endsAt`: a safety net where no engine runs then. */
export function expiryOf({ endOfLife }: Pick<Account, 'endOfLife'>, endsAt: string): string | null {
  return endOfLife === 'review' ? null : endsAt;
}

/** This instant, as everything at rest has it. */
export function now(): string {
  return new Date().toISOString();
}
