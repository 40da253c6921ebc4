/** Who may see and do what (docs.delinea.com, Secret Server REST API): grants on folders, inherited downwards, and on secrets. */
import {
  FOLDER_ROLES,
  SECRET_ROLES,
  type Folder,
  type FolderRole,
  type Grant,
  type Secret,
  type SecretRole,
  type User,
  type World,
} from './types.ts';

/** The grants that hold in a folder: its own, or those of the nearest ancestor that has its own. */
export function grantsOf(world: World, folder: Folder): readonly Grant[] {
  const parent = folder.inheritPermissions ? world.folders.get(folder.parentId) : undefined;
  return parent ? grantsOf(world, parent) : folder.grants;
}

/** Whether the user has at least `role` on the folder. */
export function mayInFolder(world: World, user: User, folder: Folder, role: FolderRole): boolean {
  if (user.unlimited) return true;
  const grant = grantsOf(world, folder).find(({ userId }) => userId === user.id);
  return grant !== undefined && FOLDER_ROLES.indexOf(grant.folderRole) >= FOLDER_ROLES.indexOf(role);
}

/** Whether the user has at least `role` on the secret. */
export function mayWithSecret(world: World, user: User, secret: Secret, role: SecretRole): boolean {
  if (user.unlimited) return true;
  const own = secretGrantsOf(world, secret).find(({ userId }) => userId === user.id)?.role;
  return own !== undefined && SECRET_ROLES.indexOf(own) >= SECRET_ROLES.indexOf(role);
}

/** The grants that hold for a secret, its own or its folder's, as one kind. */
export function secretGrantsOf(world: World, secret: Secret): Secret['grants'] {
  const folder = secret.flags.enableInheritPermissions ? world.folders.get(secret.folderId) : undefined;
  if (!folder) return secret.grants;
  return grantsOf(world, folder).map(({ id, userId, secretRole }) => ({ id, userId, role: secretRole }));
}

/**
 * Puts a secret into a folder and says whether it inherits there (never at the root). Broken inheritance keeps what was
 * inherited; restored, the own permissions are gone.
 */
export function placeSecret(world: World, secret: Secret, folderId: number, inherits: boolean): void {
  const before = secretGrantsOf(world, secret);
  const inherited = secret.flags.enableInheritPermissions;
  secret.folderId = folderId;
  secret.flags.enableInheritPermissions = inherits && world.folders.has(folderId);
  if (secret.flags.enableInheritPermissions) secret.grants = [];
  else if (inherited) secret.grants = before.map((grant) => ({ ...grant, id: world.nextId() }));
}

/** A folder and its ancestors, the root's child first. */
export function lineOf(world: World, folderId: number): Folder[] {
  const folder = world.folders.get(folderId);
  return folder ? [...lineOf(world, folder.parentId), folder] : [];
}

/** Such as `\Service accounts\Payroll`. */
export function folderPath(world: World, folderId: number): string {
  return lineOf(world, folderId)
    .map(({ name }) => `\\${name}`)
    .join('');
}

/** A search needs at least View on the whole path. */
export function seesWholePath(world: World, user: User, folderId: number): boolean {
  return lineOf(world, folderId).every((folder) => mayInFolder(world, user, folder, 'View'));
}

/** The ids of a folder and of all below it. */
export function withDescendants(world: World, folderId: number): Set<number> {
  const ids = new Set([folderId]);
  for (const folder of world.folders.values()) {
    if (lineOf(world, folder.id).some(({ id }) => id === folderId)) ids.add(folder.id);
  }
  return ids;
}

/** The steps of a path that is given with slashes of either kind, a leading one or none. */
export function stepsOf(path: string): string[] {
  return path.split(/[\\/]+/).filter((step) => step !== '');
}

/** The folder at these steps, names in any case. */
export function folderAt(world: World, steps: readonly string[]): Folder | undefined {
  let found: Folder | undefined;
  for (const step of steps) {
    const parentId = found?.id ?? -1;
    found = [...world.folders.values()].find((folder) => folder.parentId === parentId && sameName(folder.name, step));
    if (!found) return undefined;
  }
  return found;
}

/** Names are compared as SQL Server does by default: in any case. */
export function sameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
