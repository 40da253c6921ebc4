/** Temporal's time-skipping test server: a Java program from Maven, which the workflow tests run on. */
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { attempt, run } from './command.ts';
import { CACHE } from './paths.ts';

/** Not below 1.33: a worker must be told when the task that ends a run is refused because a message came meanwhile. */
const VERSION = '1.38.0';
const BY_HAND =
  'The time-skipping test server needs Java 17 or newer, and Maven (mvn) to get it: apt-get install default-jre-headless maven.';

/** What Maven copies: the server with everything it needs at run time. */
const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>local</groupId><artifactId>temporal-test-server-copy</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>io.temporal</groupId><artifactId>temporal-test-server</artifactId><version>${VERSION}</version></dependency>
  </dependencies>
</project>
`;

const COPY = ['dependency:copy-dependencies', '-DoutputDirectory=lib', '-DincludeScope=runtime'];

/** One core is enough, and a test machine has few: no second compiler, no parallel garbage collector. */
const WRAPPER = `#!/bin/sh
exec java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto -cp "$(dirname "$0")/lib/*" io.temporal.testserver.TestServer "$@"
`;

/**
 * Brings the test server into the cache when it is not there, and answers the path of the script that runs it: the
 * `existing-path` of `TestWorkflowEnvironment.createTimeSkipping`. Safe to call from several processes at once. A Maven that
 * is not there is asked of `installMaven`.
 * Throws, with what to do, when Java or Maven is missing.
 */
export async function ensureTestServer(installMaven = async (): Promise<void> => undefined): Promise<string> {
  const folder = join(CACHE, `temporal-test-server-${VERSION}`);
  const wrapper = join(folder, 'run.sh');
  if (existsSync(wrapper)) return wrapper;
  if ((await attempt('sh', ['-c', 'command -v mvn'])).code !== 0) await installMaven().catch(explain);
  await run('java', ['-version']).catch(explain);
  await mkdir(CACHE, { recursive: true });
  const fresh = await mkdtemp(join(CACHE, 'temporal-test-server-new-'));
  try {
    await writeFile(join(fresh, 'pom.xml'), POM);
    await run('mvn', ['-q', '-B', ...COPY, `-Dmaven.repo.local=${join(CACHE, 'maven')}`], { cwd: fresh }).catch(
      explain,
    );
    await writeFile(join(fresh, 'run.sh'), WRAPPER);
    await chmod(join(fresh, 'run.sh'), 0o755);
    // The folder appears complete or not at all; who comes second finds it there.
    await rename(fresh, folder).catch((error: unknown) => {
      if (!existsSync(wrapper)) throw error;
    });
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  return wrapper;
}

function explain(error: unknown): never {
  throw new Error(`${BY_HAND} (${error instanceof Error ? error.message : String(error)})`);
}
