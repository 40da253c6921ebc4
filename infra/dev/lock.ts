/** One at a time, among all processes of this machine. */
import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface LockOptions {
  /** How long to wait for the others, in milliseconds. */
  readonly timeoutMs: number;
  /** Called once when there is somebody to wait for. */
  readonly onWait?: () => void;
  /** What to say when they take longer. */
  readonly complaint?: string;
}

/**
 * Runs `task` while nobody else holds the lock `name`. The lock is a socket in Linux's abstract namespace: the kernel
 * lets go of it when its process dies, so there is no such thing as a stale lock. Not re-entrant.
 */
export async function underLock<T>(name: string, task: () => Promise<T>, options: LockOptions): Promise<T> {
  const server = await acquire(name, options);
  try {
    return await task();
  } finally {
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
}

async function acquire(name: string, { timeoutMs, onWait, complaint }: LockOptions): Promise<Server> {
  const address = `\0alm-${createHash('sha256').update(name).digest('hex').slice(0, 32)}`;
  const until = performance.now() + timeoutMs;
  let waited = false;
  for (;;) {
    const server = await listen(address);
    if (server) return server;
    if (performance.now() > until) {
      throw new Error(complaint ?? `${name} is in use by another process, still after ${timeoutMs} ms`);
    }
    if (!waited) onWait?.();
    waited = true;
    await sleep(20);
  }
}

async function listen(address: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    );
    server.listen(address, () => resolve(server));
  });
}
