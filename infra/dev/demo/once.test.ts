import { expect, test } from 'vitest';
import { compareNotices } from './once.ts';

const END = '2026-01-01T00:01:00.000Z';
const period = (address: string) => [
  { kind: 'renewal-opened' as const, dueAt: '2026-01-01T00:00:35.000Z', address },
  { kind: 'renewal-reminder' as const, dueAt: '2026-01-01T00:00:45.000Z', address },
  { kind: 'renewal-reminder' as const, dueAt: '2026-01-01T00:00:55.000Z', address },
  { kind: 'ended' as const, dueAt: END, address },
];

test('each notice of the period once to each address is what is wanted', () => {
  const notices = [...period('a'), ...period('b')];
  expect(compareNotices(notices, END, ['a', 'b'])).toEqual({ twice: [], missing: [] });
});

test('a notice that is there twice and one that is not are found', () => {
  const [opened, , ...others] = period('a');
  expect(compareNotices([opened!, opened!, ...others], END, ['a'])).toEqual({
    twice: ['renewal-opened 2026-01-01T00:00:35.000Z a'],
    missing: ['renewal-reminder 2026-01-01T00:00:45.000Z a'],
  });
});
