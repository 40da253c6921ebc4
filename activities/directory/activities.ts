/** The directory's activities: inputs parsed, credentials read inside the engine, progress told by heartbeats. */
import { Context } from '@temporalio/activity';
import { z } from 'zod';
import type { Sensitive } from '../../infra/runtime/sensitive.ts';
import {
  accountObjectInputSchema,
  applyExpiryInputSchema,
  establishAccountInputSchema,
  type CredentialRef,
  type DirectoryActivities,
} from '../../contracts/activities.ts';
import { failure } from '../failure.ts';
import type { Attempt, Directory, Progress } from './port.ts';

export interface DirectoryActivitiesDependencies {
  readonly directory: Directory;
  /** The pending password that `ref` points at. The vault family gives it; its failures pass through unchanged. */
  readonly readStagedCredential: (ref: CredentialRef) => Promise<Sensitive<string>>;
}

const progressSchema = z.object({
  step: z.string(),
  addedOn: z.object({ controller: z.string(), at: z.number() }).nullable(),
});

/** The activities of one domain's engine. Tasks of another domain are refused with `InvalidRequest`. */
export function createDirectoryActivities({
  directory,
  readStagedCredential,
}: DirectoryActivitiesDependencies): DirectoryActivities {
  const accept = <T extends { domain: string }>(schema: z.ZodType<T>, input: unknown): T => {
    const result = schema.safeParse(input);
    if (!result.success) {
      const fields = result.error.issues.map((issue) => issue.path.join('.')).join(', ');
      throw failure('InvalidRequest', `The engine does not understand the task: ${fields || 'not an object'}.`);
    }
    if (result.data.domain.toLowerCase() !== directory.fqdn) {
      throw failure('InvalidRequest', `This engine serves ${directory.fqdn}, not ${result.data.domain}.`);
    }
    return result.data;
  };

  return {
    async establishAccount(input) {
      const task = accept(establishAccountInputSchema, input);
      return directory.establish(task, await readStagedCredential(task.credential), currentAttempt());
    },
    async disableAccount(input) {
      await directory.setEnabled(accept(accountObjectInputSchema, input), false, currentAttempt());
    },
    async enableAccount(input) {
      await directory.setEnabled(accept(accountObjectInputSchema, input), true, currentAttempt());
    },
    async applyExpiry(input) {
      await directory.applyExpiry(accept(applyExpiryInputSchema, input), currentAttempt());
    },
    async deleteAccount(input) {
      await directory.delete(accept(accountObjectInputSchema, input), currentAttempt());
    },
  };
}

/** Follows the operation by Temporal's activity context; outside of one (tests, scripts) nobody follows. */
function currentAttempt(): Attempt {
  const context = activityContext();
  if (!context) return { previous: null, report: () => undefined };
  return {
    previous: previousProgress(context.info.heartbeatDetails),
    report(progress) {
      context.heartbeat(progress);
      // A timed-out attempt may still be running beside its successor: it must write nothing more.
      context.cancellationSignal.throwIfAborted();
    },
  };
}

function activityContext(): Context | undefined {
  try {
    return Context.current();
  } catch {
    return undefined;
  }
}

/** Heartbeat details come from the wire, perhaps of another version of the engine. */
function previousProgress(details: unknown): Progress | null {
  return progressSchema.safeParse(details).data ?? null;
}
