import { expect, test } from 'vitest';
import { parseDuration } from '../../contracts/deadlines.ts';
import { parseTimeSpan } from './time-span.ts';

test.each([
  ['90d', 'P90D'],
  ['6h', 'PT6H'],
  ['30m', 'PT30M'],
  ['45S', 'PT45S'],
  ['2w', 'P14D'],
  ['1y', 'P1Y'],
  ['p90d', 'P90D'],
  ['P1Y2M', 'P1Y2M'],
])('%s is %s', (text, iso) => {
  expect(parseTimeSpan(text)).toEqual(parseDuration(iso));
});

test.each(['', '90', 'd', '0d', '-1d', '1.5h', 'tomorrow', '90 d'])('%j is no time span', (text) => {
  expect(parseTimeSpan(text)).toBeUndefined();
});
