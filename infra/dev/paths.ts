/** Where things are: the project, and the cache that deleting undoes every installation outside `node_modules`. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
export const CACHE = process.env['ALM_CACHE'] ?? join(homedir(), '.cache', 'alm');

const pinnedNode = join(PROJECT, 'node_modules', '.bin', 'node');
/** The Node that programs are started with: the project's own where npm has one for this machine. */
export const NODE = existsSync(pinnedNode) ? pinnedNode : process.execPath;
