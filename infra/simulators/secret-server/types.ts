/** What the simulated Secret Server remembers, in the vendor's words (docs.delinea.com, Secret Server REST API). */

/** A right on a folder, from least to most. */
export const FOLDER_ROLES = ['View', 'Add Secret', 'Edit', 'Owner'] as const;
export type FolderRole = (typeof FOLDER_ROLES)[number];

/** A right on a secret, from least to most. */
export const SECRET_ROLES = ['None', 'List', 'View', 'Edit', 'Owner'] as const;
export type SecretRole = (typeof SECRET_ROLES)[number];

export interface Settings {
  /** `major.minor.build6`: also decides which operations exist. */
  version: string;
  hideVersionNumbers: boolean;
  webServicesEnabled: boolean;
  /** Secrets must live in a folder. */
  folderRequired: boolean;
  /** Two active secrets of one folder may have one name; a folder can say otherwise. */
  duplicateNamesAllowed: boolean;
  /** "Session Timeout for Webservices"; null is unlimited. */
  sessionTimeoutMinutes: number | null;
  refreshTokensEnabled: boolean;
  maximumRefreshes: number;
  /** What a dead bearer gets: 401 without a body, or 403 with a message. */
  deadTokenStatus: 401 | 403;
  healthy: boolean;
  /** The wire casing of the health check is not settled. */
  healthStyle: 'both' | 'lower' | 'capital' | 'text';
  /** Users with an e-mail address must use their One password. */
  oneEnabled: boolean;
  /** A Platform vault keeps a deleted secret readable, with `active` false. */
  deletedSecretsReadable: boolean;
  /** How long a written secret stays out of text searches. */
  indexDelayMs: number;
  /** Cloud was seen to answer an empty search with 404. */
  emptySearchStatus: 200 | 404;
  maximumItemLength: number;
  platformTokenSeconds: number;
}

export interface User {
  readonly id: number;
  readonly username: string;
  /** Of an Active Directory user. */
  readonly domain?: string;
  readonly kind: 'local' | 'domain' | 'entra' | 'application';
  password: string;
  displayName: string;
  email?: string;
  /** The one-time password that the header `OTP` must have, when two factors are on. */
  otp?: string;
  enabled: boolean;
  /** Sees and may do everything, whatever the folders say. */
  unlimited: boolean;
  canViewTemplates: boolean;
}

export interface Grant {
  readonly id: number;
  readonly userId: number;
  folderRole: FolderRole;
  secretRole: SecretRole;
}

export interface Folder {
  readonly id: number;
  name: string;
  /** -1 at the root. */
  parentId: number;
  inheritPermissions: boolean;
  inheritSecretPolicy: boolean;
  secretPolicyId: number;
  /** In force when the folder does not inherit. */
  grants: Grant[];
  /** Empty: every template. */
  allowedTemplateIds: number[];
  /** Absent: as the settings say. */
  duplicateNamesAllowed?: boolean;
}

export interface PasswordRequirement {
  readonly minimumLength: number;
  readonly maximumLength: number;
  readonly lower: boolean;
  readonly upper: boolean;
  readonly digit: boolean;
  readonly symbol: boolean;
}

export interface TemplateField {
  readonly id: number;
  readonly name: string;
  readonly slug: string;
  readonly isRequired: boolean;
  readonly isPassword: boolean;
  readonly isNotes: boolean;
  readonly isFile: boolean;
  readonly isUrl: boolean;
  readonly isIndexable: boolean;
  readonly editRequires: 'Edit' | 'Owner' | 'NotEditable';
  readonly requirement?: PasswordRequirement;
  /** What SSH key generation puts here. */
  readonly sshRole?: 'publicKey' | 'privateKey' | 'passphrase';
}

export interface Template {
  readonly id: number;
  readonly name: string;
  active: boolean;
  readonly passwordTypeId: number;
  hasPasswordChanger: boolean;
  readonly generatesSshKeys: boolean;
  validateOnCreate: boolean;
  validateOnEdit: boolean;
  readonly fields: readonly TemplateField[];
}

export interface Item {
  readonly itemId: number;
  readonly fieldId: number;
  value: string;
  file?: { readonly attachmentId: number; readonly name: string; readonly bytes: Buffer };
}

