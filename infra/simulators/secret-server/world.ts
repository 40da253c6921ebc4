/** What a new simulator begins with: settings, one administrator, one site, three templates. */
import { DEFAULT_REQUIREMENT } from './passwords.ts';
import type { Settings, Template, TemplateField, World } from './types.ts';

const DEFAULT_SETTINGS: Settings = {
  version: '11.2.000002',
  hideVersionNumbers: false,
  webServicesEnabled: true,
  folderRequired: true,
  duplicateNamesAllowed: true,
  sessionTimeoutMinutes: 20,
  refreshTokensEnabled: false,
  maximumRefreshes: 3,
  deadTokenStatus: 403,
  healthy: true,
  healthStyle: 'both',
  oneEnabled: false,
  deletedSecretsReadable: false,
  indexDelayMs: 0,
  emptySearchStatus: 200,
  maximumItemLength: 10_000,
  platformTokenSeconds: 3_600,
};

/** The id of the built-in template in the vendor's examples; the ids of its fields are ours: learn them from the stub. */
export const ACTIVE_DIRECTORY_TEMPLATE = 6001;
export const PASSWORD_TEMPLATE = 2;
export const SSH_TEMPLATE = 6026;

/** Ids of everything made later begin here, above those of the built-in things. */
const FIRST_FREE_ID = 10_000;

export function createWorld(nowMs: () => number, settings: Partial<Settings>): World {
  let lastId = FIRST_FREE_ID;
  const templates = builtInTemplates();
  return {
    nowMs,
    settings: { ...DEFAULT_SETTINGS, ...settings },
    users: new Map(),
    folders: new Map(),
    templates: new Map(templates.map((template) => [template.id, template])),
    secrets: new Map(),
    sites: [
      { siteId: 1, siteName: 'Local', active: true },
      { siteId: 2, siteName: 'Retired', active: false },
    ],
    tokens: new Map(),
    refreshTokens: new Map(),
    sdkRules: [],
    sdkClients: new Map(),
    dependencies: new Map(),
    dependencyGroups: [],
    dependencyRuns: new Map(),
    platformClients: [],
    vaults: [],
    calls: [],
    nextId: () => (lastId += 1),
  };
}

/** A field with the vendor's defaults for what is not given. */
export function templateField(
  field: Pick<TemplateField, 'id' | 'name' | 'slug'> & Partial<TemplateField>,
): TemplateField {
  return {
    isRequired: false,
    isPassword: false,
    isNotes: false,
    isFile: false,
    isUrl: false,
    isIndexable: true,
    editRequires: 'Edit',
    ...field,
  };
}

/** A template with the vendor's defaults for what is not given. */
export function template(given: Pick<Template, 'id' | 'name' | 'fields'> & Partial<Template>): Template {
  return {
    active: true,
    passwordTypeId: 1,
    hasPasswordChanger: false,
    generatesSshKeys: false,
    validateOnCreate: false,
    validateOnEdit: false,
    ...given,
  };
}

function builtInTemplates(): Template[] {
  const password = { isPassword: true, isIndexable: false, requirement: DEFAULT_REQUIREMENT };
  const file = { isFile: true, isIndexable: false };
  return [
    template({
      id: ACTIVE_DIRECTORY_TEMPLATE,
      name: 'Active Directory Account',
      hasPasswordChanger: true,
      fields: [
        templateField({ id: 83, name: 'Domain', slug: 'domain', isRequired: true }),
        templateField({ id: 86, name: 'Username', slug: 'username', isRequired: true }),
        templateField({ id: 85, name: 'Password', slug: 'password', isRequired: true, ...password }),
        templateField({ id: 84, name: 'Notes', slug: 'notes', isNotes: true }),
      ],
    }),
    template({
      id: PASSWORD_TEMPLATE,
      name: 'Password',
      fields: [
        templateField({ id: 60, name: 'Resource', slug: 'resource', isRequired: true }),
        templateField({ id: 61, name: 'Username', slug: 'username', isRequired: true }),
        templateField({ id: 7, name: 'Password', slug: 'password', isRequired: true, ...password }),
        templateField({ id: 8, name: 'Notes', slug: 'notes', isNotes: true }),
      ],
    }),
    template({
      id: SSH_TEMPLATE,
      name: 'SSH Key',
      generatesSshKeys: true,
      fields: [
        templateField({ id: 190, name: 'Machine', slug: 'machine', isRequired: true }),
        templateField({ id: 191, name: 'Username', slug: 'username', isRequired: true }),
        templateField({ id: 192, name: 'Password', slug: 'password', ...password }),
        templateField({ id: 193, name: 'Private Key', slug: 'private-key', sshRole: 'privateKey', ...file }),
        templateField({
          id: 194,
          name: 'Private Key Passphrase',
          slug: 'private-key-passphrase',
          sshRole: 'passphrase',
          ...password,
        }),
        templateField({ id: 195, name: 'Public Key', slug: 'public-key', sshRole: 'publicKey', ...file }),
        templateField({ id: 196, name: 'Notes', slug: 'notes', isNotes: true }),
      ],
    }),
  ];
}
