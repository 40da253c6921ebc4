/** The control plane's activities: everything that needs the database. */
import type { z } from 'zod';
import {
  recordTransitionInputSchema,
  reserveNameInputSchema,
  type PlatformActivities,
  type ReserveNameResult,
} from '../../contracts/activities.ts';
import type { Database } from '../../db/client.ts';
import { isDatabaseFailure } from '../../db/errors.ts';
import { projectTransition, reserveAccountName } from '../../db/project-account.ts';
import { findTemplate } from '../../db/queries/templates.ts';
import { compileNamingPattern } from '../../infra/runtime/naming-pattern.ts';
import { atBoundary } from '../boundary.ts';
import { failure } from '../failure.ts';

export interface PlatformActivityDependencies {
  readonly db: Database;
  readonly clock: () => Date;
}

type Refusal = Extract<ReserveNameResult, { outcome: 'refused' }>;

/** The implementation of {@link PlatformActivities}. An outage of the database is retried without end. */
export function createPlatformActivities({ db, clock }: PlatformActivityDependencies): PlatformActivities {
  return {
    reserveName: (input) =>
      guarded(reserveNameInputSchema, input, async ({ accountId, domain, request }) => {
        const { templateId, templateVersion, samAccountName } = request;
        const found = await findTemplate(db, templateId, templateVersion);
        if (!found) return refused('NotFound', 'There is no such template.');
        const { template, version } = found;
        if (template.directory.domain !== domain) {
          return refused('PolicyViolation', `The template is for ${template.directory.domain}, not for ${domain}.`);
        }
        const naming = compileNamingPattern(template.naming.pattern);
        if (naming.outcome === 'refused' || !naming.pattern.matches(samAccountName)) {
          return refused('PolicyViolation', `${samAccountName} does not match the template's naming pattern.`);
        }
        const reservedAt = clock().toISOString();
        const name = await reserveAccountName(db, { accountId, domain, samAccountName, reservedAt });
        if (name === 'taken') {
          return refused('NameTaken', `${samAccountName} is in use in ${domain}, or an open request asks for it.`);
        }
        return { outcome: 'reserved', snapshot: { templateId, version, template } };
      }),
    recordTransition: (input) =>
      guarded(recordTransitionInputSchema, input, (transition) => projectTransition(db, transition)),
  };
}

function refused(code: Refusal['code'], message: string): Refusal {
  return { outcome: 'refused', code, message };
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
