/**
 * Proves that the import rules can fail: each case adds one forbidden import to a tiny tree that breaks no rule, and
 * expects exactly the rule that should notice.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cruise, type IForbiddenRuleType, type ICruiseOptions, type ICruiseResult } from 'dependency-cruiser';
import { afterEach, expect, test } from 'vitest';

interface Rules {
  readonly forbidden: IForbiddenRuleType[];
  readonly options: ICruiseOptions;
}

async function loadRules(file: string): Promise<Rules> {
  const { default: rules } = (await import(join(import.meta.dirname, '..', '..', file))) as { default: Rules };
  return rules;
}

const importTable = await loadRules('.dependency-cruiser.mjs');
const runTime = await loadRules('.dependency-cruiser.runtime.mjs');

type Files = Readonly<Record<string, string>>;

const PACKAGES = ['zod', 'pg', 'ldapts', 'express', '@temporalio/client', '@temporalio/workflow', '@temporalio/worker'];
const ROOMS = ['contracts', 'workflows', 'activities', 'workers', 'api', 'db', 'infra'];

/** Breaks no rule; every file is imported by another, so that no case trips over an orphan. */
const CLEAN: Files = {
  'contracts/account.ts': "import { z } from 'zod';\nexport const schema = z;",
  'contracts/ids.ts': "export const id = 'x';",
  'contracts/names.ts':
    "import type { schema } from './account.ts';\nexport type S = typeof schema; export const name = 'x';",
  'workflows/index.ts': "export { life } from './account-lifecycle/workflow.ts';",
  'workflows/account-lifecycle/workflow.ts':
    "import * as w from '@temporalio/workflow';\nimport { name } from '../../contracts/names.ts';\nimport { id } from '../../contracts/ids.ts';\nexport const life = [w, name, id];",
  'activities/directory/activities.ts':
    "import { Client } from './active-directory/connection.ts';\nexport const d = Client;",
  'activities/directory/active-directory/connection.ts': "import { Client } from 'ldapts';\nexport { Client };",
  'activities/vault/activities.ts': "import { schema } from '../../contracts/account.ts';\nexport const v = schema;",
  'activities/platform/activities.ts':
    "import { project } from '../../db/project-account.ts';\nexport const p = project;",
  'db/client.ts': "import pg from 'pg';\nexport const db = pg;",
  'db/project-account.ts': "import { db } from './client.ts';\nexport const project = db;",
  'api/app.ts':
    "import { gateway } from './lifecycle-gateway.ts';\nimport { db } from '../db/client.ts';\nexport const app = [gateway, db];",
  'api/lifecycle-gateway.ts': "import { Client } from '@temporalio/client';\nexport const gateway = Client;",
  'infra/runtime/keys.ts': "import { id } from '../../contracts/ids.ts';\nexport const keys = id;",
  'workers/engine.ts':
    "import { d } from '../activities/directory/activities.ts';\nimport { v } from '../activities/vault/activities.ts';\nimport { keys } from '../infra/runtime/keys.ts';\nvoid [d, v, keys];",
  'workers/control-plane.ts': "import { p } from '../activities/platform/activities.ts';\nvoid p;",
};

let folder: string;

