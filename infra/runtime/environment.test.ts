import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { z } from 'zod';
import { parseEnvironment } from './environment.ts';
import { API, CONTROL_PLANE, ENGINE, loadConfiguration, PROGRAMS } from './programs.ts';
import { file, optional, secret, variable, type Program, type Variables } from './variable.ts';

const folder = mkdtempSync(join(tmpdir(), 'environment-'));
afterAll(() => rmSync(folder, { recursive: true }));

function fileWith(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const program = {
  name: 'some/program.ts',
  description: 'Does something.',
  variables: {
    count: variable('ALM_COUNT', z.string().regex(/^\d+$/, 'must be a number').transform(Number), 'How many.', {
      fallback: '3',
    }),
    title: variable('ALM_TITLE', z.string().max(5, 'must be short'), 'What it is called.', { example: 'abc' }),
    password: secret('ALM_PASSWORD', 'The password.'),
    certificate: optional(file('ALM_CERTIFICATE_FILE', 'A certificate.')),
  },
} satisfies Program<Variables>;

/** Runs `parse` with what the process would see, and gives what it would print and how it would end. */
function invoke<T>(
  env: Record<string, string>,
  argv: string[] = [],
  parse: (invocation: Parameters<typeof parseEnvironment>[2]) => T,
) {
  const seen = {
    printed: '',
    complaints: '',
    exitCode: undefined as number | undefined,
    result: undefined as T | undefined,
  };
  const ended = new Error('ended');
  try {
    seen.result = parse({
      env,
      argv,
      print: (text) => (seen.printed += text),
      complain: (text) => (seen.complaints += text),
      exit: (code) => {
        seen.exitCode = code;
        throw ended;
      },
    });
  } catch (error) {
    if (error !== ended) throw error;
  }
  return seen;
}

const parse = (env: Record<string, string>, argv?: string[]) =>
  invoke(env, argv, (invocation) => parseEnvironment(program, [], invocation));

test('values are parsed, defaults count, absent optional ones are undefined, empty counts as absent', () => {
  const { result, exitCode } = parse({
    ALM_TITLE: ' abc ',
    ALM_PASSWORD: 'p',
    ALM_COUNT: '',
    ALM_CERTIFICATE_FILE: '',
  });
  expect(exitCode).toBeUndefined();
  expect(result).toMatchObject({ count: 3, title: 'abc', certificate: undefined });
});

test('all mistakes are told at once, each with its variable, and the exit code is 2', () => {
  const seen = parse({ ALM_COUNT: 'x', ALM_CERTIFICATE_FILE: join(folder, 'nowhere') });
  expect(seen.exitCode).toBe(2);
  for (const line of [
    'ALM_COUNT must be a number',
    'ALM_TITLE is missing',
    'ALM_PASSWORD is missing (or give ALM_PASSWORD_FILE)',
    `ALM_CERTIFICATE_FILE names a file that cannot be read: ${join(folder, 'nowhere')} (ENOENT)`,
  ]) {
    expect(seen.complaints).toContain(line);
  }
});

test('arguments that the program does not take are refused, whatever the environment', () => {
  const seen = parse({ ALM_TITLE: 'abc', ALM_PASSWORD: 'p' }, ['--dry-run']);
  expect(seen.exitCode).toBe(2);
  expect(seen.complaints).toContain('takes no arguments, and got --dry-run');
});

test('a secret arrives wrapped, from the variable or from a file without its line end', () => {
  const fromFile = fileWith('password', 'from file\n');
  const { result } = parse({ ALM_TITLE: 'abc', ALM_PASSWORD: 'canary' });
  expect(result?.password.reveal()).toBe('canary');
  expect(`${inspect(result)}${JSON.stringify(result)}`).not.toContain('canary');
  expect(parse({ ALM_TITLE: 'abc', ALM_PASSWORD_FILE: fromFile }).result?.password.reveal()).toBe('from file');
});

test('a secret given twice, or in an empty file, is a mistake that does not quote it', () => {
  const both = parse({ ALM_TITLE: 'abc', ALM_PASSWORD: 'canary', ALM_PASSWORD_FILE: fileWith('twice', 'canary') });
  expect(both.complaints).toContain('ALM_PASSWORD and ALM_PASSWORD_FILE are both set');
  expect(both.complaints).not.toContain('canary');
  const empty = parse({ ALM_TITLE: 'abc', ALM_PASSWORD_FILE: fileWith('empty', '\n') });
  expect(empty.complaints).toContain('names an empty file');
});

test('--help prints every variable with what it is for, its default and whether it is required', () => {
  const { printed, exitCode } = parse({}, ['--help']);
  expect(exitCode).toBe(0);
  expect(printed).toContain('node some/program.ts\n\nDoes something.');
  expect(printed).toMatch(/ALM_COUNT\n +How many\. Default: 3/);
  expect(printed).toMatch(/ALM_TITLE\n +What it is called\. Required\. Example: abc/);
  expect(printed).toMatch(/ALM_PASSWORD\n +The password\. Required\. May be given as ALM_PASSWORD_FILE/);
  expect(printed).toMatch(/ALM_CERTIFICATE_FILE\n +A certificate\. Optional\./);
});

test("what looks like ours and is not is warned about; another program's variable is not", () => {
  const env = { ALM_TITLE: 'abc', ALM_PASSWORD: 'p', ALM_COUMT: '1', ALM_OTHER: '1', ELSE: '1' };
  const seen = invoke(env, [], (invocation) => parseEnvironment(program, ['ALM_OTHER'], invocation));
  expect(seen.result?.count).toBe(3);
  expect(seen.complaints).toBe('warning: ALM_COUMT is set, but no program of this product reads it\n');
});

// The product's programs ----------------------------------------------------------------------------------------------

const codecKeys = `k1:${Buffer.alloc(32, 7).toString('base64')}`;

test('an engine is configured by its variables', () => {
  const env = {
    ALM_DOMAIN: 'Corp.Example.COM',
    ALM_LDAPS_URLS: 'ldaps://dc1.corp.example.com, ldaps://dc2.corp.example.com:3269',
    ALM_LDAP_CA_FILE: fileWith('ca.pem', 'PEM\n'),
    ALM_LDAP_BIND_DN: 'CN=engine,DC=corp,DC=example,DC=com',
    ALM_LDAP_BIND_PASSWORD: 'one',
    ALM_MANAGED_OUS: 'OU=A,DC=corp,DC=example,DC=com; OU=B\\, C,DC=corp,DC=example,DC=com',
    ALM_VAULT_ADDRESS: 'https://vault.example.com:8200',
    ALM_VAULT_ROLE_ID: 'role',
    ALM_VAULT_SECRET_ID: 'two',
    ALM_CODEC_KEYS: codecKeys,
    ALM_API_PORT: '1', // of another program: no warning
  };
  const seen = invoke(env, [], (invocation) => loadConfiguration(ENGINE, invocation));
  expect(seen.complaints).toBe('');
  expect(seen.result).toMatchObject({
    domain: 'corp.example.com',
    ldapsUrls: ['ldaps://dc1.corp.example.com', 'ldaps://dc2.corp.example.com:3269'],
    ldapCaPem: 'PEM',
    managedOus: ['OU=A,DC=corp,DC=example,DC=com', 'OU=B\\, C,DC=corp,DC=example,DC=com'],
    vaultMount: 'secret',
    maxConcurrentSteps: 4,
    metricsPort: 9466,
    temporalAddress: '127.0.0.1:7233',
  });
  expect(JSON.stringify(seen.result)).not.toMatch(/"(?:one|two)"/);
});

test.each([
  ['ALM_LDAPS_URLS', 'ldap://dc1.corp.example.com', 'must be a URL that begins with ldaps://'],
  ['ALM_LDAPS_URLS', 'ldaps://user:pw@dc1.corp.example.com', 'without credentials'],
  ['ALM_DOMAIN', 'corp', 'must be a DNS domain name'],
  ['ALM_MANAGED_OUS', 'Service Accounts', 'must be a distinguished name'],
  ['ALM_VAULT_ADDRESS', 'vault.example.com', 'must be a URL that begins with https:// or http://'],
  ['ALM_MAX_CONCURRENT_STEPS', '0', 'must be a whole number from 1 to 100'],
  ['TEMPORAL_ADDRESS', 'temporal', 'must be host:port'],
  ['ALM_METRICS_PORT', '70000', 'must be a whole number from 0 to 65535'],
  ['ALM_LOG_LEVEL', 'loud', 'must be one of fatal, error'],
  ['ALM_CODEC_KEYS', 'abc', 'entry 1 must be id:base64key'],
])('%s=%s is a mistake', (name, value, problem) => {
  const { complaints } = invoke({ [name]: value }, [], (invocation) => loadConfiguration(ENGINE, invocation));
  expect(complaints).toMatch(new RegExp(`^  ${name} .*${problem.replace(/[/.]/g, '\\$&')}`, 'm'));
});

test('no secret of any program has a default', () => {
  const secrets = PROGRAMS.flatMap(({ variables }) => Object.values(variables)).filter(({ kind }) => kind === 'secret');
  expect(secrets.length).toBeGreaterThan(5);
  expect(secrets.filter(({ fallback, example }) => fallback !== undefined || example !== undefined)).toEqual([]);
});

test('programs that run beside each other have ports of their own', () => {
  const port = ({ variables }: Program<Variables>) => variables['metricsPort']?.fallback;
  expect(new Set([API, CONTROL_PLANE, ENGINE].map(port)).size).toBe(3);
});
