import { expect, test } from 'vitest';
import { accountWorkflowId } from '../contracts/ids.ts';
import { createLogger } from '../infra/runtime/logger.ts';
import { runtimeLogger } from './runtime-logger.ts';

const ACCOUNT_ID = '5f8c3a52-8f5c-4f0e-9c39-0a5d8a1c7f11';

test('lines of an account say which account it is, and which operation', () => {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const workflowId = accountWorkflowId('corp.example.com', ACCOUNT_ID);
  runtimeLogger(createLogger({ program: 'test', level: 'info', destination })).info('an operation begins', {
    workflowId,
    operationId: 'o1',
    action: 'retire',
  });
  expect(JSON.parse(lines[0]!)).toMatchObject({
    workflowId,
    accountId: ACCOUNT_ID,
    operationId: 'o1',
    action: 'retire',
  });
});

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
