/** What must not be in the repository, and what its pages must hold. Looks at every file that is not ignored. */
import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

const SKIPPED_FOLDERS = /(?:^|\/)(?:node_modules|\.git|histories)(?:\/|$)/;
const TEXT = /\.(?:ts|mjs|json|md|sql|sh|ps1|hcl|ya?ml|example|service)$|^\.ci\/run$/;

const files = globSync('**/*', { cwd: root, exclude: (path) => SKIPPED_FOLDERS.test(path) })
  .concat(globSync('.ci/*', { cwd: root }), globSync('.*.mjs', { cwd: root }), globSync('.env.example', { cwd: root }))
  .filter((path) => TEXT.test(path) && statSync(join(root, path)).isFile());
const pages = files.filter((path) => path.endsWith('.md'));

/** Built from pieces, so that this file does not find itself. */
const FORBIDDEN: readonly { readonly what: string; readonly pattern: RegExp }[] = [
  { what: 'a folder beside the project', pattern: new RegExp(['\\.\\.', 'shared'].join('/')) },
  {
    what: "a path of somebody's machine",
    pattern: new RegExp(`(?:^|[\\s'"\`(=:])/(?:${['work', 'root', 'home'].join('|')})/`, 'm'),
  },
  { what: 'a focused test', pattern: new RegExp(['\\b(?:test|it|describe|suite)(?:\\.\\w+)*', 'only\\('].join('\\.')) },
  {
    what: 'a skipped test',
    pattern: new RegExp(['\\b(?:test|it|describe|suite)(?:\\.\\w+)*', '(?:skip|todo)\\('].join('\\.')),
  },
  { what: 'a merge conflict', pattern: /^(?:<{7}|>{7}) /m },
];

test.each(FORBIDDEN)('no file has $what', ({ pattern }) => {
  const found = files.filter((path) => pattern.test(read(path)));
  expect(found).toEqual([]);
});

test('the search sees the files it should', () => {
  expect(files).toEqual(
    expect.arrayContaining(['README.md', 'contracts/lifecycle.ts', '.dependency-cruiser.mjs', '.ci/run']),
  );
});

test('decisions are numbered without gaps, and each has a state', () => {
  const decisions = pages.filter((path) => dirname(path) === 'docs/decisions' && basename(path) !== 'README.md').sort();
  const wrong = decisions.filter((path, index) => {
    const number = String(index + 1).padStart(4, '0');
    const text = read(path);
    return (
      !basename(path).startsWith(`${number}-`) ||
      !text.startsWith(`# ${number} `) ||
      !/^State: (?:proposed|accepted|superseded by \d{4})$/m.test(text)
    );
  });
  expect(decisions.length).toBeGreaterThan(0);
  expect(wrong).toEqual([]);
});

/** As the forges make anchors: lower case, punctuation gone, blanks to hyphens. */
const anchor = (heading: string): string =>
  heading
    .replace(/[`*_]/g, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s-]/gu, '')
    .trim()
    .replace(/\s/g, '-');

function brokenLinks(page: string): string[] {
  const prose = read(page).replace(/```[\s\S]*?```/g, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map((match) => match[1]!)
    .filter((target) => !/^[a-z]+:/.test(target))
    .filter((target) => {
      const [path, fragment] = target.split('#') as [string, string?];
      const file = path === '' ? page : relative(root, join(root, dirname(page), path));
      if (!existsSync(join(root, file))) return true;
      if (fragment === undefined) return false;
      return ![...read(file).matchAll(/^#+ (.+)$/gm)].some((heading) => anchor(heading[1]!) === fragment);
    });
}

test.each(pages)('links resolve in %s', (page) => {
  expect(brokenLinks(page)).toEqual([]);
});

test('every page under docs is reachable from the README', () => {
  const linked = new Set<string>(['README.md']);
  for (const page of linked) {
    for (const [, target] of read(page).matchAll(/\]\(([^)#\s]+\.md)(?:#[^)]*)?\)/g)) {
      if (/^[a-z]+:/.test(target!)) continue;
      const file = relative(root, join(root, dirname(page), target!));
      if (existsSync(join(root, file))) linked.add(file);
    }
  }
  expect(pages.filter((page) => page.startsWith('docs/') && !linked.has(page))).toEqual([]);
});
