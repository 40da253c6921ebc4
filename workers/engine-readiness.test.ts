import { expect, test } from 'vitest';
import type { ControllerState, DirectorySelfCheck } from '../activities/directory/port.ts';
import type { VaultProbe } from '../activities/vault/port.ts';
import { createLogger } from '../infra/runtime/logger.ts';
import type { Engine } from './compose-engine.ts';
import { engineReadiness } from './engine-readiness.ts';

const DC1: ControllerState = { url: 'ldaps://dc1.example.com', problem: null };
const DC2: ControllerState = { url: 'ldaps://dc2.example.com', problem: null };
const SILENT_DC2: ControllerState = { ...DC2, problem: 'LDAP bind: ECONNREFUSED' };

/** Readiness of an engine that answers from these lists, the last answer for ever, and counts how often it is asked. */
function readinessOf(checks: DirectorySelfCheck[], probes: VaultProbe[], controllers: ControllerState[][] = [[DC1]]) {
  const asked = { directory: 0, vault: 0, controllers: 0 };
  const lines: Record<string, unknown>[] = [];
  const next = <T>(answers: T[], index: number): Promise<T> =>
    Promise.resolve(answers[Math.min(index, answers.length - 1)]!);
  const engine = {
    directory: { probeControllers: () => next(controllers, asked.controllers++) },
    powerCheck: { ask: () => next(checks, asked.directory++) },
    vault: { probe: () => next(probes, asked.vault++) },
  } as unknown as Engine;
  const destination = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) };
  const { directory, vault } = engineReadiness(engine, createLogger({ program: 'test', level: 'info', destination }));
  return { asked, lines, directory: directory!, vault: vault! };
}

const fit: DirectorySelfCheck = { outcome: 'ready', findings: [] };
const sealed: VaultProbe = { ready: false, code: 'VaultSealed', message: 'The vault is sealed.' };

test('good answers are kept for a while: who looks every second asks the servers seldom', async () => {
  const { directory, vault, asked } = readinessOf([fit], [{ ready: true }]);
  for (let round = 0; round < 5; round += 1) expect(await Promise.all([directory(), vault()])).toEqual(['ok', 'ok']);
  expect(asked).toEqual({ directory: 1, vault: 1, controllers: 1 });
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

test('the log says which domain controllers answer, at first and when that changes', async () => {
  const lacking: DirectorySelfCheck = { outcome: 'incomplete', findings: ['It lacks a right.'] };
  const both = [DC1, DC2];
  const one = [DC1, SILENT_DC2];
  const { directory, lines } = readinessOf([lacking], [], [both, both, one, both]);
  for (let round = 0; round < 4; round += 1) await directory();
  const told = lines.filter(({ answering }) => answering);
  expect(told).toMatchObject([
    { level: 'info', answering: [DC1.url, DC2.url] },
    { level: 'warn', answering: [DC1.url], silent: [SILENT_DC2] },
    { level: 'info', answering: [DC1.url, DC2.url] },
  ]);
});