function writeTree(files: Files): void {
  folder = mkdtempSync(join(tmpdir(), 'alm-import-rules-'));
  const write = (path: string, content: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  };
  const dependencies = Object.fromEntries(PACKAGES.map((name) => [name, '1.0.0']));
  write('package.json', JSON.stringify({ name: 'tiny', type: 'module', dependencies }));
  for (const name of PACKAGES) {
    write(`node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', main: 'index.js' }));
    write(`node_modules/${name}/index.js`, 'module.exports = {};');
  }
  for (const [path, content] of Object.entries(files)) write(path, content);
}

/** The names of the rules that `files` break, each once. */
async function brokenRules(rules: Rules, files: Files): Promise<string[]> {
  writeTree(files);
  // The tiny tree has no tsconfig; everything else is what `npm run lint` uses.
  const { tsConfig: _, ...options } = rules.options;
  const { output } = await cruise(ROOMS, {
    ...options,
    ruleSet: { forbidden: rules.forbidden },
    validate: true,
    baseDir: folder,
  });
  return [...new Set((output as ICruiseResult).summary.violations.map((violation) => violation.rule.name))].sort();
}

afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('the clean tree breaks no rule', async () => {
  expect(await brokenRules(importTable, CLEAN)).toEqual([]);
  rmSync(folder, { recursive: true });
  expect(await brokenRules(runTime, CLEAN)).toEqual([]);
});

interface Case {
  readonly what: string;
  readonly file: string;
  readonly line: string;
  readonly breaks: string;
  readonly also?: readonly string[];
}

/** One forbidden import each, against the table of direct imports. */
const DIRECT: readonly Case[] = [
  {
    what: 'the client of Temporal outside the gateway',
    file: 'api/app.ts',
    line: "import '@temporalio/client';",
    breaks: 'temporal-client-in-gateway-only',
  },
  {
    what: 'ldapts outside the adapter',
    file: 'activities/directory/activities.ts',
    line: "import 'ldapts';",
    breaks: 'ldap-in-active-directory-only',
  },
  {
    what: 'the vault from the directory',
    file: 'activities/directory/activities.ts',
    line: "import type { v } from '../vault/activities.ts';",
    breaks: 'room-directory',
  },
  {
    what: 'the directory from the vault',
    file: 'activities/vault/activities.ts',
    line: "import '../directory/activities.ts';",
    breaks: 'room-vault',
  },
  {
    what: 'the database from the vault',
    file: 'activities/vault/activities.ts',
    line: "import '../../db/client.ts';",
    breaks: 'room-vault',
  },
  {
    what: 'the directory from the platform',
    file: 'activities/platform/activities.ts',
    line: "import '../directory/activities.ts';",
    breaks: 'room-platform',
  },
  {
    what: 'anything but zod from contracts',
    file: 'contracts/ids.ts',
    line: "import 'node:crypto';",
    breaks: 'room-contracts',
  },
  {
    what: 'even a type from contracts',
    file: 'contracts/ids.ts',
    line: "import type { db } from '../db/client.ts';",
    breaks: 'room-contracts',
  },
  {
    what: 'Node from workflows',
    file: 'workflows/account-lifecycle/workflow.ts',
    line: "import 'node:fs';",
    breaks: 'room-workflows',
  },
  {
    what: 'the projection writer from the API',
    file: 'api/app.ts',
    line: "import '../db/project-account.ts';",
    breaks: 'room-api',
  },
  {
    what: 'an activity from the API',
    file: 'api/app.ts',
    line: "import type { v } from '../activities/vault/activities.ts';",
    breaks: 'room-api',
  },
  { what: 'a cycle', file: 'db/client.ts', line: "import './project-account.ts';", breaks: 'no-circular' },
  { what: 'an orphan', file: 'db/forgotten.ts', line: 'export const nothing = 1;', breaks: 'no-orphan' },
];

test.each(DIRECT)('the import table refuses: $what', async ({ file, line, breaks }) => {
  const broken = await brokenRules(importTable, { ...CLEAN, [file]: `${line}\n${CLEAN[file] ?? ''}` });
  expect(broken).toEqual([breaks]);
});

/** Reached through a file in between that the table of direct imports allows. */
const REACHED: readonly Case[] = [
  {
    what: 'the database from the engine',
    file: 'infra/runtime/keys.ts',
    line: "import '../../db/client.ts';",
    breaks: 'engine-reaches-no-database-and-no-workflow',
  },
  {
    what: 'workflows from the engine',
    file: 'infra/runtime/keys.ts',
    line: "import '../../workflows/index.ts';",
    breaks: 'engine-reaches-no-database-and-no-workflow',
  },
  {
    what: 'the directory from the control plane',
    file: 'db/client.ts',
    line: "import '../activities/directory/activities.ts';",
    breaks: 'control-plane-reaches-no-directory-and-no-vault',
    also: ['api-reaches-no-activity-and-not-the-writer'],
  },
  {
    what: 'zod from workflows at run time',
    file: 'contracts/names.ts',
    line: "import { schema as used } from './account.ts';\nexport const u = used;",
    breaks: 'workflows-reach-no-zod-at-run-time',
  },
  {
    what: 'activities from workflows',
    file: 'contracts/ids.ts',
    line: "import '../activities/vault/activities.ts';",
    breaks: 'workflows-stay-in-the-sandbox',
    also: ['workflows-reach-no-zod-at-run-time'],
  },
  {
    what: 'the projection writer from the API',
    file: 'api/lifecycle-gateway.ts',
    line: "import '../db/project-account.ts';",
    breaks: 'api-reaches-no-activity-and-not-the-writer',
  },
];

test.each(REACHED)('nothing reaches at run time: $what', async ({ file, line, breaks, also = [] }) => {
  const broken = await brokenRules(runTime, { ...CLEAN, [file]: `${line}\n${CLEAN[file]}` });
  expect(broken).toContain(breaks);
  expect(broken.filter((name) => name !== breaks && !also.includes(name))).toEqual([]);
});
