import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { identify, isAlive } from './process-identity.ts';

describe('which process a pid means', () => {
  it('is known by its start, not by its number alone', async () => {
    const self = await identify(process.pid);
    expect(await isAlive(self)).toBe(true);
    expect(await isAlive({ ...self, startedAt: `${self.startedAt}0` })).toBe(false);
  });

  it('a process that ended is not alive', async () => {
    const child = spawn('sleep', ['60']);
    const identity = await identify(child.pid!);
    expect(await isAlive(identity)).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await isAlive(identity)).toBe(false);
    await expect(identify(child.pid!)).rejects.toThrow('ended at once');
  });
});
