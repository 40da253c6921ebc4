import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { inspect } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { z } from 'zod';
import { parseEnvironment } from './environment.ts';
import { API, CONTROL_PLANE, ENGINE, loadConfiguration, PROGRAMS, REBUILD_PROJECTION } from './programs.ts';
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
    certificate: optional(file('ALM_CERTIFICATE_FILE', z.string(), 'A certificate.')),
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
  expect(empty.complaints).toContain('ALM_PASSWORD is not given: ALM_PASSWORD_FILE names an empty file');
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

test('the help of a program without variables speaks of none', () => {
  const bare = { ...program, variables: {} };
  const { printed } = invoke({}, ['-h'], (invocation) => parseEnvironment(bare, [], invocation));
  expect(printed).toBe('node some/program.ts\n\nDoes something.\n');
});

test('the program that writes .env.example has a help, and writes nothing then', () => {
  const example = join(import.meta.dirname, '../../.env.example');
  const before = statSync(example).mtimeMs;
  const printed = execFileSync(process.execPath, [join(import.meta.dirname, 'env-example.ts'), '--help']).toString();
  expect(printed).toContain('Writes .env.example anew');
  expect(statSync(example).mtimeMs).toBe(before);
});

test("what looks like ours and is not is warned about; another program's variable is not", () => {
  const env = { ALM_TITLE: 'abc', ALM_PASSWORD: 'p', ALM_COUMT: '1', ALM_OTHER: '1', ELSE: '1' };
  const seen = invoke(env, [], (invocation) => parseEnvironment(program, ['ALM_OTHER'], invocation));
  expect(seen.result?.count).toBe(3);
  expect(seen.complaints).toBe('warning: ALM_COUMT is set, but no program of this product reads it\n');
});

// The product's programs ----------------------------------------------------------------------------------------------

const codecKeys = `k1:${Buffer.alloc(32, 7).toString('base64')}`;

/** Any certificate will do. */
const PEM = rootCertificates[0]!;
const ENGINE_ENV = {
  ALM_DOMAIN: 'Corp.Example.COM',
  ALM_LDAPS_URLS: 'ldaps://dc1.corp.example.com, ldaps://dc2.corp.example.com:3269',
  ALM_LDAP_CA_FILE: fileWith('ca.pem', `an authority\n${PEM}\n`),
  ALM_LDAP_BIND_DN: 'CN=engine,DC=corp,DC=example,DC=com',
  ALM_LDAP_BIND_PASSWORD: 'one',
  ALM_MANAGED_OUS: 'OU=A,DC=corp,DC=example,DC=com; OU=B\\, C, dc=Corp, DC=example,DC=com',
  ALM_VAULT_ADDRESS: 'https://vault.example.com:8200',
  ALM_VAULT_ROLE_ID: 'role',
  ALM_VAULT_SECRET_ID: 'two',
  ALM_CODEC_KEYS: codecKeys,
  ALM_API_PORT: '1', // of another program: no warning
};
const API_ENV = { ALM_CODEC_KEYS: codecKeys, DATABASE_URL: 'postgres://alm:pw@127.0.0.1:5432/alm' };

const configure = (program: Program<Variables>, env: Record<string, string>) =>
  invoke(env, [], (invocation) => loadConfiguration(program, invocation));

test('an engine is configured by its variables', () => {
  const seen = invoke(ENGINE_ENV, [], (invocation) => loadConfiguration(ENGINE, invocation));
  expect(seen.complaints).toBe('');
  expect(seen.result).toMatchObject({
    domain: 'corp.example.com',
    ldapsUrls: ['ldaps://dc1.corp.example.com', 'ldaps://dc2.corp.example.com:3269'],
    ldapCaPem: `an authority\n${PEM}`,
    managedOus: ['OU=A,DC=corp,DC=example,DC=com', 'OU=B\\, C, dc=Corp, DC=example,DC=com'],
    vaultMount: 'secret',
    maxConcurrentSteps: 4,
    metricsPort: 9466,
    temporalAddress: '127.0.0.1:7233',
  });
  expect(JSON.stringify(seen.result)).not.toMatch(/"(?:one|two)"/);
});

test.each([
  ['ALM_VAULT_ADDRESS', 'http://127.0.0.1:8200'],
  ['ALM_VAULT_ADDRESS', 'http://[::1]:8200'],
  ['ALM_LDAP_BIND_DN', 'svc-alm-engine@corp.example.com'],
  ['NODE_DEBUG', 'http,ldaptsx'],
])('%s=%s is fine', (name, value) => {
  expect(configure(ENGINE, { ...ENGINE_ENV, [name]: value }).complaints).toBe('');
});

const notPem = fileWith('hostname', 'some-host\n');
const damagedPem = fileWith('damaged.pem', PEM.replace(/[A-Z]{2}/, '!!'));

