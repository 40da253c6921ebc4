import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { expect, test } from 'vitest';
import { envExampleText } from './env-example-text.ts';
import { PROGRAMS } from './programs.ts';

const text = envExampleText(PROGRAMS);

test('.env.example is what the programs say: run `node infra/runtime/env-example.ts` after a change', () => {
  expect(readFileSync(new URL('../../.env.example', import.meta.url), 'utf8')).toBe(text);
});

test('every variable of every program is in it, once, and secrets have no value', () => {
  const variables = PROGRAMS.flatMap((program) => Object.values(program.variables));
  const names = [...new Set(variables.map(({ name }) => name))];
  const assigned = [...text.matchAll(/^(?:# )?([A-Z_]+)=(.*)$/gm)].map(([, name, value]) => ({ name, value }));
  expect(assigned.map(({ name }) => name).sort()).toEqual(names.sort());
  const secrets = new Set(variables.filter(({ kind }) => kind === 'secret').map(({ name }) => name));
  expect(assigned.filter(({ name, value }) => secrets.has(name!) && value !== '')).toEqual([]);
});

test('what stands open is what is required, and reads back whole', () => {
  const required = PROGRAMS.flatMap(({ variables }) => Object.values(variables)).filter((of) => of.required);
  const open = parseEnv(text);
  expect(Object.keys(open).sort()).toEqual([...new Set(required.map(({ name }) => name))].sort());
  expect(open['ALM_MANAGED_OUS']).toBe('OU=Service Accounts,DC=corp,DC=example,DC=com');
});
