import { CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { failure } from '../activities/failure.ts';
import { accountWorkflowId } from '../contracts/ids.ts';
import { createLogger } from '../infra/runtime/logger.ts';
import { activityInterceptor } from './activity-interceptor.ts';

const ACCOUNT_ID = '5f8c3a52-8f5c-4f0e-9c39-0a5d8a1c7f11';

/** Runs one attempt of `activity` behind the interceptor; gives what was logged and counted. */
async function attempt(activity: (input: unknown) => Promise<unknown>) {
  const lines: string[] = [];
  const logger = createLogger({
    program: 'test',
    level: 'debug',
    destination: { write: (line) => void lines.push(line) },
  });
  const registry = new Registry();
  const environment = new MockActivityEnvironment(
    {
      activityType: 'stageCredential',
      attempt: 2,
      workflowExecution: { workflowId: accountWorkflowId('corp.example.com', ACCOUNT_ID), runId: 'run' },
    },
    { interceptors: [activityInterceptor(logger, registry)], logger: new DefaultLogger('ERROR', () => undefined) },
  );
  const outcome = await environment.run(activity, { password: 'canary' }).catch((error: unknown) => error);
  return {
    outcome,
    text: lines.join(''),
    lines: lines.map((line) => JSON.parse(line) as Record<string, unknown>),
    metrics: await registry.metrics(),
  };
}

const counted = (metrics: string, code: string) =>
  metrics.includes(`alm_activity_duration_seconds_count{activity="stageCredential",code="${code}"} 1`);

test('an attempt is logged with the ids that connect it to its account, and counted', async () => {
  const { outcome, lines, metrics } = await attempt(async () => 'result-canary');
  expect(outcome).toBe('result-canary');
  expect(lines.at(-1)).toMatchObject({
    level: 'info',
    msg: 'step done',
    activity: 'stageCredential',
    attempt: 2,
    accountId: ACCOUNT_ID,
    workflowId: `account:corp.example.com:${ACCOUNT_ID}`,
    durationMs: expect.any(Number) as number,
  });
  expect(counted(metrics, 'ok')).toBe(true);
});

test('a failure passes through and is counted by its code', async () => {
  const thrown = failure('VaultSealed', 'The vault is sealed.', { status: 503 });
  const { outcome, lines, metrics } = await attempt(() => Promise.reject(thrown));
  expect(outcome).toBe(thrown);
  expect(lines.at(-1)).toMatchObject({
    level: 'warn',
    code: 'VaultSealed',
    msg: 'The vault is sealed.',
    details: { status: 503 },
  });
  expect(counted(metrics, 'VaultSealed')).toBe(true);
});

test('a cancelled attempt is no failure, an unknown error is a bug: they are counted apart', async () => {
  const cancelled = await attempt(() => Promise.reject(new CancelledFailure('cancelled')));
  expect(counted(cancelled.metrics, 'cancelled')).toBe(true);
  const unknown = await attempt(() => Promise.reject(new TypeError('x is not a function')));
  expect(counted(unknown.metrics, 'UnexpectedError')).toBe(true);
});

test('neither input nor result nor the message of an unknown error gets into the log', async () => {
  const { text } = await attempt(() => Promise.reject(new Error('while sending canary')));
  const done = await attempt(async () => 'canary');
  expect(`${text}${done.text}`).not.toContain('canary');
});
