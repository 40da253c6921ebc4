/**
 * The engine program with death in its ports: it kills itself, as a power cut would, at one call of one kind of step. To be
 * started by killed-engines.ts.
 */
import { appendFileSync } from 'node:fs';
import { Context } from '@temporalio/activity';
import { parseAccountWorkflowId } from '../../contracts/ids.ts';
import { ENGINE, loadConfiguration } from '../../infra/runtime/programs.ts';
import { runEngine } from '../../workers/run-engine.ts';
import { connectionsThrough, createPorts } from './faults.ts';
import type { Death, StepCall } from './killed-engines.ts';

const reportFile = process.env['TEST_REPORT_FILE']!;
/** Without a death it only reports the calls. */
const death = JSON.parse(process.env['TEST_DEATH'] ?? 'null') as Death | null;
/** The names of the calls of each attempt. */
const callsSoFar = new Map<Context, string[]>();
/** Not every attempt makes every call: after so many without its own, the engine dies for nothing and makes room. */
const ATTEMPTS = 2;

const ports = createPorts(async (name, call) => {
  const attempt = currentAttempt();
  // The engine looks around on its own too: nothing of an account is at stake there.
  if (!attempt || (death && death.activity !== attempt.info.activityType)) return call();
  const made = note(attempt, name);
  if (!death) report(made);
  else if (callsSoFar.size > ATTEMPTS) return die();
  if (death?.call !== name || death.nth !== made.nth) return call();
  if (death.moment === 'during') await call();
  report(made);
  return die();
});

function note(attempt: Context, name: string): StepCall {
  const names = callsSoFar.get(attempt) ?? [];
  callsSoFar.set(attempt, [...names, name]);
  const { activityType: activity, workflowExecution } = attempt.info;
  const accountId = parseAccountWorkflowId(workflowExecution?.workflowId ?? '')?.accountId ?? '';
  return { activity, call: name, nth: names.filter((other) => other === name).length + 1, accountId };
}

function report(call: StepCall): void {
  appendFileSync(reportFile, `${JSON.stringify(call)}\n`);
}

async function die(): Promise<never> {
  process.kill(process.pid, 'SIGKILL');
  return new Promise(() => undefined);
}

function currentAttempt(): Context | undefined {
  try {
    return Context.current();
  } catch {
    return undefined;
  }
}

const configuration = loadConfiguration(ENGINE);
process.exit(await runEngine(configuration, connectionsThrough(ports, configuration)));
