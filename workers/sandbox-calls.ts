/** The calls into the workflows' sandbox, as the workflow thread notes them and the main thread watches them (decision 0023). */
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';

const KEY = 'alm-sandbox-calls';
const RUN_ID_LENGTH = 36;
const ENCODER = new TextEncoder();
/** Looks, not a span of time: while the whole process stands still nobody looks. */
const LOOKS = 10;
const LOOK_INTERVAL_MS = 1_000;

/** In memory of all threads: how many calls have begun and ended (odd while one runs), and the run that was told last. */
export interface SandboxCalls {
  readonly count: Int32Array;
  readonly runId: Uint8Array;
}

/** For the main thread: threads that it starts from now on have the memory. */
export function shareSandboxCalls(): void {
  setEnvironmentData(KEY, new SharedArrayBuffer(4 + RUN_ID_LENGTH));
}

/** Undefined where nobody shares it. */
export function sharedSandboxCalls(): SandboxCalls | undefined {
  const memory = getEnvironmentData(KEY);
  if (!(memory instanceof SharedArrayBuffer)) return undefined;
  return { count: new Int32Array(memory, 0, 1), runId: new Uint8Array(memory, 4) };
}

/** The run whose workflow is called is `runId`; one that is no run id is not noted. */
export function noteRun({ runId: noted }: SandboxCalls, runId: unknown): void {
  if (typeof runId === 'string' && runId.length === RUN_ID_LENGTH) ENCODER.encodeInto(runId, noted);
}

interface Seen {
  readonly count: number;
  /** How often in a row the same call was seen to run. */
  readonly looks: number;
}

/** What is known after a look that finds `count`: another call, or none, begins anew. */
export function lookAgain(before: Seen, count: number): Seen {
  const isSameCall = count % 2 !== 0 && count === before.count;
  return { count, looks: isSameCall ? before.looks + 1 : 0 };
}

/**
 * Calls `onStuck`, once, with the id of the run whose workflow has not given its thread back for ten seconds. Returns
 * false, and watches nothing, where the program was started without `--import ./workers/sandbox-limit.ts`: the SDK's own
 * limit holds there.
 */
export function watchSandbox(onStuck: (runId: string) => void): boolean {
  const calls = sharedSandboxCalls();
  if (!calls) return false;
  let seen: Seen = { count: 0, looks: 0 };
  const timer = setInterval(() => {
    seen = lookAgain(seen, Atomics.load(calls.count, 0));
    if (seen.looks < LOOKS) return;
    clearInterval(timer);
    onStuck(new TextDecoder().decode(calls.runId.slice()));
  }, LOOK_INTERVAL_MS).unref();
  return true;
}
