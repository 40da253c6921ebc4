/** The Temporal SDK's log lines, in ours. */
import { DefaultLogger, type LogLevel, type Logger as TemporalLogger } from '@temporalio/worker';
import { parseAccountWorkflowId } from '../contracts/ids.ts';
import type { Logger } from '../infra/runtime/logger.ts';

const LEVELS: Readonly<Record<LogLevel, 'trace' | 'debug' | 'info' | 'warn' | 'error'>> = {
  TRACE: 'trace',
  DEBUG: 'debug',
  INFO: 'info',
  WARN: 'warn',
  ERROR: 'error',
};

/** Fields that tell which account and step a line belongs to; others may hold inputs and are left out. */
const KEPT = [
  'state',
  'workflowId',
  'runId',
  'workflowType',
  'activityType',
  'activityId',
  'attempt',
  'taskQueue',
  'action',
  'operationId',
  'error',
];

/** Leaves out what is less severe than `least`. */
export function runtimeLogger(logger: Logger, least: LogLevel = 'INFO'): TemporalLogger {
  return new DefaultLogger(least, ({ level, message, meta }) => {
    const fields = Object.fromEntries(Object.entries(meta ?? {}).filter(([name]) => KEPT.includes(name)));
    logger[LEVELS[level]]({ ...fields, accountId: accountOf(fields['workflowId']) }, message);
  });
}

function accountOf(workflowId: unknown): string | undefined {
  return typeof workflowId === 'string' ? parseAccountWorkflowId(workflowId)?.accountId : undefined;
}
