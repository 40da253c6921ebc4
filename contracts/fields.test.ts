import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import {
  distinguishedNameSchema,
  fqdnSchema,
  lineSchema,
  namePartSchema,
  newUserNameSchema,
  textSchema,
  userNameSchema,
} from './fields.ts';
import { countSchema } from './http/page.ts';

const takes = (schema: z.ZodType, value: unknown): unknown => schema.safeParse(value).data;

describe('what comes in', () => {
  test.each<[string, z.ZodType, unknown, unknown]>([
    ['a domain in capitals', fqdnSchema, 'CORP.Example.com', 'corp.example.com'],
    ['a domain with a space', fqdnSchema, ' corp.example.com', undefined],
    ['a user in capitals', userNameSchema, 'Rita', 'rita'],
    ['a user with a line break', userNameSchema, 'rita\n', undefined],
    ['a distinguished name with a space before', distinguishedNameSchema, ' OU=x', undefined],
    ['a distinguished name with a space behind', distinguishedNameSchema, 'OU=x ', 'OU=x'],
    ['a distinguished name of nothing', distinguishedNameSchema, 'OU= ', undefined],
    ['a part of a name with spaces around', namePartSchema, ' pay ', 'pay'],
    ['a part of a name with a tab', namePartSchema, '\tpay', undefined],
    ['a line with spaces around', lineSchema(5), ' abc ', 'abc'],
    ['a line that is too long with them', lineSchema(5), ' abcd ', undefined],
    ['a line of spaces', lineSchema(5), '   ', undefined],
    ['digits', countSchema(200), '50', 50],
    ...['0', '201', '+5', '05', '5.0', '1e1', '0x10', ' 5', ''].map((text): [string, z.ZodType, unknown, unknown] => [
      `"${text}" for a number`,
      countSchema(200),
      text,
      undefined,
    ]),
  ])('%s', (_what, schema, given, taken) => expect(takes(schema, given)).toBe(taken));
});

describe('nobody new is called like the product', () => {
  test.each(['system', 'System', 'SYSTEM'])('%s', (name) => {
    expect(takes(newUserNameSchema, name)).toBeUndefined();
    // One who was made before can still be disabled.
    expect(takes(userNameSchema, name)).toBe('system');
  });

  test.each(['systems', 'system.a', 'the-system', 'rita'])('but %s may be', (name) =>
    expect(takes(newUserNameSchema, name)).toBe(name),
  );
});

test('text of several lines takes the line ends of Windows, and no other control characters', () => {
  expect(textSchema(20).parse('one\r\ntwo\n')).toBe('one\ntwo');
  expect(textSchema(20).safeParse('one\rtwo').success).toBe(false);
});
