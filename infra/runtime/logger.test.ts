import { expect, test } from 'vitest';
import { createLogger } from './logger.ts';
import { sensitive } from './sensitive.ts';

function logged(write: (logger: ReturnType<typeof createLogger>) => void, level = 'info') {
  const lines: string[] = [];
  write(createLogger({ program: 'test', level, destination: { write: (line) => void lines.push(line) } }));
  return { text: lines.join(''), lines: lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

test('a line has program, level by name, ISO time and the ids of its child logger', () => {
  const { lines } = logged((logger) => logger.child({ accountId: 'a', workflowId: 'w' }).warn('something happened'));
  expect(lines).toEqual([
    {
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
      program: 'test',
      pid: process.pid,
      accountId: 'a',
      workflowId: 'w',
      msg: 'something happened',
    },
  ]);
});

test('less severe lines are left out', () => {
  expect(logged((logger) => logger.info('x'), 'warn').lines).toEqual([]);
});

test('secrets are not logged, wrapped or by their usual names, at any of three depths', () => {
  const { text, lines } = logged((logger) => {
    logger.info({ anything: sensitive('canary') }, 'wrapped');
    logger.info({ password: 'canary', a: { token: 'canary', b: { secretId: 'canary' } } }, 'named');
    logger.info({ request: { headers: { authorization: 'Bearer canary', cookie: 'canary' } } }, 'headers');
  });
  expect(lines).toHaveLength(3);
  expect(text).not.toContain('canary');
});

test('of an error its kind, message, code and causes are logged, never what libraries hang on it', () => {
  const cause = Object.assign(new Error('connect refused'), { code: 'ECONNREFUSED', config: { body: 'canary' } });
  const error = Object.assign(new TypeError('fetch failed', { cause }), {
    request: { body: 'canary' },
    response: 'canary',
  });
  const { text, lines } = logged((logger) => logger.error({ error, err: error }, 'x'));
  expect(text).not.toContain('canary');
  for (const key of ['error', 'err']) {
    expect(lines[0]![key]).toMatchObject({
      name: 'TypeError',
      message: 'fetch failed',
      stack: expect.arrayContaining([expect.stringMatching(/^at .*logger\.test\.ts/)]) as string[],
      cause: { message: 'connect refused', code: 'ECONNREFUSED' },
    });
  }
});

test('a thrown object that is no error shows its kind only; circles end', () => {
  const error = new Error('round');
  error.cause = error;
  const { text } = logged((logger) => {
    logger.error({ error: { body: 'canary' } }, 'x');
    logger.error({ error }, 'y');
  });
  expect(text).not.toContain('canary');
  expect(text.match(/"message":"round"/g)!.length).toBeLessThan(10);
});