export interface CheckOut {
  readonly userId: number;
  readonly untilMs: number;
}

export interface Audit {
  readonly id: number;
  readonly action: string;
  readonly userId: number;
  readonly atMs: number;
  readonly notes: string;
}

/** The switches that the create and update arguments share. */
export interface SecretFlags {
  enableInheritPermissions: boolean;
  enableInheritSecretPolicy: boolean;
  autoChangeEnabled: boolean;
  checkOutEnabled: boolean;
  checkOutChangePasswordEnabled: boolean;
  requiresComment: boolean;
  proxyEnabled: boolean;
  sessionRecordingEnabled: boolean;
  webLauncherRequiresIncognitoMode: boolean;
}

export interface Secret {
  readonly id: number;
  name: string;
  readonly templateId: number;
  folderId: number;
  siteId: number;
  active: boolean;
  readonly items: Item[];
  flags: SecretFlags;
  secretPolicyId: number;
  checkOutIntervalMinutes: number;
  checkOut?: CheckOut;
  requiresApproval: boolean;
  /** Whose requests for access were approved. */
  approvedUserIds: number[];
  doubleLockPassword?: string;
  /** Until when a user's comment counts, by the user's id. */
  readonly comments: Map<number, number>;
  /** In force when the secret does not inherit. */
  grants: { readonly id: number; readonly userId: number; role: SecretRole }[];
  pendingPassword?: { readonly value: string };
  failedPasswordChanges: number;
  lastPasswordChangeMs?: number;
  isOutOfSync: boolean;
  outOfSyncReason: string;
  lastHeartBeatStatus: string;
  lastHeartBeatMs?: number;
  expired: boolean;
  readonly createdMs: number;
  indexedMs: number;
  readonly audits: Audit[];
}

export interface Token {
  readonly userId: number;
  readonly expiresMs: number;
  readonly from: 'secret-server' | 'platform';
  revoked: boolean;
}

export interface RefreshToken {
  readonly userId: number;
  readonly expiresMs: number;
  readonly refreshesLeft: number;
}

export interface SdkRule {
  readonly name: string;
  readonly onboardingKey?: string;
  readonly userId: number;
  enabled: boolean;
}

export interface SdkClient {
  readonly id: number;
  readonly name: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly userId: number;
  revoked: boolean;
}

export interface Dependency {
  readonly id: number;
  readonly secretId: number;
  /** The members of the vendor's model, as last written. */
  model: Record<string, unknown>;
  active: boolean;
  runResult: 'Success' | 'Failed' | 'NotRun';
}

export interface DependencyGroup {
  readonly id: number;
  readonly secretId: number;
  readonly name: string;
  readonly siteId: number;
}

export interface Vault {
  readonly vaultId: string;
  readonly name: string;
  readonly type: string;
  readonly isDefault: boolean;
  readonly isGlobalDefault: boolean;
  readonly isActive: boolean;
  readonly connection: { readonly url: string; readonly oAuthProfileId: string };
}

export interface PlatformClient {
  readonly clientId: string;
  readonly clientSecret: string;
  /** The Secret Server user behind it; absent: the service user has no rights there. */
  readonly userId?: number;
}

export interface World {
  readonly nowMs: () => number;
  readonly settings: Settings;
  readonly users: Map<number, User>;
  readonly folders: Map<number, Folder>;
  readonly templates: Map<number, Template>;
  readonly secrets: Map<number, Secret>;
  readonly sites: { readonly siteId: number; readonly siteName: string; active: boolean }[];
  readonly tokens: Map<string, Token>;
  readonly refreshTokens: Map<string, RefreshToken>;
  readonly sdkRules: SdkRule[];
  readonly sdkClients: Map<number, SdkClient>;
  readonly dependencies: Map<number, Dependency>;
  readonly dependencyGroups: DependencyGroup[];
  readonly dependencyRuns: Map<string, readonly number[]>;
  readonly platformClients: PlatformClient[];
  vaults: Vault[];
  readonly calls: { readonly method: string; readonly path: string; readonly status: number }[];
  readonly nextId: () => number;
}
