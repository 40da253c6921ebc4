import { expect, test } from 'vitest';
import { ROUTES } from '../../contracts/http/routes.ts';
import { createOpenApiDocument } from './openapi.ts';

const document = createOpenApiDocument('https://alm.example.com/');

/** Every value under `key` at any depth. */
function valuesOf(key: string, value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => [...(name === key ? [inner] : []), ...valuesOf(key, inner)]);
}

test('has every route once, below the public address', () => {
  const ids = valuesOf('operationId', document.paths);
  expect(ids.sort()).toEqual(ROUTES.map((route) => route.operationId).sort());
  expect(new Set(ids).size).toBe(ids.length);
  expect(document['servers']).toEqual([{ url: 'https://alm.example.com/api/v1' }]);
});

test('every reference leads somewhere, and none to itself', () => {
  const names = Object.keys(document.components.schemas);
  for (const reference of valuesOf('$ref', document)) {
    expect(names).toContain(String(reference).replace('#/components/schemas/', ''));
  }
  for (const schema of Object.values(document.components.schemas)) expect(schema).not.toHaveProperty('$ref');
});

test('every parameter of a path is described', () => {
  for (const [path, methods] of Object.entries(document.paths)) {
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
    for (const operation of Object.values(methods)) {
      const described = (operation['parameters'] as { in: string; name: string }[]).filter(
        ({ in: place }) => place === 'path',
      );
      expect(described.map(({ name }) => name).sort()).toEqual(inPath.sort());
    }
  }
});

test('descriptions of the contracts are in it', () => {
  expect(JSON.stringify(document.components.schemas['NewTemplate'])).toContain('RE2 expression');
});
