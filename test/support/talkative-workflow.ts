/** A workflow that says all it knows by every way there is into a history. */
import {
  ApplicationFailure,
  condition,
  defineQuery,
  defineSignal,
  defineUpdate,
  proxyActivities,
  setHandler,
} from '@temporalio/workflow';

export interface Talk {
  repeat(text: string): Promise<string>;
  fail(text: string): Promise<void>;
}

export const told = defineSignal<[string]>('told');
export const tell = defineUpdate<string, [string]>('tell');
export const heard = defineQuery<string[]>('heard');

/** Ends, once it was told something, with a failure that quotes everything. */
export async function talkative(text: string): Promise<never> {
  const { repeat, fail } = proxyActivities<Talk>({ startToCloseTimeout: '10s', retry: { maximumAttempts: 1 } });
  const all = [text];
  let signalled = false;
  setHandler(heard, () => all);
  setHandler(tell, (message) => {
    if (message.includes('refuse')) throw ApplicationFailure.nonRetryable(`refused ${message}`, 'PolicyViolation');
    all.push(message);
    return message;
  });
  setHandler(told, (message) => {
    all.push(message);
    signalled = true;
  });
  all.push(await repeat(text));
  const failed = await fail(text).catch((error: Error) => error);
  await condition(() => signalled);
  throw ApplicationFailure.create({
    message: `ends with ${all.join(', ')}`,
    type: 'StateConflict',
    nonRetryable: true,
    details: [{ all }],
    ...(failed ? { cause: failed } : {}),
  });
}
