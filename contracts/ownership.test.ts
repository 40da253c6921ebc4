import { expect, test } from 'vitest';
import { sampleTemplate } from '../test/support/projection-samples.ts';
import { requesterOnlyProblem } from './ownership.ts';

test.each<[string, boolean, string[], string[], boolean]>([
  ['the requester', true, ['rita'], [], true],
  ['somebody else', true, ['olaf'], [], false],
  ['somebody beside the requester', true, ['rita', 'olaf'], [], false],
  ['a group beside the requester', true, ['rita'], ['Payroll'], false],
  ['anybody where others may own it', false, ['olaf'], ['Payroll'], true],
])('an owner names %s', (_who, requesterOnly, owners, ownerGroups, isAllowed) => {
  const { ownership } = sampleTemplate({ ownership: { requesterOnly, groups: true } });
  expect(requesterOnlyProblem(ownership, 'rita', { owners, ownerGroups }) === undefined).toBe(isAllowed);
});
