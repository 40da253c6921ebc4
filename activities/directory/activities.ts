/** The directory's activities: inputs parsed, credentials read inside the engine, progress told by heartbeats. */
import { z } from 'zod';
import type { Sensitive } from '../../infra/runtime/sensitive.ts';
import {
  accountObjectInputSchema,
  applyDescriptionInputSchema,
  applyExpiryInputSchema,
  establishAccountInputSchema,
  findManagerInputSchema,
  inspectDirectoryInputSchema,
  quarantineAccountInputSchema,
  restoreAccountInputSchema,
  type CredentialRef,
  type DirectoryActivities,
} from '../../contracts/activities.ts';
import { atBoundary } from '../boundary.ts';
import { failure } from '../failure.ts';
import { inStepAttempt, type StepAttempt } from '../step-attempt.ts';
import type { Attempt, Directory, Progress } from './port.ts';
import type { PowerCheck } from './power-check.ts';

export interface DirectoryActivitiesDependencies {
  readonly directory: Directory;
  /** Lets a step begin. What it rejects with is the step's failure. */
  readonly admit: PowerCheck['admit'];
  /** The pending password that `ref` points at. The vault family gives it; its failures pass through unchanged. */
  readonly readStagedCredential: (ref: CredentialRef, signal: AbortSignal) => Promise<Sensitive<string>>;
}

const progressSchema = z.object({
  step: z.string(),
  addedOn: z.object({ controller: z.string(), at: z.number() }).nullable(),
});

/** The activities of one domain's engine. Tasks of another domain are refused with `InvalidRequest`. */
export function createDirectoryActivities({
  directory,
  admit,
  readStagedCredential,
}: DirectoryActivitiesDependencies): DirectoryActivities {
  const step = <Task extends { domain: string }, Result>(
    schema: z.ZodType<Task>,
    input: unknown,
    work: (task: Task, attempt: Attempt, signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> =>
    atBoundary('engine', schema, input, (task) =>
      inStepAttempt(async (attempt) => {
        if (task.domain.toLowerCase() !== directory.fqdn) {
          throw failure('InvalidRequest', `This engine serves ${directory.fqdn}, not ${task.domain}.`);
        }
        await admit(attempt.signal);
        return work(task, follow(attempt), attempt.signal);
      }),
    );

  return {
    establishAccount: (input) =>
      step(establishAccountInputSchema, input, async (task, attempt, signal) =>
        directory.establish(task, await readStagedCredential(task.credential, signal), attempt),
      ),
    disableAccount: (input) =>
      step(accountObjectInputSchema, input, (task, attempt) => directory.setEnabled(task, false, attempt)),
    enableAccount: (input) =>
      step(accountObjectInputSchema, input, (task, attempt) => directory.setEnabled(task, true, attempt)),
    applyExpiry: (input) =>
      step(applyExpiryInputSchema, input, (task, attempt) => directory.applyExpiry(task, attempt)),
    applyDescription: (input) =>
      step(applyDescriptionInputSchema, input, (task, attempt) => directory.applyDescription(task, attempt)),
    captureAccount: (input) =>
      step(accountObjectInputSchema, input, (task, attempt) => directory.capture(task, attempt)),
    quarantineAccount: (input) =>
      step(quarantineAccountInputSchema, input, (task, attempt) => directory.quarantine(task, attempt)),
    restoreAccount: (input) =>
      step(restoreAccountInputSchema, input, (task, attempt) => directory.restore(task, attempt)),
    findManager: (input) =>
      step(findManagerInputSchema, input, async ({ samAccountName }) => ({
        manager: await directory.findManager(samAccountName),
      })),
    inspectDirectory: (input) => step(inspectDirectoryInputSchema, input, (task) => directory.inspect(task)),
    deleteAccount: (input) => step(accountObjectInputSchema, input, (task, attempt) => directory.delete(task, attempt)),
  };
}

/** The operation's progress as what one attempt leaves for the next. */
function follow(attempt: StepAttempt): Attempt {
  const previous = previousProgress(attempt.previous);
  let toldAddedAt = previous?.addedOn?.at;
  return {
    previous,
    report(progress) {
      // An add must be known to the next attempt before it is sent. The SDK holds back a heartbeat that comes soon after
      // another one, so nothing else is told at once.
      attempt.tell(progress, progress.addedOn?.at !== toldAddedAt);
      toldAddedAt = progress.addedOn?.at;
      // A timed-out attempt may still be running beside its successor: it must write nothing more.
      attempt.throwIfGivenUp();
    },
  };
}

/** Heartbeat details come from the wire, perhaps of another version of the engine. */
function previousProgress(details: unknown): Progress | null {
  return progressSchema.safeParse(details).data ?? null;
}
