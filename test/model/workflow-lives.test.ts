/** Half of the lives of the workflow; the other half is beside it, so that both run at once. */
import { WORKFLOW_REGRESSIONS } from './regressions.ts';
import { testLives } from './workflow-lives.ts';

testLives(50, 20261126, WORKFLOW_REGRESSIONS);
