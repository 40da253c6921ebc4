import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { accountIdFor, operationIdFor } from './idempotency.ts';

test('ids are UUIDs that contracts accept, the same for the same parts', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (caller, key) => {
      const id = accountIdFor(caller, key);
      expect(z.uuid().safeParse(id).success).toBe(true);
      expect(accountIdFor(caller, key)).toBe(id);
      expect(operationIdFor(caller, 'route', key)).not.toBe(id);
    }),
  );
});

test('moving a character from one part to the next makes another id', () => {
  expect(accountIdFor('ab', 'c')).not.toBe(accountIdFor('a', 'bc'));
  expect(operationIdFor('a', 'bc', 'd')).not.toBe(operationIdFor('a', 'b', 'cd'));
});
