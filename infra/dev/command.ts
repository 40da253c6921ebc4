/** Runs other programs. */
import { spawn } from 'node:child_process';

export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly input?: string;
  readonly uid?: number;
  readonly gid?: number;
}

/**
 * Runs a program to its end and answers its standard output. Throws when it cannot be started or exits non-zero; the
 * message has the program's name and what it wrote to standard error, never its arguments or input.
 */
export async function run(command: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  const { stdout, stderr, code } = await attempt(command, args, options);
  if (code !== 0) throw new Error(`${command} failed (${code}): ${lastLines(stderr || stdout)}`);
  return stdout;
}

/** Like {@link run}, for those who want to look at the exit code themselves. Throws only when it cannot be started. */
export async function attempt(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<{ stdout: string; stderr: string; code: number }> {
  const { env, input, ...rest } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...rest, env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve({ stdout, stderr, code: code ?? 1 }));
    child.stdin.on('error', () => undefined);
    child.stdin.end(input ?? '');
  });
}

function lastLines(text: string): string {
  return text.trim().split('\n').slice(-12).join('\n');
}
