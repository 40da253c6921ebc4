/** Five years of an account in a minute: on a stack of its own, whose time is skipped. Everything else of it is real. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { advance } from '../../infra/dev/advance.ts';
import { whenAccount, type Account } from '../../infra/dev/demo/api.ts';
import { isEnabled } from '../../infra/dev/demo/directory.ts';
import { makePlayTemplate } from '../../infra/dev/demo/play-time.ts';
import { openScene, requestAndApprove, whenActive, type Scene } from '../../infra/dev/demo/scene.ts';
import { killProcess, startProcess, startStack, stopStack } from '../../infra/dev/stack.ts';
import { parseTimeSpan } from '../../infra/dev/time-span.ts';

const NAME = 'svc-play';
const DOMAIN = 'corp.example.test';
/** How far the clocks of API, platform and Temporal may be apart, and how long a step takes. */
const TOLERANCE_MS = 10_000;

let stateFolder: string;
let scene: Scene;
let templateId: string;

beforeAll(async () => {
  const started = await startStack({ play: true });
  stateFolder = started.stateFolder;
  scene = await openScene(stateFolder, started.stack);
  templateId = await makePlayTemplate(scene);
}, 240_000);
afterAll(() => stopStack(stateFolder), 60_000);

const skip = (span: string): Promise<Date> => advance(stateFolder, parseTimeSpan(span)!, console.error);
const isDisabledInDirectory = async (): Promise<boolean> => !isEnabled((await scene.corp.find(NAME))[0]!);
const until = (id: string, state: Account['state']): Promise<Account> =>
  whenAccount(scene.as('owner'), id, `it is ${state}`, (account) => account.state === state, { timeoutMs: 30_000 });

function expectClose(instant: string | null | undefined, to: string | null | undefined): void {
  expect(Math.abs(Date.parse(instant ?? '') - Date.parse(to ?? ''))).toBeLessThan(TOLERANCE_MS);
}

test('request, notices, renewal, end, return, retirement and undo follow the clock that is skipped', async () => {
  const owner = scene.as('owner');
  const administrator = scene.as('administrator');
  const requested = await requestAndApprove(scene, templateId, NAME);
  const first = await whenActive(scene, requested, 60_000);
  const { id } = first;
  expect(first.allowedActions).not.toContain('renew');

  await skip('340d');
  const [opened] = (await administrator.notices(id)).filter(({ kind }) => kind === 'renewal-opened');
  expect(opened?.dueAt).toBe(first.renewalOpensAt);
  expectClose(opened?.createdAt, first.renewalOpensAt);
  expect((await owner.account(id)).allowedActions).toContain('renew');
  const second = await owner.act(id, 'renew');
  expect(second.startsAt).toBe(first.endsAt);

  const late = await skip('2y');
  expect(late > new Date(second.endsAt!)).toBe(true);
  await until(id, 'expired');
  expect(await isDisabledInDirectory()).toBe(true);
  expectClose((await owner.events(id)).find(({ type }) => type === 'expired')?.at, second.endsAt);
  expect((await owner.why(id)).sentence).toContain(NAME);

  await owner.act(id, 'renew');
  const third = await until(id, 'active');
  expect(third.startsAt).toBe(`${late.toISOString().slice(0, 10)}T00:00:00.000Z`);
  expect(await isDisabledInDirectory()).toBe(false);

  await owner.act(id, 'retire');
  await until(id, 'quarantined');
  await skip('29d');
  await owner.act(id, 'restore');
  await until(id, 'active');

  await skip('1y');
  await owner.act(id, 'retire');
  await until(id, 'quarantined');
  await skip('31d');
  await until(id, 'retired');
  expect(await scene.corp.find(NAME)).toEqual([]);
});

test('a program that is killed and started finds the account again: it answers, and its time goes on', async () => {
  const owner = scene.as('owner');
  const { id } = await whenActive(scene, await requestAndApprove(scene, templateId, NAME), 60_000);
  for (const [role, domain, span, action, state] of [
    // The window opens: the control plane works on the account, and has it in memory when it is killed.
    ['control-plane', undefined, '340d', 'disable', 'disabled'],
    ['api', undefined, '1d', 'enable', 'active'],
    ['engine', DOMAIN, '1d', 'disable', 'disabled'],
  ] as const) {
    await skip(span);
    expect(await killProcess(stateFolder, role, domain)).toBe(true);
    await startProcess(stateFolder, role, domain);
    expect((await owner.why(id)).sentence, `after ${role} was killed`).toContain(NAME);
    await owner.act(id, action);
    await until(id, state);
  }
  await skip('1y');
  await until(id, 'expired');
});
