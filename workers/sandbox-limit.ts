/**
 * One time limit for the workflow thread, instead of one for each call into its sandbox (decision 0023). The SDK enters the
 * sandbox with the timeout of `node:vm`, for which Node starts a thread of the operating system and waits for its end, each
 * time: eight times and more for an account that wakes.
 *
 * `node --import ./workers/sandbox-limit.ts <program>` loads this file into the main thread and into the threads that the
 * SDK starts. There it takes the timeout out of each call, and notes the calls for {@link watchSandbox}.
 */
import { Script, type Context, type RunningScriptOptions } from 'node:vm';
import { isMainThread } from 'node:worker_threads';
import { noteRun, sharedSandboxCalls, shareSandboxCalls, type SandboxCalls } from './sandbox-calls.ts';

/** What the SDK hands to a call: a holder, the function's name and its arguments. An activation names its run. */
type CallArguments = readonly [unknown, string, readonly ({ readonly runId?: unknown } | undefined)[]];

function takeLimitsOut(calls: SandboxCalls): void {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with each script as `this`
  const run = Script.prototype.runInContext;
  Script.prototype.runInContext = function (context: Context, options?: RunningScriptOptions): unknown {
    const { timeout: _ofThisCall, ...rest } = options ?? {};
    noteRun(calls, (context['__temporal_args'] as CallArguments | undefined)?.[2][0]?.runId);
    Atomics.add(calls.count, 0, 1);
    try {
      return run.call(this, context, rest);
    } finally {
      Atomics.add(calls.count, 0, 1);
    }
  };
}

if (isMainThread) {
  shareSandboxCalls();
} else {
  const calls = sharedSandboxCalls();
  if (calls) takeLimitsOut(calls);
}
