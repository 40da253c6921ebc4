import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { rootCertificates } from 'node:tls';
import { sensitive } from '../../../infra/runtime/sensitive.ts';
import { assertSafeToConnect, createOpenConnection } from './connection.ts';

const open = createOpenConnection({ ca: rootCertificates[0]!, connectTimeoutMs: 100, operationTimeoutMs: 100 });

describe('connecting', () => {
  it.each(['ldap://dc1.example.com', 'ldap://dc1.example.com:636', 'https://dc1', 'dc1.example.com', ''])(
    'refuses %j',
    (url) => {
      expect(() => assertSafeToConnect([url])).toThrow('ldaps://');
    },
  );

  it('needs a controller', () => {
    expect(() => assertSafeToConnect([])).toThrow('no domain controller');
    expect(() => assertSafeToConnect(['ldaps://dc1.example.com', 'ldaps://[::1]:3269'])).not.toThrow();
  });

  it.each([
    ['an empty password', 'CN=engine', ''],
    ['an empty name', '', 'x'],
    ['the name of a SASL mechanism', 'EXTERNAL', 'x'],
  ])('refuses %s before anything is sent', async (_what, name, password) => {
    const attempt = open('ldaps://127.0.0.1:1', { name, password: sensitive(password) });
    await expect(attempt).rejects.toThrow(/must be a DN|is empty/);
  });

  it.each(['ldapts', 'http,LDAPTS', '*'])('refuses to work with NODE_DEBUG=%s, which prints passwords', (value) => {
    const module = new URL('./connection.ts', import.meta.url).href;
    const script = `import(${JSON.stringify(module)}).then((m) => m.assertSafeToConnect(['ldaps://x'])).then(() => console.log('went on'), (e) => console.log(e.message))`;
    const env = { ...process.env, NODE_DEBUG: value };
    const output = execFileSync(process.execPath, ['-e', script], {
      env,
      stdio: ['ignore', 'pipe', 'ignore'],
      encoding: 'utf8',
    });
    expect(output).toContain('NODE_DEBUG includes ldapts');
  });
});
