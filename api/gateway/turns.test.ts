import { expect, test } from 'vitest';
import { createTurns } from './turns.ts';

const HOUR_MS = 3_600_000;

/** Work that ends when it is told to. */
function piece() {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const state = { begun: false };
  const work = (): Promise<string> => {
    state.begun = true;
    return promise;
  };
  return { work, state, end: resolve, fail: reject };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('only so many at a time, in the order of their coming, each with its own answer', async () => {
  const inTurn = createTurns(2, HOUR_MS);
  const pieces = [piece(), piece(), piece(), piece()];
  const answers = pieces.map(({ work }) => inTurn('one', work));
  const begun = async () => (await settled(), pieces.map(({ state }) => state.begun));
  expect(await begun()).toEqual([true, true, false, false]);
  pieces[1]!.end('second');
  expect(await answers[1]).toBe('second');
  expect(await begun()).toEqual([true, true, true, false]);
  pieces[0]!.fail(new Error('first'));
  await expect(answers[0]).rejects.toThrow('first');
  expect(await begun()).toEqual([true, true, true, true]);
  pieces[2]!.end('third');
  pieces[3]!.end('fourth');
  expect(await Promise.all(answers.slice(2))).toEqual(['third', 'fourth']);
});

test('subjects do not wait for each other', async () => {
  const inTurn = createTurns(1, HOUR_MS);
  void inTurn('one', piece().work);
  expect(await inTurn('other', async () => 'done')).toBe('done');
});

test('what takes longer than a turn lets the next begin, and no more than one', async () => {
  const inTurn = createTurns(1, 500);
  const [slow, next, last] = [piece(), piece(), piece()];
  const answer = inTurn('one', slow.work);
  void inTurn('one', next.work);
  expect(next.state.begun).toBe(false);
  while (!next.state.begun) await new Promise((resolve) => setTimeout(resolve, 5));
  void inTurn('one', last.work);
  slow.end('late');
  expect(await answer).toBe('late');
  await settled();
  expect(last.state.begun).toBe(false);
});

test('places are free again for those who come when all is done', async () => {
  const inTurn = createTurns(1, HOUR_MS);
  for (let times = 0; times < 3; times += 1) expect(await inTurn('one', async () => times)).toBe(times);
});
