/** Whether the users and groups that a request names are there and active, one entry for each that is not. */
import type { FieldError } from '../contracts/http/problem.ts';
import type { Database } from '../db/client.ts';
import { findGroupsByNames } from '../db/queries/groups.ts';
import { findUsersByNames } from '../db/queries/users.ts';

/** `pointer`: the JSON pointer of the list of `names` in the body. `kept`: names that are not asked about. */
export async function userProblems(
  db: Database,
  pointer: string,
  names: readonly string[],
  kept: readonly string[] = [],
): Promise<FieldError[]> {
  const known = await findUsersByNames(db, names);
  const active = known.filter((user) => !user.disabled).map((user) => user.name);
  return missing(pointer, names, [...active, ...kept], 'is not the name of an active user');
}

/** `pointer`: the JSON pointer of the list of `names` in the body. `kept`: names that are not asked about. */
export async function groupProblems(
  db: Database,
  pointer: string,
  names: readonly string[],
  kept: readonly string[] = [],
): Promise<FieldError[]> {
  const known = await findGroupsByNames(db, names);
  const enabled = known.filter((group) => !group.disabled).map((group) => group.name);
  return missing(pointer, names, [...enabled, ...kept], 'is not the name of an enabled group');
}

function missing(pointer: string, names: readonly string[], good: readonly string[], message: string): FieldError[] {
  return names.flatMap((name, index) =>
    good.includes(name) ? [] : [{ location: 'body', field: `${pointer}/${index}`, message }],
  );
}
