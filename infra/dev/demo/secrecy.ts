/** Whether passwords got to where they must not be. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Claim, Report } from './report.ts';
import type { Scene } from './scene.ts';

/** Searches what was printed, the stack's logs and the arguments of all processes for the passwords that were read. */
export async function secrecyClaim({ stateFolder, passwords }: Scene, report: Report): Promise<Claim> {
  const logs = join(stateFolder, 'logs');
  const files = (await readdir(logs)).map((name) => join(logs, name));
  const processes = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map((pid) => `/proc/${pid}/cmdline`);
  const texts: [string, string][] = [['what was printed', report.printed()]];
  for (const path of [...files, ...processes]) texts.push([path, await readFile(path, 'utf8').catch(() => '')]);
  const places = texts.filter(([, text]) => [...passwords].some((password) => text.includes(password)));
  const found = places.length === 0 ? 'nothing' : places.map(([name]) => name).join(', ');
  return {
    chapter: 'All along',
    claim: 'No password is printed, logged or in an argument',
    evidence: `${passwords.size} passwords looked for in this output, ${files.length} logs and all processes: ${found}`,
    holds: passwords.size > 0 && places.length === 0,
  };
}
