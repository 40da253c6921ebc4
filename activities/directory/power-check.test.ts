import { describe, expect, test } from 'vitest';
import { failure } from '../failure.ts';
import type { DirectorySelfCheck } from './port.ts';
import { createPowerCheck } from './power-check.ts';

const fit: DirectorySelfCheck = { outcome: 'ready', findings: [] };
const lacking: DirectorySelfCheck = { outcome: 'incomplete', findings: ['It cannot reset passwords.'] };
const refused: DirectorySelfCheck = { outcome: 'refused', findings: ['Member of Domain Admins.'] };
const OFTEN = { retryMs: 1, repeatMs: 1 };
const NEVER_AGAIN = { retryMs: 60_000, repeatMs: 60_000 };
const IN_TIME = new AbortController().signal;

/** A directory that gives these answers one after the other, the last one for ever; `null` is a domain that is away. */
function directoryOf(...answers: (DirectorySelfCheck | null)[]) {
  const asked: string[] = [];
  return {
    asked,
    fqdn: 'corp.example.com',
    selfCheck: async () => {
      const answer = answers[Math.min(asked.length, answers.length - 1)] ?? null;
      asked.push(answer?.outcome ?? 'away');
      if (!answer) throw failure('DirectoryUnavailable', 'no domain controller answers');
      return answer;
    },
  };
}

describe('the watch', () => {
  test('tells at once of an account that is too powerful', async () => {
    const directory = directoryOf(refused);
    expect(await createPowerCheck(directory, NEVER_AGAIN).untilTooPowerful()).toEqual(refused.findings);
    expect(directory.asked).toEqual(['refused']);
  });

  test('asks again a domain that is away, and one whose answer was good', async () => {
    const directory = directoryOf(null, null, lacking, fit, refused);
    expect(await createPowerCheck(directory, OFTEN).untilTooPowerful()).toEqual(refused.findings);
    expect(directory.asked).toEqual(['away', 'away', 'incomplete', 'ready', 'refused']);
  });

  test('hears what somebody else was answered', async () => {
    const check = createPowerCheck(directoryOf(fit, refused), NEVER_AGAIN);
    const tooPowerful = check.untilTooPowerful();
    await check.ask();
    await check.ask();
    expect(await tooPowerful).toEqual(refused.findings);
  });
});

describe('the gate', () => {
  test.each([fit, lacking])('lets every step through once the account is known to be $outcome', async (answer) => {
    const directory = directoryOf(answer);
    const check = createPowerCheck(directory, NEVER_AGAIN);
    await Promise.all([check.admit(IN_TIME), check.admit(IN_TIME)]);
    await check.admit(IN_TIME);
    expect(directory.asked).toEqual([answer.outcome]);
  });

  test('stays shut for an account that is too powerful', async () => {
    const check = createPowerCheck(directoryOf(refused, fit), NEVER_AGAIN);
    for (let step = 0; step < 2; step += 1) {
      await expect(check.admit(IN_TIME)).rejects.toMatchObject({
        type: 'EngineOffline',
        message: expect.stringContaining('Member of Domain Admins.'),
      });
    }
  });

  test('passes on why the domain cannot be asked, and asks again for the next step', async () => {
    const check = createPowerCheck(directoryOf(null, fit), NEVER_AGAIN);
    await expect(check.admit(IN_TIME)).rejects.toMatchObject({ type: 'DirectoryUnavailable', nonRetryable: false });
    await expect(check.admit(IN_TIME)).resolves.toBeUndefined();
  });

  test('does not take an old answer', async () => {
    const directory = directoryOf(fit, refused);
    const check = createPowerCheck(directory, OFTEN);
    await check.admit(IN_TIME);
    await new Promise((resolve) => setTimeout(resolve, 5));
    await expect(check.admit(IN_TIME)).rejects.toMatchObject({ type: 'EngineOffline' });
  });

  test('waits for no longer than its step has', async () => {
    const silent = { fqdn: 'corp.example.com', selfCheck: () => new Promise<never>(() => undefined) };
    const check = createPowerCheck(silent);
    for (const signal of [AbortSignal.timeout(20), AbortSignal.abort()]) {
      await expect(check.admit(signal)).rejects.toMatchObject({ type: 'DirectoryUnavailable', nonRetryable: false });
    }
  });
});
