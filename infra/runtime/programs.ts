/**
 * The environment of every program: one description each. `.env.example` is generated from here (env-example.ts).
 * Whoever adds a variable adds it here, or beside those that several programs share, and runs
 * `node infra/runtime/env-example.ts`.
 */
import { z } from 'zod';
import { fqdnSchema } from '../../contracts/fields.ts';
import { namesOf, parseEnvironment, thisProcess } from './environment.ts';
import { ousOfDomain } from './program-rules.ts';
import {
  codecKeys,
  database,
  demonstrationRules,
  demonstrations,
  logging,
  telemetry,
  temporal,
  temporalRules,
} from './shared-variables.ts';
import {
  bindNameSchema,
  certificatesSchema,
  dnSchema,
  hostSchema,
  integerSchema,
  listSchema,
  originSchema,
  portSchema,
  quietNodeDebugSchema,
  urlSchema,
} from './variable-schemas.ts';
import {
  file,
  optional,
  rule,
  secret,
  variable,
  type Configuration,
  type Program,
  type Variables,
} from './variable.ts';
import { vault, vaultRules } from './vault-variables.ts';

export const CONTROL_PLANE = {
  name: 'workers/control-plane.ts',
  description:
    'Runs the workflows of all accounts and writes their projection to Postgres. Any number of them may run.',
  variables: {
    ...database,
    ...temporal,
    maxCachedWorkflows: variable(
      'ALM_MAX_CACHED_WORKFLOWS',
      integerSchema(0, 100_000),
      'How many sleeping workflows stay in memory, at about 0.3 MB each; the others are replayed from their history when something happens to them.',
      { fallback: '200' },
    ),
    deploymentBuildId: optional(
      variable(
        'ALM_DEPLOYMENT_BUILD_ID',
        z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'must be letters, digits, dots, hyphens and underscores'),
        'The release, as Temporal knows it, so that two releases can run beside each other; a control plane works only once its release was made the current one. Without it all control planes share all work.',
        { example: '0.2.0' },
      ),
    ),
    ...demonstrations,
    ...telemetry(9465),
    ...logging,
  },
  rules: [...temporalRules, ...demonstrationRules],
} satisfies Program<Variables>;

const engine = {
  domain: variable('ALM_DOMAIN', fqdnSchema, 'The DNS name of the Active Directory domain.', {
    example: 'corp.example.com',
  }),
  ldapsUrls: variable(
    'ALM_LDAPS_URLS',
    listSchema(',', urlSchema('ldaps:')),
    'The domain controllers, in order of preference, separated by commas.',
    { example: 'ldaps://dc1.corp.example.com,ldaps://dc2.corp.example.com' },
  ),
  ldapCaPem: file(
    'ALM_LDAP_CA_FILE',
    certificatesSchema,
    "The certificate authorities (PEM) that sign the domain controllers' certificates. They are always verified.",
    '/etc/alm/domain-ca.pem',
  ),
  ldapBindDn: variable(
    'ALM_LDAP_BIND_DN',
    bindNameSchema,
    "The engine's own account in the domain: a distinguished name or user@domain. It needs rights on the managed OUs only.",
    { example: 'CN=svc-alm-engine,OU=Operations,DC=corp,DC=example,DC=com' },
  ),
  ldapBindPassword: secret('ALM_LDAP_BIND_PASSWORD', "The password of the engine's own account."),
  managedOus: variable(
    'ALM_MANAGED_OUS',
    listSchema(';', dnSchema),
    'The organizational units in which the engine may make and change accounts, separated by semicolons. It refuses every other place.',
    { example: 'OU=Service Accounts,DC=corp,DC=example,DC=com' },
  ),
  ...vault,
  ...temporal,
  maxConcurrentSteps: variable(
    'ALM_MAX_CONCURRENT_STEPS',
    integerSchema(1, 100),
    'How many steps the engine does at once: protects the domain controllers.',
    { fallback: '4' },
  ),
  nodeDebug: optional(
    variable(
      'NODE_DEBUG',
      quietNodeDebugSchema,
      "Node's own debug output. The engine refuses to start with ldapts in it, which prints passwords.",
    ),
  ),
  ...telemetry(9466),
  ...logging,
} satisfies Variables;

