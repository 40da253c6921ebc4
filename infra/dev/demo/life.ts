/**
 * Notices, renewal, expiry and retirement, in seconds what takes years elsewhere, while the servers that keep time are
 * killed. svc-report is renewed and expires; svc-batch is deleted at its end, which falls into the outage.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../eventually.ts';
import { killProcess, startProcess } from '../stack.ts';
import { whenAccount, type Account, type AccountEvent, type Notice, type Problem } from './api.ts';
import { describeControl, expiryOf, isEnabled } from './directory.ts';
import { proveOnce } from './once.ts';
import { requestAndApprove, templateFor, whenActive, type Chapter, type Scene, type Stage } from './scene.ts';

const INTERVAL_MS = 40_000;
const TERMS = {
  intervals: ['PT40S'],
  renewalWindow: 'PT25S',
  notices: { remindEvery: 'PT10S' },
};
/** Where the owner is told. */
const ADDRESSES = ['owner@example.test', 'owner.on-call@example.test'];
/** How late a deadline may be met on a busy machine. */
const PUNCTUAL_MS = 10_000;

export const lifeChapter: Chapter = {
  id: 'life',
  title: 'A life in seconds, with the servers killed in between',
  after: ['engine-killed', 'freeze'],
  claims: {
    notice: 'The owners are told in time that renewal opens',
    early: 'Renewal is refused before its window',
    renewal: 'Renewal inside the window adds a period, in the directory too',
    outage: 'Control plane and Temporal are killed while accounts sleep',
    missed: 'An end date that fell into the outage is met after it',
    deleted: 'Deleted at its end: account and secret are gone',
    timers: 'Timers of sleeping accounts fire all the same',
    once: 'Each notice went out once to each address',
    expiry: 'Expired at its end date: disabled, the secret stays',
    retirement: 'Retired by its owner: account and secret are gone',
  },
  async play(scene, stage) {
    await reach(scene);
    const [report, batch] = await begin(scene, stage);
    await renew(scene, stage, report);
    const backAt = await outage(scene, stage, batch);
    await Promise.all([deletedAtEnd(scene, stage, batch), laterDeadlines(scene, stage, report, backAt)]);
    await proveOnce(scene, stage, report);
    await retire(scene, stage, report);
  },
};

/** The owner has two addresses, and is told at both. */
async function reach(scene: Scene): Promise<void> {
  await scene.as('administrator').ask('POST', '/users/owner/contact', { emails: ADDRESSES });
}

async function begin(scene: Scene, { say }: Stage): Promise<[Account, Account]> {
  const made = (['disable', 'delete'] as const).map(async (endOfLife) => {
    const name = endOfLife === 'disable' ? 'svc-report' : 'svc-batch';
    const lifecycle = { ...TERMS, endOfLife };
    const template = templateFor(scene.corp, `Half a minute, then ${endOfLife}`, { lifecycle });
    const templateId = await scene.as('administrator').makeTemplate(template);
    return whenActive(scene, await requestAndApprove(scene, templateId, name), 60_000);
  });
  const [report, batch] = (await Promise.all(made)) as [Account, Account];
  say('svc-report and svc-batch are active for 40 s; the first is disabled at its end, the second deleted');
  return [report, batch];
}

async function renew(scene: Scene, { say, prove }: Stage, { id, samAccountName, ...account }: Account): Promise<void> {
  const owner = scene.as('owner');
  const early = await owner.call<Problem>('POST', `/accounts/${id}/renew`);
  prove('early', early.status === 409 && early.body.code === 'RenewalNotOpen', `${early.status} ${early.body.code}`);
  const opened = await whenNotice(scene, id, account.renewalOpensAt, 30_000);
  prove(
    'notice',
    opened.kind === 'renewal-opened' && isPunctual(opened.createdAt, opened.dueAt),
    `${opened.kind} due ${opened.dueAt}, in the outbox ${opened.createdAt}`,
  );
  say('the owners of svc-report are told that it can be renewed');
  const isOpen = ({ allowedActions }: Account): boolean => allowedActions.includes('renew');
  await whenAccount(owner, id, 'the window for renewal opens', isOpen, { timeoutMs: 30_000 });
  const renewed = await owner.act(id, 'renew');
  const gainedMs = Date.parse(renewed.endsAt ?? '') - Date.parse(account.endsAt ?? '');
  const [entry] = await scene.corp.find(samAccountName);
  const expires = expiryOf(entry ?? {})?.toISOString();
  prove(
    'renewal',
    gainedMs === INTERVAL_MS && expires === renewed.endsAt,
    `end date ${account.endsAt} → ${renewed.endsAt}; accountExpires ${expires}`,
  );
  say('its owner renewed svc-report for another period');
}

