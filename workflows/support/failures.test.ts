import { ActivityFailure, ApplicationFailure, RetryState, TimeoutFailure, TimeoutType } from '@temporalio/common';
import { expect, test } from 'vitest';
import { ERRORS, type ErrorCode } from '../../contracts/errors.ts';
import { describeFailure, refusal } from './failures.ts';

const FQDN = 'corp.example.test';

const inActivity = (cause: Error): ActivityFailure =>
  new ActivityFailure('failed', 'stageCredential', '1', RetryState.MAXIMUM_ATTEMPTS_REACHED, 'engine', cause);

const timeout = (type: TimeoutType, cause?: Error): ActivityFailure => {
  const failure = new TimeoutFailure('timed out', undefined, type);
  if (cause) Object.assign(failure, { cause });
  return inActivity(failure);
};

test.each(Object.keys(ERRORS) as ErrorCode[])('%s keeps its code and its words', (code) => {
  const failure = ApplicationFailure.create({ type: code, message: 'what happened' });
  expect(describeFailure(inActivity(failure), FQDN)).toEqual({ code, message: 'what happened' });
});

test('nobody takes the task: the engine is away', () => {
  const { code, message } = describeFailure(timeout(TimeoutType.SCHEDULE_TO_START), FQDN);
  expect(code).toBe('EngineOffline');
  expect(message).toMatch(/^Queued: no engine of corp\.example\.test takes this step up;/);
});

test.each([TimeoutType.START_TO_CLOSE, TimeoutType.HEARTBEAT, TimeoutType.SCHEDULE_TO_CLOSE])(
  '%s: the engine does not finish',
  (type) => {
    expect(describeFailure(timeout(type), FQDN).code).toBe('EngineTimeout');
  },
);

test('a round that ends with its time says what its last attempt said', () => {
  const last = ApplicationFailure.create({ type: 'VaultSealed', message: 'sealed' });
  const failure = timeout(TimeoutType.SCHEDULE_TO_CLOSE, last);
  expect(describeFailure(failure, FQDN)).toEqual({ code: 'VaultSealed', message: 'sealed' });
});

test.each([
  ApplicationFailure.create({ type: 'TypeError', message: 'cannot read hunter2' }),
  ApplicationFailure.create({ message: 'hunter2' }),
  new Error('hunter2'),
])('words that are not ours are not shown', (error) => {
  const { code, message } = describeFailure(inActivity(error), FQDN);
  expect(code).toBe('UnexpectedError');
  expect(message).not.toContain('hunter2');
});

test('a refusal carries the code as its type and is never retried', () => {
  expect(refusal('RenewalNotOpen')).toMatchObject({
    type: 'RenewalNotOpen',
    nonRetryable: true,
    message: ERRORS.RenewalNotOpen.title,
  });
  expect(refusal('StateConflict', 'not now').message).toBe('not now');
});
