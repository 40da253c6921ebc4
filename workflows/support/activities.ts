/** Every timeout and retry policy of every activity. */
import { log, proxyActivities, sleep, type ActivityOptions } from '@temporalio/workflow';
import type { StepName } from '../../contracts/account.ts';
import type { EngineActivities, PlatformActivities } from '../../contracts/activities.ts';
import { domainTaskQueue } from '../../contracts/ids.ts';

/**
 * The activities of the control plane. They are tried without end: a database that is away delays an account, it never
 * fails one.
 */
export const platform = proxyActivities<PlatformActivities>({
  startToCloseTimeout: '10 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
});

/** Calls an activity of the platform until it succeeds: even a refusal for good, which is a bug there, is waited out. */
export async function untilDone<T>(call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      log.error('an activity of the platform failed for good; it is tried again in 10 minutes', { error });
      await sleep('10 minutes');
    }
  }
}

/** How long one round of an engine activity keeps trying before the workflow looks at it again (see patient-step.ts). */
export type Patience = 'prompt' | 'wait-for-engine' | 'persist' | 'briefly';

/**
 * Engines send a heartbeat every 3 s (activities/step-attempt.ts), so that the step of one that was killed is soon taken
 * up by another. The details that a heartbeat leaves go to the next attempt.
 */
const ATTEMPT = { startToCloseTimeout: '30 seconds', heartbeatTimeout: '10 seconds' } as const;

/**
 * A cancelled step is waited for: one that is being executed ends first, so that what it did can be undone without a race;
 * one that is queued or between two attempts ends at once. It must be said: the SDK's documentation calls it the default,
 * and its 1.24 does not wait.
 */
const ENDS_BEFORE_WE_GO_ON = { cancellationType: 'WAIT_CANCELLATION_COMPLETED' } as const;

const ROUNDS: Readonly<Record<Patience, ActivityOptions>> = {
  // The first round: 30 s in the queue mean that no engine is there, three failures that something is wrong.
  prompt: {
    scheduleToStartTimeout: '30 seconds',
    ...ATTEMPT,
    scheduleToCloseTimeout: '2 minutes',
    retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumAttempts: 3 },
  },
  // No engine: the task waits in the queue, so that a returning engine starts it within a second. Few attempts, so that
  // what is wrong once the engine is back is soon told.
  'wait-for-engine': {
    scheduleToStartTimeout: '24 hours',
    ...ATTEMPT,
    retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumAttempts: 3 },
  },
  // The engine is there, the directory or the vault is not: retries cost no history inside one activity. A round ends when
  // the engine goes away, or at its limit, so that another cause is told too.
  persist: {
    scheduleToStartTimeout: '10 minutes',
    ...ATTEMPT,
    retry: { initialInterval: '5 seconds', backoffCoefficient: 2, maximumInterval: '1 minute' },
  },
  // A destructive step whose engine has just answered: no longer than its admission counts as fresh, in the queue or not.
  briefly: {
    scheduleToStartTimeout: '5 minutes',
    ...ATTEMPT,
    scheduleToCloseTimeout: '5 minutes',
    retry: { initialInterval: '5 seconds', backoffCoefficient: 2, maximumInterval: '1 minute' },
  },
};

const ADMISSION_AT_ONCE: ActivityOptions = {
  startToCloseTimeout: '10 seconds',
  scheduleToCloseTimeout: '2 minutes',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumAttempts: 2 },
};

/** Asked again and again, so that a thaw is noticed within a minute. */
const ADMISSION_KEPT_UP: ActivityOptions = {
  startToCloseTimeout: '10 seconds',
  retry: { initialInterval: '5 seconds', backoffCoefficient: 2, maximumInterval: '50 seconds' },
};

/** Lets destructive steps begin, on the control plane. */
export type Admission = Pick<PlatformActivities, 'admitDestructiveStep'>;

/** The activities that admit destructive steps, with the patience of one round; `limitMs` is how long one may `persist`. */
export function admission(patience: Patience, limitMs: number): Admission {
  const options = patience === 'prompt' ? ADMISSION_AT_ONCE : ADMISSION_KEPT_UP;
  return proxyActivities<Admission>({ ...ENDS_BEFORE_WE_GO_ON, scheduleToCloseTimeout: limitMs, ...options });
}

/** Looks into a template's domain for somebody who waits: an engine that is there takes it at once. */
export function inspection(fqdn: string, limitMs: number): Pick<EngineActivities, 'inspectDirectory' | 'inspectVault'> {
  return proxyActivities({
    taskQueue: domainTaskQueue(fqdn),
    scheduleToStartTimeout: Math.min(3_000, limitMs),
    scheduleToCloseTimeout: limitMs,
    startToCloseTimeout: limitMs,
    retry: { maximumAttempts: 1 },
  });
}

/**
 * Where more steps wait than the engines of a domain do at once, accounts that are begun are finished before more are
 * begun. Temporal's priority keys are from 1, the first, to 5; a step without one has 3.
 */
const PRIORITIES: Readonly<Partial<Record<StepName, number>>> = { 'promote-credential': 1, 'establish-account': 2 };

/**
 * The activities of the engines of the domain `fqdn`, on their task queue, for one `step`; `limitMs` is how long a round
 * may `persist`.
 */
export function engine(fqdn: string, step: StepName, patience: Patience, limitMs: number): EngineActivities {
  const limit = patience === 'persist' ? { scheduleToCloseTimeout: limitMs } : {};
  const priorityKey = PRIORITIES[step];
  const priority = priorityKey === undefined ? {} : { priority: { priorityKey } };
  return proxyActivities<EngineActivities>({
    taskQueue: domainTaskQueue(fqdn),
    ...ENDS_BEFORE_WE_GO_ON,
    ...limit,
    ...priority,
    ...ROUNDS[patience],
  });
}
