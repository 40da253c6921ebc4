/**
 * What must not be loaded at run time, through however many files. Type-only imports do not count here: they are gone
 * before anything runs.
 */
const test = '\\.test\\.ts$';

export const options = {
  doNotFollow: { path: 'node_modules' },
  // A test folder may hold recorded data and fixtures; only code is cruised.
  exclude: { path: '^test/replay/histories/' },
  tsConfig: { fileName: 'tsconfig.json' },
  enhancedResolveOptions: {
    exportsFields: ['exports'],
    conditionNames: ['import', 'require', 'node', 'default', 'types'],
    extensions: ['.ts', '.mjs', '.js', '.d.ts'],
  },
};

export default {
  forbidden: [
    {
      name: 'engine-reaches-no-database-and-no-workflow',
      comment: 'An engine runs beside the domain controllers: it has no database, and workflows are not its business.',
      severity: 'error',
      from: { path: '^workers/engine\\.ts$' },
      to: { path: ['^(?:db|workflows|api)/', '^node_modules/(?:pg|drizzle-orm|@temporalio/client)/'], reachable: true },
    },
    {
      name: 'control-plane-reaches-no-directory-and-no-vault',
      comment: 'The control plane may run far away from the domains; it never holds a credential for them.',
      severity: 'error',
      from: { path: '^workers/control-plane\\.ts$' },
      to: { path: ['^activities/(?:directory|vault)/', '^node_modules/ldapts/'], reachable: true },
    },
    {
      name: 'api-reaches-no-activity-and-not-the-writer',
      comment: 'Only workflows write lifecycle state.',
      severity: 'error',
      from: { path: '^api/', pathNot: test },
      to: { path: ['^activities/', '^db/project-account\\.ts$'], reachable: true },
    },
    {
      name: 'workflows-reach-no-zod-at-run-time',
      comment: "A schema tightened next year would make last year's history fail on replay.",
      severity: 'error',
      from: { path: '^workflows/', pathNot: test },
      to: { path: '^node_modules/zod/', reachable: true },
    },
    {
      name: 'workflows-stay-in-the-sandbox',
      comment: 'What the bundle loads must be deterministic: no Node, no infrastructure.',
      severity: 'error',
      from: { path: '^workflows/', pathNot: test },
      to: { path: '^(?:activities|db|infra|api|workers)/', reachable: true },
    },
  ],
  options: { ...options, tsPreCompilationDeps: false },
};
