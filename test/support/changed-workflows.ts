/** The workflows of another release: today's sources with an edit, bundled like the real ones. */
import { cp, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';
import { quietLogger } from './quiet-runtime.ts';

/** In `file` (from the project), `from` becomes `to`. */
export interface Edit {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

/** Bundles a copy of the workflows with `edits` in `folder`, which is empty; answers the bundle's path. */
export async function bundleChanged(folder: string, edits: readonly Edit[]): Promise<string> {
  for (const part of ['workflows', 'contracts', 'package.json']) {
    await cp(join(PROJECT, part), join(folder, part), { recursive: true });
  }
  await symlink(join(PROJECT, 'node_modules'), join(folder, 'node_modules'));
  for (const { file, from, to } of edits) {
    const text = await readFile(join(folder, file), 'utf8');
    if (text.split(from).length !== 2) throw new Error(`${file} does not have exactly once: ${from}`);
    await writeFile(
      join(folder, file),
      text.replace(from, () => to),
    );
  }
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(folder, 'workflows/index.ts'),
    logger: quietLogger,
  });
  const path = join(folder, 'workflows.js');
  await writeFile(path, code);
  return path;
}

const OBJECT_FIRST = `  await deleteObject(deletion(run, accountOf(run).objectGuid));
  await revokeSecret(run);
`;
const SECRET_FIRST = `  await revokeSecret(run);
  await deleteObject(deletion(run, accountOf(run).objectGuid));
`;
const DELETION = 'workflows/procedures/delete.ts';

/** A change that histories do not allow: accounts lose their secret before their object. */
export const REORDERED_DELETION: readonly Edit[] = [{ file: DELETION, from: OBJECT_FIRST, to: SECRET_FIRST }];

/** The same change as it must be made: accounts that are at it already end in the old order. */
export const PATCHED_DELETION: readonly Edit[] = [
  {
    file: DELETION,
    from: OBJECT_FIRST,
    to: `  if (patched('secret-first')) {\n${SECRET_FIRST}  } else {\n${OBJECT_FIRST}  }\n`,
  },
  {
    file: DELETION,
    from: "import type { ErrorCode } from '../../contracts/errors.ts';",
    to: "import { patched } from '@temporalio/workflow';\nimport type { ErrorCode } from '../../contracts/errors.ts';",
  },
];
