import { expect, test } from 'vitest';
import { createLogger } from '../infra/runtime/logger.ts';
import { runtimeLogger } from './runtime-logger.ts';

test('lines of the SDK become ours, with the fields that say where they belong and no others', () => {
  const lines: string[] = [];
  const logger = createLogger({
    program: 'test',
    level: 'info',
    destination: { write: (line) => void lines.push(line) },
  });
  runtimeLogger(logger).warn('Activity failed', { workflowId: 'w', attempt: 3, input: ['canary'] });
  runtimeLogger(logger).debug('left out');
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0]!)).toMatchObject({ level: 'warn', msg: 'Activity failed', workflowId: 'w', attempt: 3 });
  expect(lines[0]).not.toContain('canary');
});
