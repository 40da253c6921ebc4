import { expect, test } from 'vitest';
import type { Database } from '../db/client.ts';
import { createLogger } from '../infra/runtime/logger.ts';
import { createRegistry } from '../infra/runtime/telemetry.ts';
import { createRequestMetrics, registerAccountGauges } from './metrics.ts';

const LIMIT_MS = 50;

/** An API's metrics over a database that answers every query with `answer`, and the lines that it logs. */
function metricsOver(answer: () => Promise<unknown>) {
  const lines: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) };
  const registry = createRegistry('api');
  const db = { query: answer } as unknown as Database;
  const logger = createLogger({ program: 'api', level: 'info', destination });
  registerAccountGauges(registry, db, { clock: () => new Date(), logger, limitMs: LIMIT_MS });
  const requests = createRequestMetrics(registry);
  requests.observe({ method: 'GET', route: '/accounts', status: 503, durationMs: 5 });
  return { registry, lines };
}

const blocked = [{ code: 'VaultSealed', accounts: 3, domain: 'corp.example.com', since: new Date().toISOString() }];

test.each([
  ['dead', () => Promise.reject(new Error('the database does not answer (ECONNREFUSED)'))],
  ['silent', () => new Promise(() => undefined)],
])('a %s Postgres costs the figures about accounts, and nothing else', async (_kind, isAway) => {
  let answer = (): Promise<unknown> => Promise.resolve(blocked);
  const { registry, lines } = metricsOver(() => answer());
  expect(await registry.metrics()).toMatch(/alm_blocked_accounts\{[^}]*\} 3/);
  expect(lines).toEqual([]);

  answer = isAway;
  const text = await registry.metrics();
  expect(text).toMatch(/alm_http_request_duration_seconds_count\{[^}]*status="503"[^}]*\} 1/);
  expect(text).toContain('process_resident_memory_bytes');
  expect(text).not.toMatch(/^alm_(?:blocked_accounts|oldest_queued_step_age_seconds)\{/m);
  expect(lines.map(({ level }) => level)).toEqual(['warn', 'warn']);
});
