/**
 * Records the history of every story into `histories/<version>/<story>-<run>.json`, for the version in package.json:
 * `node test/replay/record.ts [story …]`. Histories of released versions are never recorded again.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { ensureTestServer } from '../../infra/dev/test-server.ts';
import { createHarness, type Harness } from '../support/lifecycle-harness.ts';
import { bundleInto } from '../support/workflow-setup.ts';
import { STORIES } from './stories.ts';

const HISTORIES = join(import.meta.dirname, 'histories');

async function main(wanted: readonly string[]): Promise<void> {
  const packageJson = await readFile(join(import.meta.dirname, '../../package.json'), 'utf8');
  const { version } = JSON.parse(packageJson) as { version: string };
  const folder = join(HISTORIES, version);
  await mkdir(folder, { recursive: true });
  const bundleFolder = await mkdtemp(join(tmpdir(), 'alm-record-'));
  const harness = await createHarness({
    testServer: await ensureTestServer(),
    workflowBundle: await bundleInto(bundleFolder),
  });
  for (const title of wanted.length > 0 ? wanted : Object.keys(STORIES)) {
    const runs = await record(harness, title);
    for (const [index, run] of runs.entries()) {
      await writeFile(join(folder, `${title}-${index + 1}.json`), `${JSON.stringify(run)}\n`);
    }
    console.log(`${title}: ${runs.length} run(s)`);
  }
  await harness.close();
  await rm(bundleFolder, { recursive: true, force: true });
}

/** Tells one story and answers its runs, oldest first, as the replay test reads them. */
async function record(harness: Harness, title: string): Promise<{ workflowId: string; history: unknown }[]> {
  const told = STORIES[title];
  if (!told) throw new Error(`no story is called ${title}`);
  const story = await harness.story(told.template);
  await told.tell(story, harness);
  // The last task's answer must be in the history, else it is one that no worker ever finished.
  await story.rests();
  const workflowId = told.workflowIdOf?.(story) ?? story.workflowId;
  const runs: { workflowId: string; history: unknown }[] = [];
  const { workflow } = harness.environment.client;
  for (let runId: string | null | undefined = (await workflow.getHandle(workflowId).describe()).runId; runId;) {
    const { events } = await workflow.getHandle(workflowId, runId).fetchHistory();
    runs.unshift({ workflowId, history: JSON.parse(historyToJSON({ events: events ?? [] }), withoutMachine) });
    runId = events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId;
  }
  return runs;
}

/** Who recorded it, on which machine and from which folder, is nobody's business and changes with every recording. */
function withoutMachine(key: string, value: unknown): unknown {
  if (key === 'identity') return 'recorder';
  return key === 'stackTrace' ? '' : value;
}

await main(process.argv.slice(2));
