/** What Prometheus learns from the API: its requests, and the two figures that say whether accounts get on. */
import { Gauge, Histogram, type Registry } from 'prom-client';
import type { Database } from '../db/client.ts';
import { blockedByCode, oldestQueued } from '../db/queries/accounts.ts';
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

/** Gauges that are read from the projection whenever somebody asks for the metrics. */
export function registerAccountGauges(registry: Registry, db: Database, clock: Clock): void {
  new Gauge({
    name: 'alm_blocked_accounts',
    help: 'Accounts whose step cannot go on, by the code of the cause.',
    labelNames: ['code'] as const,
    registers: [registry],
    async collect() {
      this.reset();
      for (const { code, accounts } of await blockedByCode(db)) this.set({ code }, accounts);
    },
  });
  new Gauge({
    name: 'alm_oldest_queued_step_age_seconds',
    help: "How long the account that has waited longest waits for an engine's step, by domain. 0 is not shown.",
    labelNames: ['domain'] as const,
    registers: [registry],
    async collect() {
      this.reset();
      const now = clock().getTime();
      for (const { domain, since } of await oldestQueued(db)) {
        this.set({ domain }, Math.max(now - Date.parse(since), 0) / 1000);
      }
    },
  });
}
