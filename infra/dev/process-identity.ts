/** Which process a number means: pids are used again, so a process is known by its pid and the moment it was started. */
import { readFile } from 'node:fs/promises';

export interface Identity {
  readonly pid: number;
  /** In clock ticks since the machine's start (proc_pid_stat(5), field 22), and which start of the machine it was. */
  readonly startedAt: string;
}

/** The process that has this pid now. Throws when there is none. */
export async function identify(pid: number): Promise<Identity> {
  const startedAt = await startOf(pid);
  if (startedAt === undefined) throw new Error(`process ${pid} ended at once`);
  return { pid, startedAt };
}

/** Whether the very process that was identified runs. One that has ended and waits for its parent does not. */
export async function isAlive({ pid, startedAt }: Identity): Promise<boolean> {
  return (await startOf(pid)) === startedAt;
}

async function startOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (stat === undefined) return undefined;
  // The second field, the name in brackets, may have blanks.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
  return `${boot.trim()}/${fields[19]}`;
}
