import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createClock } from './clock.ts';

const folder = mkdtempSync(join(tmpdir(), 'play-clock-'));
afterAll(() => rmSync(folder, { recursive: true }));

const playClockFile = join(folder, 'skipped-ms');
const A_DAY_MS = 86_400_000;
const aheadMs = (clock: () => Date): number => clock().getTime() - Date.now();

test('without a play clock it is the time of the machine', () => {
  const clock = createClock({ playClockFile: undefined });
  expect(Math.abs(aheadMs(clock))).toBeLessThan(1_000);
});

test('a play clock follows its file, from one moment to the next', () => {
  writeFileSync(playClockFile, '0\n');
  const clock = createClock({ playClockFile });
  expect(Math.abs(aheadMs(clock))).toBeLessThan(1_000);
  writeFileSync(playClockFile, `${A_DAY_MS}\n`);
  expect(Math.abs(aheadMs(clock) - A_DAY_MS)).toBeLessThan(1_000);
});

test.each(['', 'tomorrow', '1.5'])('a file that says %j is no clock', (text) => {
  writeFileSync(playClockFile, text);
  expect(createClock({ playClockFile })).toThrow('does not hold milliseconds');
});
