/** How a program ends that cannot begin: with a line in its log, as for whatever else happens to it. */
import type { Logger } from './logger.ts';

/** What `starting` gives. When it fails, such as because a port is taken, the process ends with exit code 1. */
export async function startOrExit<T>(starting: Promise<T>, logger: Logger): Promise<T> {
  try {
    return await starting;
  } catch (error) {
    logger.fatal({ error }, 'the program cannot start');
    return process.exit(1);
  }
}
