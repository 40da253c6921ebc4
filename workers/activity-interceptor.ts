/** Counts and logs every attempt of an activity, with the ids that connect it to its account. */
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { Histogram, type Registry } from 'prom-client';
import { parseAccountWorkflowId } from '../contracts/ids.ts';
import type { Logger } from '../infra/runtime/logger.ts';

const BUCKETS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** The code is `ok`, a code of the catalogue, or `cancelled`. */
export function activityInterceptor(logger: Logger, registry: Registry): ActivityInterceptorsFactory {
  const duration = new Histogram({
    name: 'alm_activity_duration_seconds',
    help: 'How long attempts of activities took, by activity and outcome.',
    labelNames: ['activity', 'code'] as const,
    buckets: BUCKETS_SECONDS,
    registers: [registry],
  });
  return (context) => ({
    inbound: {
      async execute(input, next) {
        const { activityType, attempt, workflowExecution } = context.info;
        const workflowId = workflowExecution?.workflowId;
        const accountId = workflowId && parseAccountWorkflowId(workflowId)?.accountId;
        const log = logger.child({ activity: activityType, attempt, workflowId, accountId });
        const start = performance.now();
        const end = (code: string): number => {
          const seconds = (performance.now() - start) / 1000;
          duration.observe({ activity: activityType, code }, seconds);
          return Math.round(seconds * 1000);
        };
        log.debug('step begins');
        try {
          const result = await next(input);
          log.info({ durationMs: end('ok') }, 'step done');
          return result;
        } catch (error) {
          const code = codeOf(error);
          log.warn({ code, durationMs: end(code), details: detailsOf(error) }, messageOf(error));
          throw error;
        }
      },
    },
  });
}

function codeOf(error: unknown): string {
  if (error instanceof ApplicationFailure) return error.type ?? 'UnexpectedError';
  return error instanceof CancelledFailure ? 'cancelled' : 'UnexpectedError';
}

function detailsOf(error: unknown): unknown {
  return error instanceof ApplicationFailure ? error.details?.[0] : undefined;
}

/** Only failures of ours are known to be free of requests and bodies. */
function messageOf(error: unknown): string {
  return error instanceof ApplicationFailure ? error.message : 'step ended early';
}
