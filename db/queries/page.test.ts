import { expect, test } from 'vitest';
import { pageOf } from './page.ts';

const same = (row: number) => row;

test('a full page with a row to spare has a next page that begins behind its last item', () => {
  expect(pageOf([1, 2, 3], 2, same)).toEqual({ items: [1, 2], next: 2 });
});

test('a page that holds all rows is the last one', () => {
  expect(pageOf([1, 2], 2, same)).toEqual({ items: [1, 2] });
  expect(pageOf([], 2, same)).toEqual({ items: [] });
});
