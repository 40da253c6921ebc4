/**
 * One worker of lives.ts, as a process of its own: `product` runs the product's workflows with faked activities, `bare`
 * the bare workflow; `control` is a control plane, `engine` an engine. All options are those of the product's programs.
 * Sends the id of each workflow that got to its last activity, or to its end where it has none.
 */
import { fileURLToPath } from 'node:url';
import { Context } from '@temporalio/activity';
import { NativeConnection, Worker, type InjectedSinks, type WorkerOptions } from '@temporalio/worker';
import { CONTROL_TASK_QUEUE, domainTaskQueue } from '../contracts/ids.ts';
import { createDataConverter } from '../infra/runtime/data-converter.ts';
import { parseKeyRing } from '../infra/runtime/codec-keys.ts';
import { createFakeActivities, sampleTemplate } from '../test/support/fake-activities.ts';
import { installQuietRuntime } from '../test/support/quiet-runtime.ts';
import { BARE_ENGINE_QUEUE, type BareActivities, type BareSinks } from './bare-workflow.ts';

/** As workers/control-plane.ts and workers/engine.ts have them, with the default values of their variables. */
const OPTIONS = {
  control: { maxCachedWorkflows: 200, maxConcurrentActivityTaskExecutions: 20 },
  engine: { maxConcurrentActivityTaskExecutions: 4, maxConcurrentActivityTaskPolls: 2 },
} as const satisfies Record<string, Partial<WorkerOptions>>;

/** As workers/workflow-bundle.ts has it. */
const SHORT_STACK_TRACES = pathOf('../workflows/support/short-stack-traces.ts');

function pathOf(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url));
}

function tellFinished(finished = Context.current().info.workflowExecution!.workflowId): void {
  process.send!({ finished });
}

function productActivities(): object {
  const fakes = createFakeActivities(sampleTemplate);
  fakes.behave({
    recordTransition: async ({ events }) => {
      if (events.some(({ type }) => type === 'provisioned')) tellFinished();
      return { ableToDecide: ['anna'] };
    },
  });
  return fakes.activities;
}

const bareActivities: BareActivities = { nothing: async () => undefined, finish: async () => tellFinished() };

const bareSinks: InjectedSinks<BareSinks> = {
  bench: { finished: { fn: ({ workflowId }) => tellFinished(workflowId) } },
};

const [kind, role, address, namespace] = process.argv.slice(2);
const isProduct = kind === 'product';
const isControl = role === 'control';
const workflowsPath = pathOf(isProduct ? '../workflows/index.ts' : 'bare-workflow.ts');
const engineQueue = isProduct ? domainTaskQueue(sampleTemplate().directory.domain) : BARE_ENGINE_QUEUE;

installQuietRuntime();
const connection = await NativeConnection.connect({ address: address! });
const worker = await Worker.create({
  connection,
  namespace: namespace!,
  taskQueue: isControl ? CONTROL_TASK_QUEUE : engineQueue,
  ...(isControl ? { workflowsPath, bundlerOptions: { preloadModules: [SHORT_STACK_TRACES, workflowsPath] } } : {}),
  sinks: isProduct ? {} : bareSinks,
  activities: isProduct ? productActivities() : bareActivities,
  dataConverter: createDataConverter(parseKeyRing(process.env['ALM_CODEC_KEYS']!)),
  ...(isControl ? OPTIONS.control : OPTIONS.engine),
});
// A signal to the whole group may have ended it already.
process.once('disconnect', () => {
  if (worker.getState() === 'RUNNING') worker.shutdown();
});
const ended = worker.run();
process.send!({ ready: true });
await ended;
await connection.close();
