/**
 * Who may import whom, types included (docs/architecture.md has the table in words). What must not be reachable at run
 * time, through however many files, is in .dependency-cruiser.runtime.mjs.
 */
import { options } from './.dependency-cruiser.runtime.mjs';

const npm = (...names) => `^node_modules/(?:${names.join('|')})/`;

/**
 * Each room may import itself, `contracts` and what is listed; nothing else. `node: false` shuts out Node's own modules,
 * `except` leaves out files that have an entry of their own. Test files are free.
 */
const rooms = [
  { name: 'contracts', path: '^contracts/', may: [npm('zod')], node: false },
  { name: 'workflows', path: '^workflows/', may: [npm('@temporalio/workflow')], node: false },
  {
    // What the families of activities share.
    name: 'activities',
    path: '^activities/[^/]+\\.ts$',
    may: [npm('@temporalio/(?:activity|common)', 'zod')],
    node: false,
  },
  {
    name: 'directory',
    path: '^activities/directory/',
    may: ['^activities/[^/]+\\.ts$', '^infra/runtime/', npm('@temporalio/(?:activity|common)', 'ldapts', 'zod')],
  },
  {
    name: 'vault',
    path: '^activities/vault/',
    except: '^activities/vault/(?:aws-secrets-manager|azure-key-vault)/',
    may: ['^activities/[^/]+\\.ts$', '^infra/runtime/', npm('@temporalio/(?:activity|common)', 'zod')],
  },
  {
    name: 'aws-secrets-manager',
    path: '^activities/vault/aws-secrets-manager/',
    may: [
      '^activities/[^/]+\\.ts$',
      '^activities/vault/[^/]+\\.ts$',
      '^infra/runtime/',
      npm('@temporalio/common', '@aws-sdk/client-secrets-manager', '@smithy/node-http-handler'),
    ],
  },
  {
    name: 'azure-key-vault',
    path: '^activities/vault/azure-key-vault/',
    may: [
      '^activities/[^/]+\\.ts$',
      '^activities/vault/[^/]+\\.ts$',
      '^infra/runtime/',
      npm('@temporalio/common', '@azure/(?:identity|keyvault-secrets)'),
    ],
  },
  {
    name: 'platform',
    path: '^activities/platform/',
    may: ['^activities/[^/]+\\.ts$', '^db/', '^infra/runtime/', npm('@temporalio/(?:activity|common)', 'zod')],
  },
  {
    name: 'engine',
    path: '^workers/(?:(?:compose-)?engine|compose-vault)\\.ts$',
    may: ['^activities/(?:directory|vault)/', '^workers/', '^infra/runtime/', npm('@temporalio/(?:worker|common)')],
  },
  {
    name: 'control-plane',
    path: '^workers/control-plane\\.ts$',
    may: ['^activities/platform/', '^db/', '^workers/', '^infra/runtime/', npm('@temporalio/(?:worker|common)')],
  },
  {
    // Reads the workflows by their query and writes the projection: the one worker program that is a client.
    name: 'rebuild-projection',
    path: '^workers/rebuild-projection\\.ts$',
    may: ['^api/lifecycle-gateway\\.ts$', '^db/', '^workers/', '^infra/runtime/'],
  },
  {
    name: 'codec-server',
    path: '^workers/codec-[^/]+\\.ts$',
    may: [
      '^infra/runtime/',
      '^workers/',
      npm('express', 'helmet', 'zod', 'prom-client', '@temporalio/(?:common|proto)'),
    ],
  },
  {
    name: 'workers',
    path: '^workers/',
    except: '^workers/(?:(?:compose-)?engine|compose-vault|control-plane|rebuild-projection|codec-[^/]+)\\.ts$',
    may: ['^infra/runtime/', npm('@temporalio/(?:worker|common)', 'zod', 'prom-client')],
  },
  {
    name: 'api',
    path: '^api/',
    may: [
      '^db/(?!project-account\\.ts$)',
      '^infra/runtime/',
      '^workflows/[^/]+/messages\\.ts$',
      npm('@temporalio/(?:client|common)', 'express', 'helmet', 'zod', 'pino', 'prom-client'),
    ],
  },
  {
    name: 'db',
    path: '^db/',
    except: '^db/migrate\\.ts$',
    may: [npm('drizzle-orm', 'pg')],
  },
  { name: 'migrate', path: '^db/migrate\\.ts$', may: ['^db/', '^infra/runtime/', npm('drizzle-orm', 'pg')] },
  // Lives by the contracts' rules alone: no server, no clock.
  { name: 'simulation', path: '^infra/simulation/', may: [], node: false },
  {
    name: 'runtime',
    path: '^infra/runtime/',
    may: [npm('@temporalio/(?:worker|common|proto)', 'pino', 'prom-client', 're2js', 'zod')],
  },
];

/** `@types/x` stands for `x`: a type-only import resolves there when the package brings no types of its own. */
const withTypes = (pattern) =>
  pattern.startsWith('^node_modules/') ? pattern.replace('^node_modules/', '^node_modules/(?:@types/)?') : pattern;

const tests = '\\.test\\.ts$';

const roomRule = ({ name, path, except, may, node = true }) => ({
  name: `room-${name}`,
  comment: `${path} may import itself, contracts and what the table of docs/architecture.md lists`,
  severity: 'error',
  from: { path, pathNot: [tests, ...(except ? [except] : [])] },
  to: {
    pathNot: [path, '^contracts/', ...may.map(withTypes)],
    ...(node ? { dependencyTypesNot: ['core'] } : {}),
  },
});

export default {
  forbidden: [
    ...rooms.map(roomRule),
    {
      name: 'temporal-client-in-gateway-only',
      comment: 'Everything that talks to workflows from outside goes through api/lifecycle-gateway.ts and its parts.',
      severity: 'error',
      from: { pathNot: ['^api/(?:lifecycle-gateway\\.ts$|gateway/)', '^(?:test|bench|infra/dev)/', tests] },
      to: { path: npm('@temporalio/client') },
    },
    {
      name: 'ldap-in-active-directory-only',
      comment: 'The adapter is the only place that knows the protocol.',
      severity: 'error',
      from: { pathNot: ['^activities/directory/active-directory/', '^(?:test|bench|infra/dev)/', tests] },
      to: { path: npm('ldapts') },
    },
    {
      name: 'product-does-not-import-tests',
      severity: 'error',
      from: { path: '^(?:contracts|workflows|activities|workers|api|db|infra/runtime)/', pathNot: tests },
      to: { path: ['^(?:test|bench|infra/dev)/', tests] },
    },
    {
      name: 'no-development-dependency-in-product',
      severity: 'error',
      from: { path: '^(?:contracts|workflows|activities|workers|api|db|infra/runtime)/', pathNot: tests },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-orphan',
      comment: 'A file that nothing imports and that imports nothing is dead, or was forgotten.',
      severity: 'error',
      from: {
        orphan: true,
        pathNot: ['\\.mjs$', '\\.d\\.ts$', '\\.config\\.ts$', '^workflows/support/short-stack-traces'],
      },
      to: {},
    },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'no-undeclared-package',
      severity: 'error',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: { ...options, tsPreCompilationDeps: true },
};
