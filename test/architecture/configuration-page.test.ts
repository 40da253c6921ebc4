/** `docs/operate/configuration.md` has every variable of every program, with who reads it and its default. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PROGRAMS } from '../../infra/runtime/programs.ts';
import type { Variable } from '../../infra/runtime/variable.ts';

const CALLED: Readonly<Record<string, string>> = {
  'api/main.ts': 'API',
  'workers/control-plane.ts': 'control plane',
  'workers/engine.ts': 'engine',
  'workers/codec-server.ts': 'codec server',
  'db/migrate.ts': 'migrate',
  'api/create-administrator.ts': 'create-administrator',
  'workers/rebuild-projection.ts': 'rebuild',
  'workers/bundle-workflows.ts': 'bundle-workflows',
};

/** `name ¹ | readers | defaults`, the mark for secrets. */
function rowsFromPrograms(): string[] {
  const rows = new Map<string, { secret: boolean; readers: string[]; defaults: Set<string> }>();
  for (const { name, variables } of PROGRAMS) {
    for (const variable of Object.values(variables)) {
      const row = rows.get(variable.name) ?? { secret: variable.kind === 'secret', readers: [], defaults: new Set() };
      row.readers.push(CALLED[name] ?? name);
      row.defaults.add(defaultOf(variable));
      rows.set(variable.name, row);
    }
  }
  return [...rows].map(
    ([name, { secret, readers, defaults }]) =>
      `\`${name}\`${secret ? ' ¹' : ''} | ${readers.join(', ')} | ${[...defaults].join(', ')}`,
  );
}

function defaultOf({ required, fallback }: Variable<unknown>): string {
  if (required) return 'required';
  return fallback === undefined ? 'optional' : `\`${fallback}\``;
}

test('the page has exactly the variables of the programs', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/operate/configuration.md'), 'utf8');
  const rows = [...page.matchAll(/^\| (`[A-Z_]+`[^|]*)\|([^|]+)\|([^|]+)\|/gm)].map(([, ...cells]) =>
    cells.map((cell) => cell.trim()).join(' | '),
  );
  expect(rows.sort()).toEqual(rowsFromPrograms().sort());
});
