/** A gate in an engine's ports: steps stop at a call that is chosen for each account, and go on together when it opens. */
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

export interface Gate {
  readonly ports: Ports;
  /** To be put around every step. */
  around<T>(step: () => Promise<T>): Promise<T>;
  /** All calls that steps have made. */
  readonly calls: readonly StepCall[];
  /** From now on each account that begins a step of a stop's kind, and has no stop yet, takes the first one that is left. */
  close(kinds: readonly (readonly Stop[])[]): void;
  /** The accounts that stand at their stop now. */
  held(): ReadonlyMap<string, Stop>;
  open(): void;
}

interface Attempt {
  readonly activity: string;
  readonly accountId: string;
  readonly names: string[];
  /** The stop whose call is done. */
  done?: Stop | undefined;
}

export function createGate(): Gate {
  const calls: StepCall[] = [];
  const attempts = new WeakMap<Context, Attempt>();
  let kinds: Stop[][] = [];
  let assigned = new Map<string, Stop | undefined>();
  let held = new Map<string, Stop>();
  let opened = Promise.withResolvers<void>();

  const stand = async (accountId: string, stop: Stop): Promise<void> => {
    held.set(accountId, stop);
    await opened.promise;
  };
  const stopOf = ({ accountId, activity }: Attempt): Stop | undefined => {
    if (!assigned.has(accountId)) {
      const kind = kinds.find((stops) => stops.some((stop) => stop.activity === activity));
      assigned.set(accountId, kind?.shift());
    }
    return assigned.get(accountId);
  };
  const standIfDone = async (attempt: Attempt): Promise<void> => {
    const { done } = attempt;
    attempt.done = undefined;
    if (done) await stand(attempt.accountId, done);
  };

  const intercept: Intercept = async (call, make) => {
    const attempt = currentAttempt(attempts);
    // The engine looks around on its own too: nothing of an account is at stake there.
    if (!attempt) return make();
    await standIfDone(attempt);
    const { activity, accountId, names } = attempt;
    const nth = names.push(call) - names.filter((name) => name !== call).length;
    calls.push({ activity, call, nth, accountId });
    const stop = stopOf(attempt);
    const isHere = stop?.activity === activity && stop.call === call && stop.nth === nth && !held.has(accountId);
    if (!isHere) return make();
    if (stop.moment === 'before') await stand(accountId, stop);
    const answer = make();
    await Promise.allSettled([answer]);
    if (stop.moment === 'during') await stand(accountId, stop);
    if (stop.moment === 'after') attempt.done = stop;
    return answer;
  };

  return {
    calls,
    ports: createPorts(intercept),
    async around(step) {
      const attempt = currentAttempt(attempts);
      try {
        return await step();
      } finally {
        if (attempt) await standIfDone(attempt);
      }
    },
    close(stops) {
      kinds = stops.map((kind) => [...kind]);
      assigned = new Map();
      held = new Map();
      opened = Promise.withResolvers();
    },
    held: () => new Map(held),
    open: () => opened.resolve(),
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
