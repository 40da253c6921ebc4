import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { fqdnSchema } from './fields.ts';
import { secretFolder, secretPath } from './ids.ts';
import { vaultFolderSchema } from './template.ts';

describe('where a secret is', () => {
  test('below the folder of its template and its domain', () => {
    expect(secretPath(secretFolder('service-accounts', 'Corp.Example'), 'SVC-a')).toBe(
      'service-accounts/corp.example/svc-a',
    );
    expect(secretPath(secretFolder('service-accounts', 'corp.example', 'payroll/night'), 'svc-a')).toBe(
      'service-accounts/corp.example/payroll/night/svc-a',
    );
  });

  test('never where the engine of another domain may go, whatever templates name and requesters choose', () => {
    const words = ['a', 'b', 'a.b', 'b.a.b', 'a.b.c', 'a/a.b', 'a.b/a', 'a/a.b/b', 'a/b', 'b.a.b/a', '..', 'a/..', '.'];
    const takenBy = (schema: z.ZodType): string[] => words.filter((word) => schema.safeParse(word).success);
    const [folders, domains] = [takenBy(vaultFolderSchema), takenBy(fqdnSchema)];
    expect(folders.length).toBeGreaterThan(2);
    expect(domains).toEqual(['a.b', 'b.a.b', 'a.b.c']);
    for (const domain of domains) {
      for (const other of domains.filter((one) => one !== domain)) {
        for (const [folder, chosen, policy] of allOf(folders)) {
          const path = secretPath(secretFolder(folder, domain, chosen), 'svc-a');
          expect(path.startsWith(`${secretFolder(policy, other)}/`), `${path} by ${policy} of ${other}`).toBe(false);
        }
      }
    }
  });
});

/** A template's folder, what is chosen below it, and a folder of another engine's policy. */
function allOf(folders: readonly string[]): [string, string | undefined, string][] {
  return folders.flatMap((one) =>
    [undefined, ...folders].flatMap((two) =>
      folders.map((three): [string, string | undefined, string] => [one, two, three]),
    ),
  );
}

describe('a folder', () => {
  test.each(['service-accounts', 'a/b/c', 'A_1'])('may be %j', (folder) => {
    expect(vaultFolderSchema.safeParse(folder).success).toBe(true);
  });

  test.each([
    ...['', '/', '/a', 'a/', 'a//b', '.', '..', 'a/../b', './a', 'corp.example.com', 'a/corp.example.com', 'a.b'],
    ...['+', '*', 'a/*', 'a b', ' a', 'a\n', 'a%2f..', 'a\\b', 'ä', 'a?b', 'a#b'],
  ])('may not be %j', (folder) => {
    expect(vaultFolderSchema.safeParse(folder).success).toBe(false);
  });
});
