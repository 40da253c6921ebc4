/**
 * One JSON line per event on stdout. Correlation ids (`accountId`, `workflowId`, `requestId`) come by child loggers:
 * `logger.child({ accountId })`. Secrets are wrapped and print as `[redacted]`; the paths here are a second net.
 */
import { pino, type DestinationStream, type Logger } from 'pino';

export type { Logger };

/** Keys whose values never reach the log, at the top and one and two levels deep. */
const REDACTED_KEYS = [
  'password',
  'secret',
  'secretId',
  'token',
  'tokenHash',
  'apiKey',
  'authorization',
  'cookie',
  'unicodePwd',
  'databaseUrl',
  'codecKeys',
];

const REDACTED_PATHS = REDACTED_KEYS.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]);

export interface LoggerOptions {
  /** The program's short name, on every line. */
  readonly program: string;
  readonly level: string;
  /** Default: stdout, written at once, so that nothing is lost when the process ends. */
  readonly destination?: DestinationStream;
}

export function createLogger({ program, level, destination }: LoggerOptions): Logger {
  return pino(
    {
      level,
      base: { program, pid: process.pid },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: REDACTED_PATHS, censor: '[redacted]' },
      serializers: { err: describeError, error: describeError },
    },
    destination ?? pino.destination({ fd: 1, sync: true }),
  );
}

/** How deep causes are followed. */
const MAX_CAUSES = 4;
const MAX_MESSAGE_LENGTH = 2_000;

/**
 * What is logged of an error: kind, message, code, stack and causes. Other properties are left out, because libraries
 * hang requests, bodies and options on their errors.
 */
export function describeError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return typeof error === 'string' ? error.slice(0, MAX_MESSAGE_LENGTH) : typeof error;
  const { code, type } = error as { code?: unknown; type?: unknown };
  return {
    name: error.name,
    message: error.message.slice(0, MAX_MESSAGE_LENGTH),
    ...(isPlain(code) ? { code } : {}),
    ...(isPlain(type) ? { type } : {}),
    stack: framesOf(error),
    ...(error.cause !== undefined && depth < MAX_CAUSES ? { cause: describeError(error.cause, depth + 1) } : {}),
  };
}

/** The stack without its first lines, which repeat the message in full. */
function framesOf(error: Error): string[] {
  return (error.stack ?? '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .map((line) => line.trim())
    .slice(0, 12);
}

function isPlain(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number';
}
