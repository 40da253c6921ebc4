/**
 * Moves many accounts: asks one after the other by a signal, at most so many a minute, and collects their answers. One that
 * refuses, does not answer, or is gone does not stop the others. Accounts that were asked before answer the same again, so
 * that a migration can be repeated. Begun in the transaction that puts it on record; it does nothing when that was rolled
 * back.
 */
import { condition, continueAsNew, getExternalWorkflowHandle, setHandler, workflowInfo } from '@temporalio/workflow';
import type { ErrorCode } from '../../contracts/errors.ts';
import { accountWorkflowId } from '../../contracts/ids.ts';
import type { MigrateAccountsInput, MigrationOutcome, MigrationProgress } from '../../contracts/workflows.ts';
import { migrationRequestedSignal } from '../account-lifecycle/messages.ts';
import { platform, untilDone } from '../support/activities.ts';
import { endsWhereItBegan } from '../support/pinned.ts';
import * as messages from './messages.ts';

type AccountRef = MigrateAccountsInput['accounts'][number];

/** How many accounts may owe an answer at once. */
const MOST_WAITING = 100;
/** How long an answer is waited for: an account whose engine is away moves when it is back. */
const PATIENCE_MS = 60 * 60_000;
/** Accounts are asked in batches, so that a fast migration does not cost a timer for each. */
const SHORTEST_PAUSE_MS = 1_000;
/** From here on a new run begins, in history events. */
const LONG_HISTORY = 1_000;

interface Migration {
  readonly input: MigrateAccountsInput;
  readonly total: number;
  /** Not asked yet. */
  readonly ahead: AccountRef[];
  /** Asked and not answered: the instant after which each is given up, in milliseconds since the epoch. */
  readonly waiting: Map<string, number>;
  /** By account: a late answer replaces the word that there was none. */
  readonly outcomes: Map<string, MigrationOutcome>;
  isPaused: boolean;
  isCancelled: boolean;
  /** How many signals are on their way. */
  sending: number;
}

endsWhereItBegan(migrateAccounts);

export async function migrateAccounts(input: MigrateAccountsInput): Promise<MigrationProgress> {
  const migration = open(input);
  registerHandlers(migration);
  if (!input.carried && !(await isRecorded(input))) return { ...progressOf(migration), state: 'cancelled' };
  while (migration.ahead.length > 0 && !migration.isCancelled) {
    await until(
      migration,
      () => migration.isCancelled || (!migration.isPaused && migration.waiting.size < MOST_WAITING),
    );
    if (migration.isCancelled) break;
    const pauseMs = Math.max(SHORTEST_PAUSE_MS, 60_000 / input.perMinute);
    const batch = Math.min(Math.floor((input.perMinute * pauseMs) / 60_000), MOST_WAITING - migration.waiting.size);
    for (const account of migration.ahead.splice(0, Math.max(batch, 1))) ask(migration, account);
    await condition(() => migration.isCancelled, pauseMs);
    if (workflowInfo().historyLength >= LONG_HISTORY) await turnThePage(migration);
  }
  await until(migration, () => migration.waiting.size === 0 && migration.sending === 0);
  return progressOf(migration);
}

async function isRecorded({ migrationId }: MigrateAccountsInput): Promise<boolean> {
  return (await untilDone(() => platform.findMigration({ migrationId }))).isRecorded;
}

function open(input: MigrateAccountsInput): Migration {
  const { carried, accounts } = input;
  return {
    input,
    total: carried?.total ?? accounts.length,
    ahead: [...accounts],
    waiting: new Map(carried?.waiting.map(({ accountId, until: at }) => [accountId, Date.parse(at)])),
    outcomes: new Map(carried?.outcomes.map((outcome) => [outcome.accountId, outcome])),
    isPaused: carried?.isPaused ?? false,
    isCancelled: false,
    sending: 0,
  };
}

/** Asks one account to move; the operation's id is the same however often the migration is repeated. */
function ask(migration: Migration, { accountId, domain }: AccountRef): void {
  const { migrationId, actor, changes } = migration.input;
  migration.waiting.set(accountId, Date.now() + PATIENCE_MS);
  migration.sending += 1;
  const message = { actor, operationId: `migration:${migrationId}`, changes, replyTo: workflowInfo().workflowId };
  void getExternalWorkflowHandle(accountWorkflowId(domain, accountId))
    .signal(migrationRequestedSignal, message)
    .catch(() => close(migration, refused(accountId, 'NotFound', 'There is no such account any more.')))
    .then(() => (migration.sending -= 1));
}

/** Waits until `wanted`, and meanwhile gives those up that do not answer. */
async function until(migration: Migration, wanted: () => boolean): Promise<void> {
  for (;;) {
    for (const [accountId, at] of migration.waiting) {
      if (at > Date.now()) continue;
      close(migration, refused(accountId, 'EngineTimeout', 'No answer within an hour; it may still be moved.'));
    }
    if (wanted()) return;
    const next = Math.min(...migration.waiting.values());
    if (Number.isFinite(next)) await condition(wanted, Math.max(next - Date.now(), 1));
    else await condition(wanted);
  }
}

function close(migration: Migration, outcome: MigrationOutcome): void {
  migration.waiting.delete(outcome.accountId);
  migration.outcomes.set(outcome.accountId, outcome);
}

function refused(accountId: string, code: ErrorCode, message: string): MigrationOutcome {
  return { accountId, outcome: 'refused', code, message };
}

/** Goes on in a new run. Returns when a cancellation came in the meantime: nothing is asked for any more. */
async function turnThePage(migration: Migration): Promise<void> {
  await condition(() => migration.sending === 0);
  if (migration.isCancelled) return;
  const { input, total, ahead, waiting, outcomes, isPaused } = migration;
  await continueAsNew<typeof migrateAccounts>({
    ...input,
    accounts: ahead,
    carried: {
      total,
      outcomes: [...outcomes.values()],
      waiting: [...waiting].map(([accountId, at]) => ({ accountId, until: new Date(at).toISOString() })),
      isPaused,
    },
  });
}

function progressOf({ total, outcomes, ahead, waiting, isPaused, isCancelled }: Migration): MigrationProgress {
  const isOver = ahead.length === 0 && waiting.size === 0;
  const state = isCancelled ? 'cancelled' : isOver ? 'completed' : isPaused ? 'paused' : 'running';
  return { state, total, outcomes: [...outcomes.values()] };
}

function registerHandlers(migration: Migration): void {
  setHandler(messages.pauseSignal, () => void (migration.isPaused = true));
  setHandler(messages.resumeSignal, () => void (migration.isPaused = false));
  setHandler(messages.cancelSignal, () => void (migration.isCancelled = true));
  setHandler(messages.accountMigratedSignal, (outcome) => close(migration, outcome));
  setHandler(messages.progressQuery, () => progressOf(migration));
}
