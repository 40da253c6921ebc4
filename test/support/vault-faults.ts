/** A transport that dies at one chosen call: what a crash or a cut connection does to an engine. */
import type { VaultFetch } from '../../activities/vault/kv/transport.ts';

/**
 * `before`: the call never leaves. `during`: it takes effect and its answer is lost. `after`: it is answered, and the
 * engine dies. In each case no later call gets through.
 */
export type FaultMoment = 'before' | 'during' | 'after';

export interface FaultyFetch {
  readonly fetch: VaultFetch;
  /** Calls so far, the failed ones too, as `METHOD /path`. */
  readonly calls: readonly string[];
}

/** Dies at the `callNumber`-th call, counted from 1; 0 never dies. `counts` says which calls count: by default all. */
export function createFaultyFetch(
  inner: VaultFetch,
  callNumber: number,
  moment: FaultMoment,
  counts: (call: string) => boolean = () => true,
): FaultyFetch {
  const calls: string[] = [];
  let counted = 0;
  let dead = false;
  const cut = () => Object.assign(new Error('cut by the test'), { code: 'ECONNRESET' });
  const fetch: VaultFetch = async (url, init) => {
    const call = `${init.method} ${new URL(url).pathname}`;
    calls.push(call);
    if (dead) throw cut();
    if (counts(call)) counted += 1;
    if (!counts(call) || counted !== callNumber) return inner(url, init);
    dead = true;
    if (moment === 'before') throw cut();
    const response = await inner(url, init);
    if (moment === 'during') throw cut();
    return response;
  };
  return { fetch, calls };
}
