import { ActivityCancellationDetails, CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { inStepAttempt, type StepAttempt } from './step-attempt.ts';

/** An attempt that runs until `end` is called, and the details of its heartbeats. */
async function begin(info: ConstructorParameters<typeof MockActivityEnvironment>[0] = {}) {
  const environment = new MockActivityEnvironment(info);
  const heartbeats: unknown[] = [];
  environment.on('heartbeat', (details: unknown) => heartbeats.push(details));
  const begun = Promise.withResolvers<StepAttempt>();
  const end = Promise.withResolvers<void>();
  const ended = environment.run(() =>
    inStepAttempt((attempt) => {
      begun.resolve(attempt);
      return end.promise;
    }),
  );
  return { environment, heartbeats, attempt: await begun.promise, end: () => (end.resolve(), ended) };
}

describe('heartbeats', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }));
  afterEach(() => void vi.useRealTimers());

  test('come every 3 seconds until the attempt ends', async () => {
    const { heartbeats, end } = await begin();
    vi.advanceTimersByTime(9_500);
    expect(heartbeats).toHaveLength(3);
    await end();
    vi.advanceTimersByTime(60_000);
    expect(heartbeats).toHaveLength(3);
  });

  test('tell again what the attempt before knew, then what this one told last', async () => {
    const { attempt, heartbeats, end } = await begin({ heartbeatDetails: 'before' });
    expect(attempt.previous).toBe('before');
    vi.advanceTimersByTime(3_000);
    attempt.tell('later', false);
    expect(heartbeats).toEqual(['before']);
    vi.advanceTimersByTime(3_000);
    attempt.tell('at once', true);
    vi.advanceTimersByTime(3_000);
    expect(heartbeats).toEqual(['before', 'later', 'at once', 'at once']);
    await end();
  });
});

describe('an attempt that Temporal wants no more of', () => {
  test('by a withdrawal: the call under way goes on, the next one is not begun', async () => {
    const { environment, attempt, end } = await begin();
    attempt.throwIfGivenUp();
    environment.cancel('CANCELLED', new ActivityCancellationDetails({ cancelRequested: true }));
    expect(attempt.signal.aborted).toBe(false);
    expect(() => attempt.throwIfGivenUp()).toThrow(CancelledFailure);
    await end();
  });

  test('because another one may begin: the call under way ends too', async () => {
    const { environment, attempt, end } = await begin();
    environment.cancel('TIMED_OUT', new ActivityCancellationDetails({ timedOut: true }));
    expect(attempt.signal.aborted).toBe(true);
    expect(() => attempt.throwIfGivenUp()).toThrow(CancelledFailure);
    await end();
  });
});
