/**
 * A gate in the ports of engines: steps stop at a call that is chosen for each account, and go on together when it opens.
 * An engine does its writes one after the other, so each account that is to stop has an engine of its own (`lane`).
 */
import { Context } from '@temporalio/activity';
import { parseAccountWorkflowId } from '../../contracts/ids.ts';
import { createPorts, type Intercept, type Moment, type Ports } from './faults.ts';
import type { StepCall } from './killed-engines.ts';

/**
 * `before`: the call is not made yet. `during`: it was made, its answer has not reached the engine. `after`: it has, and the
 * step has got no further than to its next call, or to its end.
 */
export interface Stop extends Pick<StepCall, 'activity' | 'call' | 'nth'> {
  readonly moment: Moment;
}

/** A part of a life that begins with the step `first`, and where accounts are to stop in it: one each. */
export interface Passage {
  readonly first: string;
  readonly stops: readonly Stop[];
}

export interface Gate {
  readonly ports: Ports;
  /** To be put around every step. */
  around<T>(step: () => Promise<T>): Promise<T>;
  /** Which engine does the current step: 0 for accounts without a stop, the place of the stop, from 1, for the others. */
  lane(): number;
  /** All calls that steps have made. */
  readonly calls: readonly StepCall[];
  /** From now on each account that begins a passage, and has no stop yet, takes the first stop that is left there. */
  close(passages: readonly Passage[]): void;
  /** The accounts that stand at their stop now. */
  held(): ReadonlyMap<string, Stop>;
  /** The answers that stand `during` a call to `dead` never arrive. */
  open(dead?: Server): void;
}

/** What a call goes to, as its name begins. */
export type Server = 'ldap' | 'vault';

interface Place {
  readonly stop: Stop;
  readonly lane: number;
}

interface Attempt {
  readonly activity: string;
  readonly accountId: string;
  readonly names: string[];
  /** The stop whose call is done. */
  done?: Stop | undefined;
}

/** For a call to the vault, from when it is let through: what the client allows would be used up at the gate. */
const VAULT_TIMEOUT_MS = 8_000;

/** The log-on to the vault and the look at its mount: done when what an engine knows is old, so they are not counted. */
const PREPARATION = /\/v1\/(?:auth|sys)\//;

export function createGate(): Gate {
  const calls: StepCall[] = [];
  const attempts = new WeakMap<Context, Attempt>();
  let places = new Map<string, Place[]>();
  let assigned = new Map<string, Place | undefined>();
  let held = new Map<string, Stop>();
  let opened = Promise.withResolvers<void>();
  let lost: Server | undefined;

  const stand = async (accountId: string, stop: Stop): Promise<void> => {
    held.set(accountId, stop);
    await opened.promise;
  };
  const placeOf = ({ accountId, activity }: Attempt): Place | undefined => {
    if (!assigned.has(accountId)) assigned.set(accountId, places.get(activity)?.shift());
    return assigned.get(accountId);
  };
  const standIfDone = async (attempt: Attempt): Promise<void> => {
    const { done } = attempt;
    attempt.done = undefined;
    if (done) await stand(attempt.accountId, done);
  };

  const makeAt = async <T>(
    stop: Stop,
    attempt: Attempt,
    make: () => Promise<T>,
    cut: (result?: T) => Error,
  ): Promise<T> => {
    const { moment, call } = stop;
    if (moment === 'before') await stand(attempt.accountId, stop);
    const answer = make();
    const [settled] = await Promise.allSettled([answer]);
    if (moment === 'during') {
      await stand(attempt.accountId, stop);
      const isLost = lost !== undefined && call.startsWith(lost);
      if (isLost) throw cut(settled.status === 'fulfilled' ? settled.value : undefined);
    }
    if (moment === 'after') attempt.done = stop;
    return answer;
  };

  const intercept: Intercept = async (call, make, cut) => {
    const attempt = currentAttempt(attempts);
    // The engine looks around on its own too: nothing of an account is at stake there.
    if (!attempt) return make();
    await standIfDone(attempt);
    const { activity, accountId, names } = attempt;
    const nth = names.push(call) - names.filter((name) => name !== call).length;
    calls.push({ activity, call, nth, accountId });
    const stop = placeOf(attempt)?.stop;
    const isHere = stop?.activity === activity && stop.call === call && stop.nth === nth && !held.has(accountId);
    if (!isHere) return make();
    return makeAt(stop, attempt, make, cut);
  };

  return {
    calls,
    ports: withoutPreparations(createPorts(intercept)),
    lane() {
      const attempt = currentAttempt(attempts);
      return (attempt && placeOf(attempt)?.lane) ?? 0;
    },
    async around(step) {
      const attempt = currentAttempt(attempts);
      try {
        return await step();
      } finally {
        if (attempt) await standIfDone(attempt);
      }
    },
    close(passages) {
      let lane = 0;
      const placed = (stop: Stop): Place => ({ stop, lane: (lane += 1) });
      places = new Map(passages.map(({ first, stops }) => [first, stops.map(placed)]));
      assigned = new Map();
      held = new Map();
      lost = undefined;
      opened = Promise.withResolvers();
    },
    held: () => new Map(held),
    open(dead) {
      lost = dead;
      opened.resolve();
    },
  };
}

function withoutPreparations(ports: Ports): Ports {
  return {
    ...ports,
    fetch(inner) {
      const gated = ports.fetch(async (url, init) =>
        inner(url, { ...init, signal: AbortSignal.timeout(VAULT_TIMEOUT_MS) }),
      );
      return async (url, init) => (PREPARATION.test(url) ? inner(url, init) : gated(url, init));
    },
  };
}

function currentAttempt(attempts: WeakMap<Context, Attempt>): Attempt | undefined {
  const context = currentContext();
  if (!context) return undefined;
  const known = attempts.get(context);
  if (known) return known;
  const { activityType: activity, workflowExecution } = context.info;
  const accountId = parseAccountWorkflowId(workflowExecution?.workflowId ?? '')?.accountId ?? '';
  const attempt = { activity, accountId, names: [] };
  attempts.set(context, attempt);
  return attempt;
}

function currentContext(): Context | undefined {
  try {
    return Context.current();
  } catch {
    return undefined;
  }
}
