import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { decodeCursor, encodeCursor } from './pagination.ts';

const keySchema = z.strictObject({ name: z.string(), id: z.uuid() });

test('a key comes back as it was, and its cursor is safe in a URL', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.uuid(), (name, id) => {
      const cursor = encodeCursor({ name, id });
      expect(cursor).toMatch(/^[A-Za-z0-9_-]+$/);
      expect(decodeCursor(keySchema, cursor)).toEqual({ name, id });
    }),
  );
});

test('no cursor is the first page; anything that is not a key is refused as a bad field', () => {
  expect(decodeCursor(keySchema, undefined)).toBeUndefined();
  fc.assert(
    fc.property(fc.oneof(fc.base64String(), fc.jsonValue().map(encodeCursor)), (cursor) => {
      try {
        decodeCursor(keySchema, cursor);
        expect.unreachable();
      } catch (error) {
        expect(error).toMatchObject({ name: 'Refusal', code: 'InvalidRequest', errors: [{ field: 'after' }] });
      }
    }),
  );
});
