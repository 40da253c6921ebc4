/**
 * The workflows as the one script that workers run in their sandbox. Building it takes seconds, and much memory that the
 * process never gives back; so a control plane takes the one that bundle-workflows.ts has kept, if that was built of
 * exactly the files that are there now.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, type BundleOptions, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import type { Logger } from '../infra/runtime/logger.ts';
import { FAILURE_CONVERTER_PATH } from '../infra/runtime/data-converter.ts';
import { runtimeLogger } from './runtime-logger.ts';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));
const WORKFLOWS_PATH = join(PROJECT, 'workflows/index.ts');
/** Evaluated once for all workflows of a thread instead of once for each: none of our modules keeps state (eslint). */
const PRELOADED = [join(PROJECT, 'workflows/support/short-stack-traces.ts'), WORKFLOWS_PATH];
/** Among the dependencies: who can write there can change the program anyway, and installing them anew removes it. */
const KEPT_PATH = join(PROJECT, 'node_modules/.cache/account-lifecycle-manager/workflow-bundle.json');
/** The bundler's own version and its options are in here; the files that it reads do not tell. */
const BUNDLER_PATH = join(PROJECT, 'node_modules/@temporalio/worker/package.json');
const OPTIONS_PATH = fileURLToPath(import.meta.url);

type Code = Pick<WorkflowBundleWithSourceMap, 'code'>;

/**
 * Every file that the bundle depends on, by its path from the project, with the SHA-256 of its content; null for a file
 * that is not there and would be used if it were.
 */
type Inputs = Readonly<Record<string, string | null>>;

interface Build extends Code {
  readonly inputs: Inputs;
  /** Whether a file changed while it was read, so that code and inputs may differ. */
  readonly torn: boolean;
}

/** The bundle of today's sources: the kept one, or one that is built now. Rejects when the workflows cannot be bundled. */
export async function workflowBundle(logger: Logger): Promise<Code> {
  const kept = await keptWorkflowBundle();
  if (kept) return kept;
  logger.info('bundles the workflows first: `node workers/bundle-workflows.ts` after an update makes starts quicker');
  return build(logger);
}

/** Builds the bundle and keeps it for later starts, unless the kept one is of today's sources. Answers what it did. */
export async function keepWorkflowBundle(logger: Logger, keptPath = KEPT_PATH): Promise<'kept' | 'was current'> {
  if (await keptWorkflowBundle(keptPath)) return 'was current';
  const { code, inputs, torn } = await build(logger);
  if (torn) throw new Error('the sources of the workflows changed while they were bundled; run it again');
  await mkdir(dirname(keptPath), { recursive: true });
  const draft = `${keptPath}.${process.pid}.new`;
  await writeFile(draft, JSON.stringify({ inputs, code }));
  await rename(draft, keptPath);
  return 'kept';
}

/** The kept bundle; undefined when there is none, or none that these very files would make. */
export async function keptWorkflowBundle(path = KEPT_PATH): Promise<Code | undefined> {
  try {
    const { code, inputs } = JSON.parse(await readFile(path, 'utf8')) as Build;
    const now = await digests(Object.keys(inputs));
    return Object.entries(inputs).every(([file, digest]) => now[file] === digest) ? { code } : undefined;
  } catch {
    // Not there or not whole: it can always be built.
    return undefined;
  }
}

async function build(logger: Logger): Promise<Build> {
  const startedAtMs = Date.now();
  let files: string[] = [];
  const { code } = await bundleWorkflowCode({
    workflowsPath: WORKFLOWS_PATH,
    preloadModules: PRELOADED,
    failureConverterPath: FAILURE_CONVERTER_PATH,
    // Webpack reports each build at length, as information.
    logger: runtimeLogger(logger, 'WARN'),
    webpackConfigHook: (config) => ({
      ...config,
      plugins: [...(config.plugins ?? []), listFiles((found) => (files = found))],
    }),
  });
  const inputs = await digests([...files, BUNDLER_PATH, OPTIONS_PATH].map((file) => relative(PROJECT, file)));
  return { code, inputs, torn: await anyChangedSince(startedAtMs, Object.keys(inputs)) };
}

type WebpackConfig = Parameters<NonNullable<BundleOptions['webpackConfigHook']>>[0];

/** Tells what webpack itself would watch for changes; the entry, which is there in its memory only, among them. */
function listFiles(tell: (files: string[]) => void): NonNullable<WebpackConfig['plugins']>[number] {
  return {
    apply(compiler) {
      compiler.hooks.done.tap('list-files', ({ compilation }) => {
        tell([...compilation.fileDependencies, ...compilation.missingDependencies]);
      });
    },
  };
}

async function digests(files: readonly string[]): Promise<Inputs> {
  const digest = async (file: string): Promise<[string, string | null]> => {
    const content = await readFile(join(PROJECT, file)).catch(() => undefined);
    return [file, content ? createHash('sha256').update(content).digest('hex') : null];
  };
  return Object.fromEntries(await Promise.all(files.map(digest)));
}

/**
 * Whether one of `files` changed at the instant (milliseconds since the epoch) or later. Paths are from the project.
 * Webpack lists folders too, which change with every file that anybody makes or removes in them: they are no content.
 */
export async function anyChangedSince(instantMs: number, files: readonly string[]): Promise<boolean> {
  const hasChanged = async (file: string): Promise<boolean> => {
    const stats = await stat(join(PROJECT, file)).catch(() => undefined);
    return stats !== undefined && stats.isFile() && stats.ctimeMs >= instantMs;
  };
  return (await Promise.all(files.map(hasChanged))).some(Boolean);
}
