/** Temporal's runtime without its chatter: tests speak by their results. */
import { Runtime } from '@temporalio/worker';

const nothing = (): void => undefined;

/** A logger that says nothing, not even of activities that fail because a test told them to. */
export const quietLogger = {
  log: nothing,
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
};

/** Call it before the first worker of the process. */
export function installQuietRuntime(): void {
  Runtime.install({ logger: quietLogger, telemetryOptions: { logging: { forward: {}, filter: 'OFF' } } });
}
