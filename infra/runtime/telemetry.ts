/**
 * What a program tells about itself: metrics for Prometheus, whether it lives, whether it is ready. Served over plain
 * HTTP on a port of its own, without a log-on, so nothing here names an account or a person.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { Logger } from './logger.ts';

/** `ok`, or a sentence that says what is wrong; rejects when the check itself cannot be made. */
export type ReadinessCheck = () => Promise<string> | string;

export interface TelemetryOptions {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly registry: Registry;
  /** By name. All of them must be `ok` for the program to be ready. */
  readonly readiness: Readonly<Record<string, ReadinessCheck>>;
  /** The loopback port of the Temporal SDK's own exporter, whose text is appended to ours. */
  readonly sdkMetricsPort?: number | undefined;
  readonly logger: Logger;
}

export interface Telemetry {
  /** Such as `http://127.0.0.1:9466`. */
  readonly url: string;
  /** What `/health/ready` would say of each part: `ok`, or what is wrong with it. Never rejects. */
  check(): Promise<Readonly<Record<string, string>>>;
  /** From now on `/health/ready` answers 503: the program is about to end. */
  drain(): void;
  close(): Promise<void>;
}

/** A registry with the process's own metrics in it (CPU, memory, event loop, garbage collection). */
export function createRegistry(program: string): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ program });
  collectDefaultMetrics({ register: registry });
  return registry;
}

const CHECK_TIMEOUT_MS = 5_000;
const SDK_TIMEOUT_MS = 3_000;
const REQUEST_TIMEOUT_MS = 10_000;
const MAX_CONNECTIONS = 50;

/** Listens and answers until closed. Rejects when the port is taken. */
export async function startTelemetry(options: TelemetryOptions): Promise<Telemetry> {
  let draining = false;
  const server = createServer(
    { requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS },
    (request, response) => {
      respond(request, response, options, () => draining).catch((error: unknown) => {
        options.logger.error({ error }, 'telemetry request failed');
        response.destroy();
      });
    },
  );
  server.maxConnections = MAX_CONNECTIONS;
  const { address, family, port } = await listen(server, options.host, options.port);
  const url = `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
  options.logger.info({ url }, 'telemetry listens');
  return {
    url,
    check: () => runChecks(options.readiness, draining),
    drain: () => void (draining = true),
    close: () => close(server),
  };
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  options: TelemetryOptions,
  isDraining: () => boolean,
) {
  if (request.method !== 'GET' && request.method !== 'HEAD') return send(response, 405, 'text/plain', 'GET only\n');
  switch (request.url?.split('?')[0]) {
    case '/health/live':
      return send(response, 200, 'application/json', '{"status":"live"}\n');
    case '/health/ready': {
      const checks = await runChecks(options.readiness, isDraining());
      const ready = Object.values(checks).every((result) => result === 'ok');
      const body = JSON.stringify({ status: ready ? 'ready' : 'not-ready', checks });
      return send(response, ready ? 200 : 503, 'application/json', `${body}\n`);
    }
    case '/metrics':
      return send(response, 200, options.registry.contentType, await metricsText(options));
    default:
      return send(response, 404, 'text/plain', 'There are /metrics, /health/live and /health/ready.\n');
  }
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
}

/** The result of every check by name; a check that takes too long or cannot be made says so. */
export async function runChecks(
  readiness: TelemetryOptions['readiness'],
  draining = false,
): Promise<Record<string, string>> {
  const results = await Promise.all(
    Object.entries(readiness).map(async ([name, check]) => [name, await runCheck(check)] as const),
  );
  return { ...(draining ? { process: 'is shutting down' } : {}), ...Object.fromEntries(results) };
}

async function runCheck(check: ReadinessCheck): Promise<string> {
  const { promise: late, resolve } = Promise.withResolvers<string>();
  const timer = setTimeout(resolve, CHECK_TIMEOUT_MS, `gave no answer in ${CHECK_TIMEOUT_MS / 1000} s`);
  try {
    return await Promise.race([check(), late]);
  } catch (error) {
    return error instanceof Error ? error.message : 'failed';
  } finally {
    clearTimeout(timer);
  }
}

/** Ours and the SDK's. An SDK that does not answer must not cost us our own metrics. */
async function metricsText({ registry, sdkMetricsPort, logger }: TelemetryOptions): Promise<string> {
  const own = await registry.metrics();
  if (sdkMetricsPort === undefined) return own;
  try {
    const response = await fetch(`http://127.0.0.1:${sdkMetricsPort}/metrics`, {
      signal: AbortSignal.timeout(SDK_TIMEOUT_MS),
    });
    return own + (await response.text());
  } catch (error) {
    logger.warn({ error }, "the Temporal SDK's metrics cannot be read");
    return own;
  }
}

function listen(server: Server, host: string, port: number): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve(server.address() as AddressInfo);
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
