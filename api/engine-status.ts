/** Whether a domain's engine runs: asked of Temporal, remembered for seconds. */
import type { EngineStatus } from '../contracts/http/domains.ts';
import type { Clock } from './clock.ts';

/** When each poller of a task queue last asked for work. */
export type ReadPollers = (fqdn: string) => Promise<readonly Date[]>;

/** A poll waits at Temporal for up to a minute before the engine asks again; Temporal itself forgets after five. */
const ONLINE_FOR_MS = 75_000;
const REMEMBERED_FOR_MS = 3_000;

interface Remembered {
  readonly askedAtMs: number;
  readonly status: Promise<EngineStatus>;
}

/** A function that tells the status of a domain's engines. Never rejects: what cannot be asked is `unknown`. */
export function createEngineStatus(readPollers: ReadPollers, clock: Clock): (fqdn: string) => Promise<EngineStatus> {
  const remembered = new Map<string, Remembered>();
  const lastSeen = new Map<string, Date>();

  async function ask(fqdn: string): Promise<EngineStatus> {
    const polls = await readPollers(fqdn).catch(() => undefined);
    const newest = polls?.reduce<Date | undefined>((a, b) => (a && a > b ? a : b), lastSeen.get(fqdn));
    if (newest) lastSeen.set(fqdn, newest);
    const seen = lastSeen.get(fqdn);
    const lastSeenAt = seen?.toISOString() ?? null;
    if (!polls) return { status: 'unknown', lastSeenAt };
    const online = polls.length > 0 && seen !== undefined && clock().getTime() - seen.getTime() < ONLINE_FOR_MS;
    return { status: online ? 'online' : 'away', lastSeenAt };
  }

  return (fqdn) => {
    const nowMs = clock().getTime();
    const known = remembered.get(fqdn);
    if (known && nowMs - known.askedAtMs < REMEMBERED_FOR_MS) return known.status;
    const status = ask(fqdn);
    remembered.set(fqdn, { askedAtMs: nowMs, status });
    return status;
  };
}
