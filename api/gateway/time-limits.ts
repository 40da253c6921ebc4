/** How long the API waits for Temporal: shorter than proxies wait for the API. */
import type { Client } from '@temporalio/client';

export const QUERY_DEADLINE_MS = 10_000;
export const PROBE_DEADLINE_MS = 4_000;

/** `work`, whose calls of `client` are cut off after `deadlineMs`. */
export function within<T>(client: Client, deadlineMs: number, work: () => Promise<T>): Promise<T> {
  return client.withDeadline(Date.now() + deadlineMs, work);
}

/** Rejects when Temporal does not answer. */
export async function ping(client: Client): Promise<void> {
  await within(client, PROBE_DEADLINE_MS, () => client.workflowService.getSystemInfo({}));
}
