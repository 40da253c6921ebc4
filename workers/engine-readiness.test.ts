import { expect, test } from 'vitest';
import type { DirectorySelfCheck } from '../activities/directory/port.ts';
import type { VaultProbe } from '../activities/vault/port.ts';
import { createLogger } from '../infra/runtime/logger.ts';
import type { Engine } from './compose-engine.ts';
import { engineReadiness } from './engine-readiness.ts';

/** Readiness of an engine that answers from these lists, the last answer for ever, and counts how often it is asked. */
function readinessOf(checks: DirectorySelfCheck[], probes: VaultProbe[]) {
  const asked = { directory: 0, vault: 0 };
  const next = <T>(answers: T[], index: number): Promise<T> =>
    Promise.resolve(answers[Math.min(index, answers.length - 1)]!);
  const engine = {
    directory: { selfCheck: () => next(checks, asked.directory++) },
    vault: { probe: () => next(probes, asked.vault++) },
  } as unknown as Engine;
  const { directory, vault } = engineReadiness(engine, createLogger({ program: 'test', level: 'fatal' }));
  return { asked, directory: directory!, vault: vault! };
}

const fit: DirectorySelfCheck = { outcome: 'ready', findings: [] };
const sealed: VaultProbe = { ready: false, code: 'VaultSealed', message: 'The vault is sealed.' };

test('good answers are kept for a while: who looks every second asks the servers seldom', async () => {
  const { directory, vault, asked } = readinessOf([fit], [{ ready: true }]);
  for (let round = 0; round < 5; round += 1) expect(await Promise.all([directory(), vault()])).toEqual(['ok', 'ok']);
  expect(asked).toEqual({ directory: 1, vault: 1 });
});

test('bad answers say what is wrong and are asked for anew', async () => {
  const tooPowerful: DirectorySelfCheck = { outcome: 'refused', findings: ['Member of Domain Admins.', 'And more.'] };
  const { directory, vault } = readinessOf([tooPowerful, fit], [sealed, { ready: true }]);
  expect(await directory()).toBe('Member of Domain Admins. And more.');
  expect(await vault()).toBe('VaultSealed: The vault is sealed.');
  expect(await Promise.all([directory(), vault()])).toEqual(['ok', 'ok']);
});

test('callers at the same time share one question', async () => {
  const { vault, asked } = readinessOf([fit], [sealed]);
  await Promise.all([vault(), vault(), vault()]);
  expect(asked.vault).toBe(1);
});
