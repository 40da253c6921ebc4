import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

const code = ['**/*.ts'];
const tests = ['**/*.test.ts', 'test/**/*.ts', 'bench/**/*.ts', 'infra/dev/**/*.ts'];
const plainScripts = ['**/*.mjs'];

/** What the scripts that run before the dependencies are there may use of Node. */
const nodeGlobals = Object.fromEntries(
  ['process', 'console', 'Buffer', 'URL', 'fetch', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'].map(
    (name) => [name, 'readonly'],
  ),
);

const noBarrels = [
  {
    selector: 'ExportAllDeclaration, ExportNamedDeclaration[source]',
    message: 'No barrel files: import from the file that owns the thing.',
  },
];
const noTlsSwitch = [
  {
    selector: "Property[key.name='rejectUnauthorized'][value.value=false]",
    message: 'Certificates are always verified; give a CA file instead.',
  },
  {
    selector: "Literal[value='NODE_TLS_REJECT_UNAUTHORIZED']",
    message: 'Certificates are always verified; give a CA file instead.',
  },
];
const noClock = [
  {
    selector:
      "NewExpression[callee.name='Date'][arguments.length=0], CallExpression[callee.object.name='Date'][callee.property.name='now']",
    message: 'Rules are pure: the caller says what time it is.',
  },
];
/** All workflows of a thread share these modules (docs/decisions/0021). */
const noModuleState = ['Program > ', 'Program > ExportNamedDeclaration > '].flatMap((topLevel) =>
  [
    "VariableDeclaration[kind!='const']",
    'VariableDeclaration > VariableDeclarator > NewExpression[callee.name=/^(Map|WeakMap|WeakSet)$/]',
    "VariableDeclaration > VariableDeclarator > NewExpression[callee.name='Set'][arguments.length=0]",
    'VariableDeclaration > VariableDeclarator > ArrayExpression[elements.length=0]',
    'VariableDeclaration > VariableDeclarator > ObjectExpression[properties.length=0]',
    'ClassDeclaration PropertyDefinition[static=true]',
  ].map((selector) => ({
    selector: topLevel + selector,
    message: 'Workflows share their modules: what a run knows is in its AccountRun.',
  })),
);

const noEnvironment = {
  object: 'process',
  property: 'env',
  message: 'Only infra/runtime/environment.ts reads the environment; take what you need as a dependency.',
};
const noWeakRandom = {
  object: 'Math',
  property: 'random',
  message: 'Use node:crypto; chance in this product guards something.',
};

export default defineConfig(
  { ignores: ['node_modules', 'db/migrations', 'test/replay/histories'] },
  js.configs.recommended,
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: code,
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // Promises: a forgotten one is a step that did not happen.
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
      '@typescript-eslint/require-await': 'off', // an interface may be async where an implementation need not be
      // Types.
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      '@typescript-eslint/consistent-type-exports': 'error',
      '@typescript-eslint/no-import-type-side-effects': 'error', // `import { type X }` would still load the file
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/only-throw-error': 'error',
      eqeqeq: ['error', 'always'],
      // Size: a function fits a screen, a file fits a head.
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 70, skipBlankLines: true, skipComments: true }],
      'max-params': ['error', 6],
      'max-depth': ['error', 4],
      complexity: ['error', { max: 12, variant: 'modified' }],
      // What only one place may do.
      'no-console': 'error',
      'no-restricted-properties': ['error', noEnvironment, noWeakRandom],
      'no-restricted-imports': [
        'error',
        { paths: [{ name: 'node:process', importNames: ['env'], message: noEnvironment.message }] },
      ],
      'no-restricted-syntax': ['error', ...noBarrels, ...noTlsSwitch],
    },
  },
  {
    files: ['contracts/**/*.ts'],
    rules: { 'no-restricted-syntax': ['error', ...noBarrels, ...noTlsSwitch, ...noClock, ...noModuleState] },
  },
  {
    files: ['workflows/**/*.ts'],
    rules: { 'no-restricted-syntax': ['error', ...noBarrels, ...noTlsSwitch, ...noModuleState] },
  },
  { files: ['workflows/index.ts'], rules: { 'no-restricted-syntax': 'off' } },
  {
    files: ['workflows/**/workflow.ts'],
    rules: { 'max-lines': ['error', { max: 200, skipBlankLines: true, skipComments: true }] },
  },
  { files: ['infra/runtime/environment.ts'], rules: { 'no-restricted-properties': ['error', noWeakRandom] } },
  {
    // Tests, benchmarks and the development stack start programs, so they hand environments on, and they talk to people.
    files: tests,
    rules: {
      'no-console': 'off',
      'no-restricted-properties': 'off',
      'no-restricted-syntax': ['error', ...noBarrels],
      'max-lines-per-function': 'off',
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      // Answers of servers under test are read as they come.
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  { files: plainScripts, languageOptions: { globals: nodeGlobals } },
);
