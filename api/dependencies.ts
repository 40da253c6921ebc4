/** What the API is made of: everything it uses arrives here. */
import type { Database } from '../db/client.ts';
import type { Logger } from '../infra/runtime/logger.ts';
import type { ReadinessCheck } from '../infra/runtime/telemetry.ts';
import type { Clock } from './clock.ts';
import type { LifecycleGateway } from './lifecycle-gateway.ts';
import type { RequestMetrics } from './metrics.ts';

export interface Dependencies {
  readonly db: Database;
  readonly gateway: LifecycleGateway;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics?: RequestMetrics;
  /** By name; what `/health/ready` asks. */
  readonly readiness?: Readonly<Record<string, ReadinessCheck>>;
  /** Whether templates may have intervals shorter than a day: for demonstrations only. */
  readonly allowShortIntervals: boolean;
  /** The URL under which callers reach the API, for the OpenAPI document. */
  readonly publicUrl?: string | undefined;
}
