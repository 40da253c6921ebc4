/** Of several commands that start a stack to keep, one does. In a cache of its own: a developer may keep a stack. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';

const cache = await mkdtemp(join(tmpdir(), 'alm-kept-test-'));
vi.stubEnv('ALM_CACHE', cache);
// Where the cache is, is read when the module is.
const { keepStack, keptStack, startKept } = await import('./kept.ts');
afterAll(async () => rm(cache, { recursive: true }));

test('while one is being started no other is, and none once it is kept', async () => {
  const started: string[] = [];
  const { promise: mayEnd, resolve: end } = Promise.withResolvers<void>();
  const first = startKept(async () => {
    started.push('first');
    await mayEnd;
    await writeFile(join(cache, 'stack.json'), '{}');
    await keepStack(cache);
  });
  const second = async () => void started.push('second');
  await expect(startKept(second)).rejects.toThrow('Another command is starting a stack');
  end();
  await first;
  await expect(startKept(second)).rejects.toThrow(`A stack is kept in ${cache} already`);
  expect(await keptStack()).toBe(cache);
  expect(started).toEqual(['first']);
});

test('one that did not start leaves the way free', async () => {
  await rm(join(cache, 'stack.json'));
  await expect(startKept(async () => Promise.reject(new Error('no disk')))).rejects.toThrow('no disk');
  expect(await startKept(async () => 'started')).toBe('started');
});
