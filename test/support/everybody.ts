/**
 * The workflows, beside one that plays all accounts of a migration: the time-skipping server bears few workflows at once.
 * What an account is asked reaches `everybody`; how it answers follows from the last digit of its id.
 */
import {
  allHandlersFinished,
  condition,
  continueAsNew,
  defineSignal,
  getExternalWorkflowHandle,
  setHandler,
  workflowInfo,
  type WorkflowInterceptors,
} from '@temporalio/workflow';
import { parseAccountWorkflowId } from '../../contracts/ids.ts';
import {
  ACCOUNT_MIGRATED_SIGNAL,
  MIGRATE_ACCOUNTS,
  SIGNALS,
  type MigrateMessage,
  type MigrationOutcome,
} from '../../contracts/workflows.ts';
import { migrateAccounts } from '../../workflows/migrate-accounts/workflow.ts';

export { migrateAccounts };

export const EVERYBODY = 'everybody';

/** What the account with this last digit does; all others move. */
const GONE = '3';
const REFUSES = '5';
const IS_SO_ALREADY = '7';
/** Only the account whose id ends like this says nothing, so that others need not wait for it. */
const SILENT = '0009';

/** The `count` accounts that are asked: the first has the number 1. */
export function accountIdOf(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
}

/** What is to become of an account. */
export function fateOf(accountId: string): 'migrated' | 'unchanged' | 'StateConflict' | 'NotFound' | 'EngineTimeout' {
  if (accountId.endsWith(SILENT)) return 'EngineTimeout';
  if (accountId.endsWith(GONE)) return 'NotFound';
  if (accountId.endsWith(REFUSES)) return 'StateConflict';
  return accountId.endsWith(IS_SO_ALREADY) ? 'unchanged' : 'migrated';
}

/** Some tenths of a second of work: long enough for a test to send something meanwhile. */
const SLOW = 500_000_000;

/** Sends what is for an account to `everybody`, except to those that are gone; and takes its time to begin a new run. */
export const interceptors = (): WorkflowInterceptors => ({
  outbound: [
    {
      async signalWorkflow(input, next) {
        const { target, signalName, args } = input;
        const account =
          target.type === 'external' ? parseAccountWorkflowId(target.workflowExecution.workflowId!) : null;
        if (signalName !== SIGNALS.migrationRequested || !account) return next(input);
        if (fateOf(account.accountId) === 'NotFound') return next(input);
        const workflowExecution = { workflowId: EVERYBODY };
        return next({ ...input, args: [...args, account.accountId], target: { type: 'external', workflowExecution } });
      },
      async continueAsNew(input, next) {
        const isMigration = workflowInfo().workflowType === MIGRATE_ACCOUNTS;
        for (let done = 0; isMigration && done < SLOW;) done += 1;
        return next(input);
      },
    },
  ],
});

const LONG_HISTORY = 2_000;
const asked = defineSignal<[MigrateMessage, string]>(SIGNALS.migrationRequested);

/** Answers for every account, at once; for some of them twice, as an account does that is asked again. */
export async function everybody(): Promise<void> {
  setHandler(asked, async ({ replyTo }, accountId) => {
    const fate = fateOf(accountId);
    if (fate === 'EngineTimeout' || replyTo === undefined) return;
    const answer = getExternalWorkflowHandle(replyTo);
    const times = accountId.endsWith('11') ? 2 : 1;
    for (let time = 0; time < times; time += 1) await answer.signal(ACCOUNT_MIGRATED_SIGNAL, outcomeOf(accountId));
  });
  await condition(() => workflowInfo().historyLength >= LONG_HISTORY && allHandlersFinished());
  await continueAsNew<typeof everybody>();
}

function outcomeOf(accountId: string): MigrationOutcome {
  const fate = fateOf(accountId);
  if (fate === 'migrated' || fate === 'unchanged') return { accountId, outcome: fate, code: null, message: null };
  return { accountId, outcome: 'refused', code: 'StateConflict', message: 'It is not active.' };
}