/** Both servers are gone until after the end date of `batch`. Answers when they were back. */
async function outage(scene: Scene, { say, prove }: Stage, batch: Account): Promise<Date> {
  const { stateFolder } = scene;
  await killProcess(stateFolder, 'control-plane');
  await killProcess(stateFolder, 'temporal');
  const killedAt = new Date().toISOString();
  const due = Date.parse(batch.endsAt ?? '');
  say(`control plane and Temporal are killed; the end date of svc-batch falls into the outage`);
  await sleep(Math.max(0, due + 1000 - Date.now()));
  await startProcess(stateFolder, 'temporal');
  await startProcess(stateFolder, 'control-plane');
  const backAt = new Date().toISOString();
  say('both run again, on the data they left');
  prove(
    'outage',
    killedAt < (batch.endsAt ?? '') && (batch.endsAt ?? '') < backAt,
    `SIGKILL ${killedAt}, back ${backAt}`,
  );
  return new Date(backAt);
}

async function deletedAtEnd(scene: Scene, { say, prove }: Stage, { id, endsAt, secret }: Account): Promise<void> {
  const { at } = await whenEvent(scene, id, 'retired', 60_000);
  prove('missed', at > (endsAt ?? ''), `svc-batch ended ${endsAt}, retired ${at}`);
  await proveGone(scene, prove, 'deleted', 'svc-batch', secret?.vaultPath ?? '');
  say('svc-batch is gone from the directory and the vault');
}

/** Notice and end of the renewed period: deadlines that were set before the outage, which ended at `backAt`. */
async function laterDeadlines(
  scene: Scene,
  { say, prove }: Stage,
  { id, secret }: Account,
  backAt: Date,
): Promise<void> {
  const { renewalOpensAt, endsAt } = await scene.as('owner').account(id);
  const notice = await whenNotice(scene, id, renewalOpensAt, 90_000);
  prove(
    'timers',
    isPunctual(notice.createdAt, renewalOpensAt, backAt),
    `notice due ${renewalOpensAt}, in the outbox ${notice.createdAt}`,
  );
  const expired = await whenEvent(scene, id, 'expired', 90_000);
  prove('timers', isPunctual(expired.at, endsAt, backAt), `end due ${endsAt}, recorded ${expired.at}`);
  const [entry] = await scene.corp.find('svc-report');
  const stored = await scene.vault.read(secret?.vaultPath ?? '');
  prove(
    'expiry',
    entry !== undefined && !isEnabled(entry) && stored?.password !== undefined,
    `userAccountControl ${describeControl(entry ?? {})}; ${stored ? 'the secret is there' : 'no secret'}`,
  );
  say('svc-report expired: disabled in the directory');
}

async function retire(scene: Scene, { say, prove }: Stage, { id, secret }: Account): Promise<void> {
  await scene.as('owner').act(id, 'retire');
  await whenEvent(scene, id, 'retired', 60_000);
  await proveGone(scene, prove, 'retirement', 'svc-report', secret?.vaultPath ?? '');
  say('its owner retired svc-report');
}

async function proveGone(
  scene: Scene,
  prove: Stage['prove'],
  claim: string,
  name: string,
  path: string,
): Promise<void> {
  const objects = (await scene.corp.find(name)).length;
  const folder = path.slice(0, path.lastIndexOf('/'));
  const kept = (await scene.vault.list(folder)).filter((secret) => secret === name).length;
  prove(
    claim,
    objects === 0 && kept === 0,
    `${name}: ${objects} objects in the directory, ${kept} secrets in the vault`,
  );
}

async function whenEvent(
  scene: Scene,
  id: string,
  type: AccountEvent['type'],
  timeoutMs: number,
): Promise<AccountEvent> {
  const find = async (): Promise<AccountEvent | undefined> =>
    (await scene.as('administrator').events(id)).find((event) => event.type === type);
  return eventually(`${type} is recorded`, find, { timeoutMs, intervalMs: 250 });
}

/** Waits until the notice that is due then is in the outbox. */
async function whenNotice(scene: Scene, id: string, dueAt: string | null, timeoutMs: number): Promise<Notice> {
  const find = async (): Promise<Notice | undefined> =>
    (await scene.as('administrator').notices(id)).find((notice) => notice.dueAt === dueAt);
  return eventually(`a notice due ${dueAt} is in the outbox`, find, { timeoutMs, intervalMs: 250 });
}

/** Not before it was due, and soon after; what fell into an outage is counted from its end. */
function isPunctual(at: string, due: string | null, backAt = new Date(0)): boolean {
  const dueMs = Date.parse(due ?? '');
  const atMs = Date.parse(at);
  return atMs >= dueMs && atMs - Math.max(dueMs, backAt.getTime()) <= PUNCTUAL_MS;
}
