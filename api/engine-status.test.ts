import { expect, test } from 'vitest';
import { createEngineStatus } from './engine-status.ts';

const START_MS = Date.parse('2026-01-31T12:00:00.000Z');

function setUp() {
  const world = { nowMs: START_MS, polls: [] as Date[], asked: 0, isAway: false };
  const status = createEngineStatus(
    async () => {
      world.asked += 1;
      if (world.isAway) throw new Error('no answer');
      return world.polls;
    },
    () => new Date(world.nowMs),
  );
  return { world, status: () => status('corp.example.com') };
}

test('an engine that polled lately is online, and the answer is kept for seconds', async () => {
  const { world, status } = setUp();
  world.polls = [new Date(START_MS - 90_000), new Date(START_MS - 59_000)];
  expect(await status()).toEqual({ status: 'online', lastSeenAt: '2026-01-31T11:59:01.000Z' });
  world.polls = [];
  expect((await status()).status).toBe('online');
  expect(world.asked).toBe(1);
});

test('one that stopped is away, and was last seen then, also when Temporal has forgotten it', async () => {
  const { world, status } = setUp();
  world.polls = [new Date(START_MS)];
  await status();
  world.nowMs += 80_000;
  expect(await status()).toEqual({ status: 'away', lastSeenAt: '2026-01-31T12:00:00.000Z' });
  world.polls = [];
  world.nowMs += 600_000;
  expect(await status()).toEqual({ status: 'away', lastSeenAt: '2026-01-31T12:00:00.000Z' });
});

test('one that never was is away; when Temporal does not answer it is unknown', async () => {
  const { world, status } = setUp();
  expect(await status()).toEqual({ status: 'away', lastSeenAt: null });
  world.nowMs += 5_000;
  world.isAway = true;
  expect(await status()).toEqual({ status: 'unknown', lastSeenAt: null });
});
