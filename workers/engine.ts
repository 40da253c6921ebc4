/** The engine program: `node workers/engine.ts`; `--help` prints its environment. */
import { ENGINE, loadConfiguration } from '../infra/runtime/programs.ts';
import { runEngine } from './run-engine.ts';

process.exit(await runEngine(loadConfiguration(ENGINE)));
