/** Temporal's time-skipping server as part of a stack: how it is started, asked for its time, and moved on. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { InternalConnectionOptionsSymbol, type InternalConnectionOptions } from '@temporalio/client/lib/connection.js';
import { msToTs, tsToMs } from '@temporalio/common/lib/time.js';
import type { LaunchSpec } from './processes.ts';

export interface ServerClock {
  now(): Promise<Date>;
  /** Skips time until `target`, however long that takes. Everything that was due until then is done when it resolves. */
  skipTo(target: Date, watcher: Watcher): Promise<void>;
  close(): Promise<void>;
}

/** Told while time is skipped. */
export interface Watcher {
  /** By how many milliseconds the server is ahead of this machine. */
  readonly follow: (skippedMs: number) => Promise<void>;
  /** Once, when time has stood still for longer than any step of an engine takes. */
  readonly standsStill: (at: Date) => void;
}

/** Often enough for whoever reads meanwhile, seldom enough not to cost the server anything. */
const LOOK_MS = 25;
/** Time stands still while a step of an engine is being done: for at most 30 s, or its engine is away. */
const STANDSTILL_MS = 40_000;
/** No skip waits longer for an engine. */
const LONGEST_SKIP_MS = 3_600_000;

/** The server keeps real time until it is told to skip some. Its data is in memory: what ends it ends all accounts. */
export function skippingServerSpec(program: string, port: number): LaunchSpec {
  return { role: 'temporal', command: program, args: [String(port)], env: {} };
}

export async function openServerClock(address: string): Promise<ServerClock> {
  const options: InternalConnectionOptions = {
    address,
    // As Temporal's own test environment does: other servers do not have this service.
    [InternalConnectionOptionsSymbol]: { supportsTestService: true },
  };
  const connection = await Connection.connect(options);
  const service = connection.testService!;
  const now = async (): Promise<Date> => new Date(tsToMs((await service.getCurrentTime({})).time));
  return {
    now,
    async skipTo(target, { follow, standsStill }) {
      const durationMs = target.getTime() - (await now()).getTime();
      let isThere = false;
      const skipping = skip(connection, durationMs).finally(() => (isThere = true));
      let lastMovedAt = performance.now();
      for (let before = await now(); !isThere;) {
        await Promise.race([skipping, sleep(LOOK_MS)]);
        const reached = await now();
        await follow(reached.getTime() - Date.now());
        if (reached.getTime() - before.getTime() > 1_000) lastMovedAt = performance.now();
        before = reached;
        if (performance.now() - lastMovedAt < STANDSTILL_MS) continue;
        standsStill(reached);
        lastMovedAt = Infinity;
      }
      await skipping;
    },
    close: () => connection.close(),
  };
}

async function skip(connection: Connection, durationMs: number): Promise<void> {
  await connection.withDeadline(Date.now() + LONGEST_SKIP_MS, async () => {
    await connection.testService!.unlockTimeSkippingWithSleep({ duration: msToTs(durationMs) });
  });
}
