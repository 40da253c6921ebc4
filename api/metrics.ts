/** What Prometheus learns from the API: its requests, and the two figures that say whether accounts get on. */
import { Gauge, Histogram, type Registry } from 'prom-client';
import type { Database } from '../db/client.ts';
import { blockedByCode, oldestQueued } from '../db/queries/accounts.ts';
import type { Logger } from '../infra/runtime/logger.ts';
import type { Clock } from './clock.ts';

export interface ObservedRequest {
  readonly method: string;
  /** The path as the route table has it. */
  readonly route: string;
  readonly status: number;
  readonly durationMs: number;
}

export interface RequestMetrics {
  observe(request: ObservedRequest): void;
}

const DURATION_BUCKETS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export function createRequestMetrics(registry: Registry): RequestMetrics {
  const duration = new Histogram({
    name: 'alm_http_request_duration_seconds',
    help: 'How long requests took, by method, route and status.',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: DURATION_BUCKETS_SECONDS,
    registers: [registry],
  });
  return {
    observe: ({ method, route, status, durationMs }) =>
      duration.observe({ method, route, status: String(status) }, durationMs / 1000),
  };
}

/** Prometheus waits for ten seconds, Postgres may be silent for longer. */
const READ_LIMIT_MS = 3_000;

/**
 * Gauges that are read from the projection whenever somebody asks for the metrics. When Postgres does not answer within
 * `limitMs` they have no values, and all other metrics are there.
 */
export function registerAccountGauges(
  registry: Registry,
  db: Database,
  { clock, logger, limitMs = READ_LIMIT_MS }: { clock: Clock; logger: Logger; limitMs?: number },
): void {
  async function fill<T>(gauge: Gauge, read: () => Promise<readonly T[]>, set: (row: T) => void): Promise<void> {
    try {
      const rows = await inTime(read(), limitMs);
      gauge.reset();
      rows.forEach(set);
    } catch (error) {
      gauge.reset();
      logger.warn({ error }, 'the figures about accounts cannot be read: the metrics are without them');
    }
  }
  new Gauge({
    name: 'alm_blocked_accounts',
    help: 'Accounts whose step cannot go on, by the code of the cause.',
    labelNames: ['code'] as const,
    registers: [registry],
    async collect() {
      await fill(
        this,
        () => blockedByCode(db),
        ({ code, accounts }) => this.set({ code }, accounts),
      );
    },
  });
  new Gauge({
    name: 'alm_oldest_queued_step_age_seconds',
    help: "How long the account that has waited longest waits for its domain's engine, by domain. 0 is not shown.",
    labelNames: ['domain'] as const,
    registers: [registry],
    async collect() {
      const nowMs = clock().getTime();
      await fill(
        this,
        () => oldestQueued(db),
        ({ domain, since }) => this.set({ domain }, Math.max(nowMs - Date.parse(since), 0) / 1000),
      );
    },
  });
}

async function inTime<T>(answer: Promise<T>, limitMs: number): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no answer within ${limitMs} ms`)), limitMs);
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
