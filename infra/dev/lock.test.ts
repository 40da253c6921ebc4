import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { underLock } from './lock.ts';

const name = `lock.test ${process.pid}`;

describe('a lock', () => {
  it('lets tasks in one after the other', async () => {
    let inside = 0;
    let most = 0;
    const task = async (): Promise<void> => {
      inside += 1;
      most = Math.max(most, inside);
      await sleep(5);
      inside -= 1;
    };
    await Promise.all(Array.from({ length: 5 }, () => underLock(name, task, { timeoutMs: 5000 })));
    expect(most).toBe(1);
  });

  it('is free again after a task that failed, and tells who waits too long', async () => {
    const fail = underLock(name, async () => Promise.reject(new Error('no')), { timeoutMs: 1000 });
    await expect(fail).rejects.toThrow('no');
    const held = underLock(name, async () => sleep(200), { timeoutMs: 1000 });
    await sleep(20);
    await expect(underLock(name, async () => undefined, { timeoutMs: 40 })).rejects.toThrow(
      'in use by another process',
    );
    await held;
  });
});
