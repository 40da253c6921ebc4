import { expect, test } from 'vitest';
import { z } from 'zod';
import { ROUTES } from '../../contracts/http/routes.ts';
import { fieldErrors } from './parse.ts';
import { IN_WORDS } from './field-messages.ts';

const said = (schema: z.ZodType, value: unknown): string[] => {
  const parsed = schema.safeParse(value, IN_WORDS);
  return parsed.success ? [] : fieldErrors('body', parsed.error).map(({ message }) => message);
};

test('of a field that is wrong in two ways the first is told', () => {
  expect(said(z.strictObject({ step: z.number().int().max(9) }), { step: 1e99 })).toEqual([
    'must be at most 9007199254740991',
  ]);
});

test.each([
  [z.string(), undefined, 'is missing'],
  [z.enum(['a', 'b']), undefined, 'is missing'],
  [z.string(), 7, 'must be text'],
  [z.number(), 'x', 'must be a number'],
  [z.number().int(), 1.5, 'must be a whole number'],
  [z.boolean(), 'yes', 'must be true or false'],
  [z.array(z.string()), {}, 'must be a list'],
  [z.strictObject({}), [], 'must be an object'],
  [z.record(z.string(), z.string()), 1, 'must be an object'],
  [z.string().min(1), '', 'must not be empty'],
  [z.string().min(4), 'abc', 'must have at least 4 characters'],
  [z.string().max(1), 'ab', 'must have at most 1 character'],
  [z.array(z.string()).min(1), [], 'must not be empty'],
  [z.array(z.string()).max(1), ['a', 'b'], 'must have at most 1 entry'],
  [z.array(z.string()).max(2), ['a', 'b', 'c'], 'must have at most 2 entries'],
  [z.number().min(1), 0, 'must be at least 1'],
  [z.number().max(9), 10, 'must be at most 9'],
  [z.enum(['a', 'b']), 'c', 'must be one of "a", "b"'],
  [z.literal(true), false, 'must be true'],
  [z.uuid(), 'x', 'must be a UUID'],
  [z.email(), 'x', 'must be an e-mail address'],
  [z.iso.datetime({ precision: 3 }), 'x', expect.stringContaining('2026-01-31T00:00:00.000Z')],
  [z.string().regex(/a/), 'b', 'is not written as it must be'],
  [z.string().regex(/a/, 'must have an a'), 'b', 'must have an a'],
  [z.strictObject({}), { extra: 1 }, 'is not a field of this request'],
])('%#: %o', (schema, value, words) => expect(said(schema, value)).toEqual([words]));

/** Of every kind, for every field: what zod itself would say about it is in none of the answers. */
test('no route answers in the words of the parser', () => {
  const values = [undefined, null, 7, 1.5, true, '', 'x'.repeat(5000), [], [null], {}];
  const objects = (schema: z.ZodType): unknown[] => {
    const shape = schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
    return values.map((value) => Object.fromEntries(shape.map((name) => [name, value])));
  };
  const schemas = ROUTES.flatMap(({ body, query }) => [query, ...(body ? [body] : [])]);
  const messages = schemas.flatMap((schema) => [...values, ...objects(schema)].flatMap((value) => said(schema, value)));
  expect(messages.length).toBeGreaterThan(100);
  for (const message of new Set(messages)) expect(message).not.toMatch(/^[A-Z]|expected|received|undefined|NaN/);
});
