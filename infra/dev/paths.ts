/** Where things are: the project, and the cache that deleting undoes every installation outside `node_modules`. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
export const CACHE = process.env['ALM_CACHE'] ?? join(homedir(), '.cache', 'alm');
export const NODE = join(PROJECT, 'node_modules', '.bin', 'node');
