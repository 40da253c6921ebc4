/** The other half of the lives of the workflow. */
import { testLives } from './workflow-lives.ts';

testLives(50, 20271126, []);
