/** What an administrator does in the vendor's own pages; a test calls it, no HTTP request can. */
import { randomBytes, randomUUID } from 'node:crypto';
import { accessDenied } from './refusals.ts';
import { itemOf, templateOf } from './secret-views.ts';
import { newSecret } from './secret-writes.ts';
import type {
  Folder,
  FolderRole,
  PlatformClient,
  SdkClient,
  Secret,
  SecretRole,
  Settings,
  Template,
  User,
  Vault,
  World,
} from './types.ts';

export interface NewUser extends Partial<Omit<User, 'id'>> {
  readonly username: string;
}

export interface NewFolder {
  readonly name: string;
  /** At the root when absent. */
  readonly parentId?: number;
  /** Absent: below a parent it inherits, at the root nobody has a right. */
  readonly grants?: readonly {
    readonly userId: number;
    readonly folderRole: FolderRole;
    readonly secretRole: SecretRole;
  }[];
  readonly allowedTemplateIds?: readonly number[];
  readonly duplicateNamesAllowed?: boolean;
}

export interface NewSecret {
  readonly name: string;
  readonly templateId: number;
  readonly folderId: number;
  /** By slug. Nothing is checked. */
  readonly values: Readonly<Record<string, string>>;
}

export interface Administration {
  /** Changes settings; they hold from the next call on. */
  set(settings: Partial<Settings>): void;
  addUser(user: NewUser): User;
  addFolder(folder: NewFolder): Folder;
  /** Adds a template, or puts one in another's place. */
  putTemplate(template: Template): void;
  /** Changes the switches of a template. */
  setTemplate(
    id: number,
    switches: Partial<Pick<Template, 'active' | 'validateOnCreate' | 'validateOnEdit' | 'hasPasswordChanger'>>,
  ): void;
  addSecret(secret: NewSecret): Secret;
  /** The live secret, to be changed in place: restrictions, grants, flags. */
  secret(id: number): Secret;
  /** The live user, to be changed in place. */
  user(id: number): User;
  /** Onboarding by a rule, and its key where it has one. */
  addSdkRule(rule: { readonly name: string; readonly userId: number; readonly onboardingKey?: string }): void;
  /** A machine client as onboarding makes it. */
  addSdkClient(userId: number): SdkClient;
  addPlatformClient(client?: Partial<PlatformClient>): PlatformClient;
  /** What the vault broker lists. */
  setVaults(vaults: readonly Vault[]): void;
  /** Ends every token there is, as a restart of the vendor's server can. */
  killTokens(): void;
  /** Ends all queued password changes: the new value becomes the secret's, or the attempt is counted as failed. */
  completePasswordChanges(outcome?: 'succeed' | 'fail'): void;
  /** Ends all dependency runs. */
  completeDependencyRuns(result?: 'Success' | 'Failed'): void;
}

export function administrationOf(world: World): Administration {
  return {
    ...peopleOf(world),
    set: (settings) => void Object.assign(world.settings, settings),
    addFolder: (folder) => addFolder(world, folder),
    putTemplate: (template) => void world.templates.set(template.id, template),
    setTemplate: (id, switches) => void Object.assign(known(world.templates.get(id)), switches),
    addSecret: (secret) => addSecret(world, secret),
    secret: (id) => known(world.secrets.get(id)),
    setVaults: (vaults) => void (world.vaults = [...vaults]),
    killTokens: () => {
      for (const token of world.tokens.values()) token.revoked = true;
    },
    completePasswordChanges: (outcome = 'succeed') => {
      for (const secret of world.secrets.values()) endPasswordChange(world, secret, outcome);
    },
    completeDependencyRuns: (result = 'Success') => {
      const running = new Set([...world.dependencyRuns.values()].flat());
      for (const id of running) {
        const dependency = world.dependencies.get(id);
        if (dependency) dependency.runResult = result;
      }
    },
  };
}

function peopleOf(world: World) {
  return {
    addUser: (given: NewUser): User => {
      const user: User = {
        id: world.nextId(),
        kind: given.domain === undefined ? 'local' : 'domain',
        password: randomBytes(12).toString('base64url'),
        displayName: given.username,
        enabled: true,
        unlimited: false,
        canViewTemplates: true,
        ...given,
      };
      world.users.set(user.id, user);
      return user;
    },
    user: (id: number): User => known(world.users.get(id)),
    addSdkRule: (rule: { name: string; userId: number; onboardingKey?: string }): void => {
      world.sdkRules.push({ ...rule, enabled: true });
    },
    addSdkClient: (userId: number): SdkClient => {
      const [clientId, clientSecret] = [randomUUID(), randomBytes(24).toString('base64url')];
      const client: SdkClient = { id: world.nextId(), name: 'client', clientId, clientSecret, userId, revoked: false };
      world.sdkClients.set(client.id, client);
      return client;
    },
    addPlatformClient: (given: Partial<PlatformClient> = {}): PlatformClient => {
      const made = { clientId: `service-${randomUUID()}`, clientSecret: randomBytes(24).toString('base64url') };
      const client = { ...made, ...given };
      world.platformClients.push(client);
      return client;
    },
  };
}

function addFolder(world: World, given: NewFolder): Folder {
  const parentId = given.parentId ?? -1;
  const folder: Folder = {
    id: world.nextId(),
    name: given.name,
    parentId,
    inheritPermissions: parentId > 0 && given.grants === undefined,
    inheritSecretPolicy: parentId > 0,
    secretPolicyId: -1,
    grants: (given.grants ?? []).map((grant) => ({ id: world.nextId(), ...grant })),
    allowedTemplateIds: [...(given.allowedTemplateIds ?? [])],
    ...(given.duplicateNamesAllowed === undefined ? {} : { duplicateNamesAllowed: given.duplicateNamesAllowed }),
  };
  world.folders.set(folder.id, folder);
  return folder;
}

function addSecret(world: World, { name, templateId, folderId, values }: NewSecret): Secret {
  const template = known(world.templates.get(templateId));
  const items = template.fields.map((field) => {
    return { itemId: world.nextId(), fieldId: field.id, value: values[field.slug] ?? '' };
  });
  const secret = newSecret(world, { name, templateId, folderId, siteId: 1, items });
  world.secrets.set(secret.id, secret);
  return secret;
}

function endPasswordChange(world: World, secret: Secret, outcome: 'succeed' | 'fail'): void {
  const pending = secret.pendingPassword;
  if (!pending) return;
  delete secret.pendingPassword;
  secret.lastPasswordChangeMs = world.nowMs();
  const succeeded = outcome === 'succeed';
  secret.isOutOfSync = !succeeded;
  secret.outOfSyncReason = succeeded ? '' : 'The password could not be changed.';
  secret.failedPasswordChanges = succeeded ? 0 : secret.failedPasswordChanges + 1;
  const field = templateOf(world, secret).fields.find(({ isPassword }) => isPassword);
  const item = field && itemOf(secret, field);
  if (succeeded && item) item.value = pending.value;
}

function known<T>(value: T | undefined): T {
  if (value === undefined) throw accessDenied();
  return value;
}