test.each([
  ['ALM_LDAPS_URLS', 'ldap://dc1.corp.example.com', 'must be a URL that begins with ldaps://'],
  ['ALM_LDAPS_URLS', 'ldaps://user:pw@dc1.corp.example.com', 'without credentials'],
  ['ALM_LDAPS_URLS', 'ldaps://', 'must be a URL that begins with ldaps://'],
  ['ALM_DOMAIN', 'corp', 'must be a DNS domain name'],
  ['ALM_MANAGED_OUS', 'xx', 'must be a distinguished name'],
  ['ALM_LDAP_BIND_DN', 'xx', 'must be a distinguished name, or user@domain'],
  ['ALM_LDAP_BIND_DN', 'xx@', 'must be a distinguished name, or user@domain'],
  ['ALM_VAULT_ADDRESS', 'vault.example.com', 'must be a URL that begins with https:// or http://'],
  ['ALM_VAULT_ADDRESS', 'http://example.com', 'must begin with https://'],
  ['ALM_LDAP_CA_FILE', notPem, 'names a file that holds no certificate'],
  ['ALM_LDAP_CA_FILE', damagedPem, 'names a file that holds no certificate'],
  ['ALM_VAULT_CA_FILE', notPem, 'names a file that holds no certificate'],
  ['TEMPORAL_TLS_CA_FILE', notPem, 'names a file that holds no certificate'],
  ['TEMPORAL_TLS_CERT_FILE', notPem, 'names a file that holds no certificate'],
  ['TEMPORAL_TLS_KEY_FILE', notPem, 'names a file that holds no private key'],
  ['ALM_MAX_CONCURRENT_STEPS', '0', 'must be a whole number from 1 to 100'],
  ['TEMPORAL_ADDRESS', 'temporal', 'must be host:port'],
  ['ALM_METRICS_PORT', '70000', 'must be a whole number from 0 to 65535'],
  ['ALM_LOG_LEVEL', 'loud', 'must be one of fatal, error'],
  ['ALM_CODEC_KEYS', 'abc', 'entry 1 must be id:base64key'],
  ['NODE_DEBUG', 'http,LDAPts', 'must not include ldapts'],
  ['NODE_DEBUG', '*', 'must not include ldapts'],
])('%s=%s is a mistake, told in one sentence with the others', (name, value, problem) => {
  const { complaints, exitCode } = configure(ENGINE, { ...ENGINE_ENV, [name]: value, ALM_LDAP_BIND_PASSWORD: '' });
  const lines = complaints.split('\n').filter((line) => line.startsWith('  '));
  expect(lines.find((line) => line.startsWith(`  ${name} `))).toContain(problem);
  expect(lines.find((line) => line.startsWith(`  ${name} `))).not.toContain(';');
  expect(lines).toContain('  ALM_LDAP_BIND_PASSWORD is missing (or give ALM_LDAP_BIND_PASSWORD_FILE)');
  expect(lines).toHaveLength(2);
  expect(exitCode).toBe(2);
});

test.each([
  'foo',
  'mysql://alm:canary@127.0.0.1/alm',
  'postgres://alm:canary@/alm',
  'postgres://alm:canary@127.0.0.1:5432',
  'postgres://alm:canary%zz@127.0.0.1/alm',
])('DATABASE_URL=%s is a mistake that is not quoted', (value) => {
  const { complaints, exitCode } = configure(API, { ...API_ENV, DATABASE_URL: value });
  expect(complaints).toContain('  DATABASE_URL must be a URL such as postgres://user:password@host:5432/name\n');
  expect(complaints).not.toContain('canary');
  expect(exitCode).toBe(2);
});

const keyFile = fileWith(
  'other.key',
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
);
const certificateFile = fileWith('client.pem', PEM);

test.each([
  ['TEMPORAL_TLS_KEY_FILE is missing', API, { TEMPORAL_TLS_CERT_FILE: certificateFile }],
  ['TEMPORAL_TLS_KEY_FILE is missing', ENGINE, { TEMPORAL_TLS_CERT_FILE: certificateFile }],
  ['TEMPORAL_TLS_CERT_FILE is missing', CONTROL_PLANE, { TEMPORAL_TLS_KEY_FILE: keyFile }],
  [
    'TEMPORAL_TLS_KEY_FILE is not the key',
    REBUILD_PROJECTION,
    { TEMPORAL_TLS_CERT_FILE: certificateFile, TEMPORAL_TLS_KEY_FILE: keyFile },
  ],
  ['ALM_PLAY_CLOCK_FILE is for demonstrations only', API, { ALM_PLAY_CLOCK_FILE: '/tmp/skipped-ms' }],
  ['ALM_PLAY_CLOCK_FILE is for demonstrations only', CONTROL_PLANE, { ALM_PLAY_CLOCK_FILE: '/tmp/skipped-ms' }],
  ['ALM_MANAGED_OUS names places outside', ENGINE, { ALM_MANAGED_OUS: 'OU=A,DC=lab,DC=example,DC=com' }],
  ['ALM_MANAGED_OUS names places outside', ENGINE, { ALM_MANAGED_OUS: 'OU=A,DC=eu,DC=corp,DC=example,DC=com' }],
])('%s: what does not fit together is told with the other mistakes', (problem, program, changes) => {
  const env = { ...ENGINE_ENV, ...API_ENV, ...changes, ALM_LOG_LEVEL: 'loud' };
  const { complaints, exitCode } = configure(program, env);
  expect(complaints).toContain(`  ${problem}`);
  expect(complaints).toContain('  ALM_LOG_LEVEL must be one of');
  expect(complaints.match(/^ {2}/gm)).toHaveLength(2);
  expect(exitCode).toBe(2);
});

test('a certificate with its own key is fine', () => {
  const [certificate, key] = [join(folder, 'own.pem'), join(folder, 'own.key')];
  const subject = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-subj',
    '/CN=client',
    '-days',
    '1',
  ];
  execFileSync('openssl', [...subject, '-keyout', key, '-out', certificate], { stdio: 'ignore' });
  const env = { ...API_ENV, TEMPORAL_TLS_CERT_FILE: certificate, TEMPORAL_TLS_KEY_FILE: key };
  expect(configure(API, env).complaints).toBe('');
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
