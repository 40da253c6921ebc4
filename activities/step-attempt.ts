/**
 * One attempt at a step of an engine, as Temporal follows it. Heartbeats keep it alive, so that the step of an engine that
 * was killed is taken up again within seconds, and they bring the news that Temporal has given the attempt up.
 */
import { Context } from '@temporalio/activity';

export interface StepAttempt {
  /** What the attempt before this one told last. It comes from the wire, perhaps from another version of the engine. */
  readonly previous: unknown;
  /**
   * Aborts shortly before the attempt's time is up, or when Temporal has given the attempt up. A withdrawal does not
   * abort it: a call under way ends first, so that what it did can be undone without a race.
   */
  readonly signal: AbortSignal;
  /** Leaves `details` for the attempt after this one, with the next heartbeat; `now` does not wait for that. */
  tell(details: unknown, now: boolean): void;
  /** Between two calls: throws when nobody wants the attempt any more, for whatever reason. */
  throwIfGivenUp(): void;
}

/** A third of the heartbeat timeout (workflows/support/activities.ts): two may be lost. */
const HEARTBEAT_MS = 3_000;

/** An attempt ends this long before the server gives up on it, so that no write of an abandoned attempt comes late. */
const END_EARLY_MS = 1_000;

/** Does `work` with heartbeats until it ends. For activities only: it needs their context. */
export async function inStepAttempt<Result>(work: (attempt: StepAttempt) => Promise<Result>): Promise<Result> {
  const context = Context.current();
  const previous: unknown = context.info.heartbeatDetails;
  // Each heartbeat replaces the details of the one before: what is known is told again every time.
  let known = previous;
  const beating = setInterval(() => context.heartbeat(known), HEARTBEAT_MS);
  const deadline = AbortSignal.timeout(Math.max(context.info.startToCloseTimeoutMs - END_EARLY_MS, END_EARLY_MS));
  try {
    return await work({
      previous,
      signal: AbortSignal.any([deadline, lossOf(context)]),
      tell(details, now) {
        known = details;
        if (now) context.heartbeat(details);
      },
      throwIfGivenUp: () => context.cancellationSignal.throwIfAborted(),
    });
  } finally {
    clearInterval(beating);
  }
}

/** Aborts when another attempt may begin: this one timed out, or its engine ends. */
function lossOf(context: Context): AbortSignal {
  const loss = new AbortController();
  const { cancellationSignal } = context;
  cancellationSignal.addEventListener('abort', () => {
    if (!context.cancellationDetails?.cancelRequested) loss.abort(cancellationSignal.reason);
  });
  return loss.signal;
}
