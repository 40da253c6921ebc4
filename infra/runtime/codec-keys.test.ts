import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { parseKeyRing } from './codec-keys.ts';

const key = randomBytes(32).toString('base64');

test('the first key encrypts, all of them are found', () => {
  const ring = parseKeyRing(` new:${key} , old:${randomBytes(32).toString('base64')},`);
  expect(ring.current.id).toBe('new');
  expect(ring.ids).toEqual(['new', 'old']);
  expect(ring.find('new')?.export().toString('base64')).toBe(key);
  expect(ring.find('other')).toBeUndefined();
});

test('padding may be left out', () => {
  expect(parseKeyRing(`a:${key.replace(/=+$/, '')}`).ids).toEqual(['a']);
});

test.each([
  ['', 'at least one key'],
  [' , ', 'at least one key'],
  [key, 'entry 1 must be id:base64key'],
  [`:${key}`, 'entry 1 must be id:base64key'],
  [`a b:${key}`, 'entry 1 must be id:base64key'],
  [`a:${key},b:${randomBytes(16).toString('base64')}`, 'entry 2 (b) must have 32 bytes'],
  [`a:${key}!`, 'entry 1 (a) must have 32 bytes'],
  [`a:${key},a:${key}`, 'must not have a key id twice'],
])('refuses %j', (text, problem) => {
  expect(() => parseKeyRing(text)).toThrow(problem);
});

test('a refusal never quotes a key', () => {
  const short = randomBytes(31).toString('base64');
  for (const text of [short, `a:${short}`, `a:${key},${short}`]) {
    try {
      parseKeyRing(text);
      expect.unreachable();
    } catch (error) {
      expect(String(error)).not.toContain(short.slice(0, 20));
    }
  }
});
