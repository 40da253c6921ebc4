import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { STOP_WITHIN_MS } from './grace.ts';

const root = join(import.meta.dirname, '../..');
const units = globSync('infra/deploy/systemd/*.service', { cwd: root });

test('the units of systemd wait at least as long as programs take to end', () => {
  expect(units.length).toBeGreaterThan(3);
  for (const unit of units) {
    const [, seconds] = /^TimeoutStopSec=(\d+)$/m.exec(readFileSync(join(root, unit), 'utf8')) ?? [];
    expect(Number(seconds) * 1000, unit).toBeGreaterThanOrEqual(STOP_WITHIN_MS);
  }
});

test('the page for operators says how long that is', () => {
  const page = readFileSync(join(root, 'docs/operate/install.md'), 'utf8');
  expect(page).toContain(`give them ${STOP_WITHIN_MS / 1000} seconds`);
});