export const ENGINE = {
  name: 'workers/engine.ts',
  description:
    'Does the work in one Active Directory domain and its vault. Runs near the domain controllers; two or more for one domain share the work.',
  variables: engine,
  rules: [...temporalRules, ...vaultRules, rule(engine, ['domain', 'managedOus'], ousOfDomain)],
} satisfies Program<Variables>;

export const API = {
  name: 'api/main.ts',
  description: 'The HTTP API. Any number of them may run behind a proxy that ends TLS.',
  variables: {
    apiHost: variable('ALM_API_HOST', hostSchema, 'The address to listen on.', { fallback: '127.0.0.1' }),
    apiPort: variable('ALM_API_PORT', portSchema, 'The port to listen on; 0 takes a free one, which is logged.', {
      fallback: '8080',
    }),
    publicUrl: optional(
      variable('ALM_PUBLIC_URL', urlSchema('https:', 'http:'), 'The URL under which callers reach the API.', {
        example: 'https://alm.example.com',
      }),
    ),
    ...demonstrations,
    ...database,
    ...temporal,
    ...telemetry(9464),
    ...logging,
  },
  rules: [...temporalRules, ...demonstrationRules],
} satisfies Program<Variables>;

export const CODEC_SERVER = {
  name: 'workers/codec-server.ts',
  description:
    'Decrypts payloads for the Temporal UI, for administrators of this product only. It cannot encrypt. Serve it over TLS, by a proxy.',
  variables: {
    codecServerHost: variable('ALM_CODEC_SERVER_HOST', hostSchema, 'The address to listen on.', {
      fallback: '127.0.0.1',
    }),
    codecServerPort: variable(
      'ALM_CODEC_SERVER_PORT',
      portSchema,
      'The port to listen on; 0 takes a free one, which is logged.',
      { fallback: '8081' },
    ),
    apiUrl: variable('ALM_API_URL', urlSchema('https:', 'http:'), 'The API, which is asked who the caller is.', {
      fallback: 'http://127.0.0.1:8080',
    }),
    allowedOrigin: variable(
      'ALM_CODEC_ALLOWED_ORIGIN',
      originSchema,
      'The origin of the Temporal UI, the only page that may ask.',
      { fallback: 'http://127.0.0.1:8233' },
    ),
    ...codecKeys,
    ...telemetry(9467),
    ...logging,
  },
} satisfies Program<Variables>;

export const MIGRATE = {
  name: 'db/migrate.ts',
  description: 'Brings the database to the schema of this release. Safe to repeat.',
  variables: { ...database, ...logging },
} satisfies Program<Variables>;

export const CREATE_ADMINISTRATOR = {
  name: 'api/create-administrator.ts',
  usage: '<name> [--force]',
  description:
    'Makes the first administrator and prints the API token, once. Refuses when there is one already, unless --force is given.',
  variables: { ...database, ...logging },
} satisfies Program<Variables>;

export const REBUILD_PROJECTION = {
  name: 'workers/rebuild-projection.ts',
  description: 'Writes the projection in Postgres anew from the workflows, after a loss of data.',
  variables: { ...database, ...temporal, ...logging },
  rules: temporalRules,
} satisfies Program<Variables>;

export const BUNDLE_WORKFLOWS = {
  name: 'workers/bundle-workflows.ts',
  description:
    'Bundles the workflows ahead of time, so that control planes start in a fraction of the time and of the memory. Run it after each update, as whoever owns the files.',
  variables: { ...logging },
} satisfies Program<Variables>;

export const PROGRAMS: readonly Program<Variables>[] = [
  API,
  CONTROL_PLANE,
  ENGINE,
  CODEC_SERVER,
  MIGRATE,
  CREATE_ADMINISTRATOR,
  REBUILD_PROJECTION,
  BUNDLE_WORKFLOWS,
];

/** Variables that no program reads but the set-up scripts do. */
const READ_BY_SCRIPTS = ['ALM_CACHE'];

/** The configuration of one of the programs above. Exits on `--help` and on mistakes, see {@link parseEnvironment}. */
export function loadConfiguration<V extends Variables>(
  program: Program<V>,
  invocation = thisProcess(),
): Configuration<V> {
  const known = [...READ_BY_SCRIPTS, ...PROGRAMS.flatMap(({ variables }) => namesOf(variables))];
  return parseEnvironment(program, known, invocation);
}

/** What a program that connects to Temporal knows about it. */
export type TemporalConfiguration = Configuration<typeof temporal>;
