/** The control plane's activities: everything that needs the database. */
import type { z } from 'zod';
import {
  admitDestructiveStepInputSchema,
  awaitChangeInputSchema,
  findAffectedInputSchema,
  findDecidersInputSchema,
  findMigrationInputSchema,
  findSuccessorsInputSchema,
  notifyInputSchema,
  recordTransitionInputSchema,
  reserveNameInputSchema,
  type FindDecidersInput,
  type PlatformActivities,
} from '../../contracts/activities.ts';
import { askerOf } from '../../contracts/approval.ts';
import { admitDestructiveStep, type DestructiveStep } from '../../db/admit-destructive-step.ts';
import type { Database } from '../../db/client.ts';
import { isDatabaseFailure } from '../../db/errors.ts';
import { fillOutbox, tellOfOutages } from '../../db/fill-outbox.ts';
import { projectTransition, weighSteps } from '../../db/project-account.ts';
import { findAccount } from '../../db/queries/accounts.ts';
import { findAffected } from '../../db/queries/affected-accounts.ts';
import { findMigration } from '../../db/queries/migrations.ts';
import { awaitOperation } from '../../db/queries/operations.ts';
import { atBoundary } from '../boundary.ts';
import { failure } from '../failure.ts';
import { findSuccessors } from './find-successors.ts';
import { reserveName } from './reserve-name.ts';

export interface PlatformActivityDependencies {
  readonly db: Database;
  readonly clock: () => Date;
}

/** Accounts that are looked at for one page of the affected ones: well below a second of the database. */
const AFFECTED_AT_ONCE = 500;
const CURSOR_SEPARATOR = ' ';

/** The implementation of {@link PlatformActivities}. An outage of the database is retried without end. */
export function createPlatformActivities({ db, clock }: PlatformActivityDependencies): PlatformActivities {
  const now = (): string => clock().toISOString();
  return {
    reserveName: (input) => guarded(reserveNameInputSchema, input, (asked) => reserveName(db, asked, clock())),
    recordTransition: (input) =>
      guarded(recordTransitionInputSchema, input, async (transition) => {
        await tellOfOutages(db, transition.account.domain, transition.events, now());
        return projectTransition(db, transition, now());
      }),
    notify: (input) =>
      guarded(notifyInputSchema, input, ({ account, notices }) => fillOutbox(db, account, notices, null, now())),
    findDeciders: (input) => guarded(findDecidersInputSchema, input, (asked) => deciders(db, asked, now())),
    findSuccessors: (input) => guarded(findSuccessorsInputSchema, input, (asked) => findSuccessors(db, asked)),
    awaitChange: (input) =>
      guarded(awaitChangeInputSchema, input, ({ operationId }) => awaitOperation(db, operationId)),
    findMigration: (input) =>
      guarded(findMigrationInputSchema, input, async ({ migrationId }) => {
        await awaitOperation(db, migrationId);
        return { isRecorded: (await findMigration(db, migrationId)) !== undefined };
      }),
    findAffected: (input) =>
      guarded(findAffectedInputSchema, input, async ({ after, ...change }) => {
        const [submittedAt, id] = after?.split(CURSOR_SEPARATOR) ?? [];
        const from = submittedAt !== undefined && id !== undefined ? { submittedAt, id } : undefined;
        const { items, next } = await findAffected(db, { ...change, after: from, limit: AFFECTED_AT_ONCE });
        return { accounts: items, next: next ? `${next.submittedAt}${CURSOR_SEPARATOR}${next.id}` : null };
      }),
    admitDestructiveStep: (input) =>
      guarded(admitDestructiveStepInputSchema, input, (step) => admitOrReject(db, step, now())),
  };
}

/** Of an account that is not recorded yet, as if nobody had voted. */
async function deciders(db: Database, { accountId, openStep, steps }: FindDecidersInput, now: string) {
  const account = await findAccount(db, accountId);
  const votes = account?.approval.votes ?? [];
  return weighSteps(db, { openStep, votes }, account ? askerOf(account) : '', steps, now);
}

async function admitOrReject(db: Database, step: DestructiveStep, now: string): Promise<void> {
  const admission = await admitDestructiveStep(db, step, now);
  switch (admission.outcome) {
    case 'admitted':
      return;
    case 'domain-missing':
      throw failure('NotFound', `${step.domain} is not registered: nothing is destroyed there. Register it again.`);
    case 'frozen': {
      const { scope, frozenBy, frozenAt, reason } = admission.freeze;
      const what = scope === 'domain' ? step.domain : "the account's template";
      throw failure('Frozen', `${frozenBy} has frozen ${what} since ${frozenAt}: ${reason}`, { scope });
    }
    case 'brake-engaged': {
      const { since, brakePerHour } = admission;
      const message = `More than ${brakePerHour} destructive steps within an hour in ${step.domain}: since ${since} they wait for an administrator to release the brake.`;
      throw failure('BrakeEngaged', message, { since, brakePerHour });
    }
  }
}

/** A database that is away is told in its own words. */
function guarded<Schema extends z.ZodType, Result>(
  schema: Schema,
  input: unknown,
  work: (request: z.infer<Schema>) => Promise<Result>,
): Promise<Result> {
  return atBoundary('control plane', schema, input, async (request) => {
    try {
      return await work(request);
    } catch (error) {
      if (!isDatabaseFailure(error)) throw error;
      throw failure(error.transient ? 'ServiceUnavailable' : 'UnexpectedError', error.message);
    }
  });
}
