/** The program that bundles the workflows ahead of time: `node workers/bundle-workflows.ts`. */
import { createLogger } from '../infra/runtime/logger.ts';
import { BUNDLE_WORKFLOWS, loadConfiguration } from '../infra/runtime/programs.ts';
import { keepWorkflowBundle } from './workflow-bundle.ts';

const configuration = loadConfiguration(BUNDLE_WORKFLOWS);
const logger = createLogger({ program: 'bundle-workflows', level: configuration.logLevel });

try {
  const outcome = await keepWorkflowBundle(logger);
  logger.info(outcome === 'kept' ? 'the workflows are bundled' : 'the bundle is of these very sources already');
} catch (error) {
  logger.fatal({ error }, 'the workflows are not bundled; control planes bundle them at every start');
  process.exitCode = 1;
}
