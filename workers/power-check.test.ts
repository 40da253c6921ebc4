import { expect, test } from 'vitest';
import type { DirectorySelfCheck } from '../activities/directory/port.ts';
import { untilTooPowerful } from './power-check.ts';

const refused: DirectorySelfCheck = { outcome: 'refused', findings: ['Member of Domain Admins.'] };

/** A directory that gives these answers one after the other; `null` is a domain that is away. */
function directoryOf(...answers: (DirectorySelfCheck | null)[]) {
  const asked: string[] = [];
  return {
    asked,
    selfCheck: async () => {
      const answer = answers[Math.min(asked.length, answers.length - 1)] ?? null;
      asked.push(answer?.outcome ?? 'away');
      if (!answer) throw new Error('no domain controller answers');
      return answer;
    },
  };
}

test('an account that is too powerful is told at once', async () => {
  const directory = directoryOf(refused);
  expect(await untilTooPowerful(directory, { retryMs: 60_000, repeatMs: 60_000 })).toEqual(refused.findings);
  expect(directory.asked).toEqual(['refused']);
});

test('a domain that is away is asked again, and so is one whose answer was good', async () => {
  const lacking: DirectorySelfCheck = { outcome: 'incomplete', findings: ['It cannot reset passwords.'] };
  const directory = directoryOf(null, null, lacking, { outcome: 'ready', findings: [] }, refused);
  expect(await untilTooPowerful(directory, { retryMs: 1, repeatMs: 1 })).toEqual(refused.findings);
  expect(directory.asked).toEqual(['away', 'away', 'incomplete', 'ready', 'refused']);
});
