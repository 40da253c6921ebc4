/**
 * Accounts that the directory itself ends (`expire`), renewed by approval. svc-contractor lives for a year; svc-guest for
 * half a minute, so that its end can be seen.
 */
import { whenAccount, type Account, type Notice } from './api.ts';
import { expiryOf, type Observer } from './directory.ts';
import {
  logOnFromVault,
  requestAndApprove,
  templateFor,
  whenActive,
  type Chapter,
  type Scene,
  type Stage,
} from './scene.ts';

const GUEST_TERMS = { intervals: ['PT30S'], renewalWindow: 'PT10S', endOfLife: 'expire' } as const;
const YEARLY_TERMS = { intervals: ['P1Y'], renewalWindow: 'P30D', endOfLife: 'expire' } as const;
const A_DAY_MS = 86_400_000;

export const expireChapter: Chapter = {
  id: 'expire',
  title: 'An account that ends by itself is renewed by approval',
  after: [],
  claims: {
    renewing: 'Asked for, its renewal is approved anew',
    denied: 'A denial leaves the account as it was',
    approved: 'Approved, it has another year, in the directory too',
    lastDay: 'The last day on which it works is told',
    ended: 'At its end the directory refuses it by itself',
    revived: 'Renewed after its end, it works again',
  },
  async play(scene, stage) {
    await Promise.all([renewByApproval(scene, stage), endAndRevive(scene, stage)]);
  },
};

async function renewByApproval(scene: Scene, stage: Stage): Promise<void> {
  const before = await provide(scene, 'Contractors', 'svc-contractor', YEARLY_TERMS);
  const { id } = before;
  stage.say(`svc-contractor is active until ${before.endsAt}`);
  const asked = await askForRenewal(scene, stage, id);
  const denial = { decision: 'deny', reason: 'Is it used at all?' };
  const denied = await scene.as('approver1').act(id, 'decide', denial);
  const heard = (await scene.as('owner').events(id)).find(({ type }) => type === 'renewal-denied');
  const expiresStill = await expiryIn(scene.corp, 'svc-contractor');
  stage.say(`approver1 denied it: "${denial.reason}"; svc-contractor is ${denied.state}`);
  stage.prove(
    'denied',
    denied.state === 'active' && denied.endsAt === before.endsAt && expiresStill === before.endsAt,
    `${asked} → ${denied.state}, "${heard?.detail['reason']}"; accountExpires still ${expiresStill}`,
  );
  await scene.as('owner').act(id, 'request-renewal');
  await scene.as('approver1').act(id, 'decide', { decision: 'approve' });
  const renewed = await whenActive(scene, before, 30_000);
  const expires = await expiryIn(scene.corp, 'svc-contractor');
  stage.say(`asked for again and approved: active until ${renewed.endsAt}`);
  stage.prove(
    'approved',
    renewed.endsAt === aYearAfter(before.endsAt) && expires === renewed.endsAt,
    `end date ${before.endsAt} → ${renewed.endsAt}; accountExpires ${expires}`,
  );
  const lastDay = new Date(Date.parse(expires ?? '') - A_DAY_MS).toISOString().slice(0, 10);
  stage.prove(
    'lastDay',
    renewed.lastDay === lastDay,
    `the API says ${renewed.lastDay}; accountExpires is the midnight after it`,
  );
}

/** Asks for a renewal as the owner, and looks who is asked; answers the state. */
async function askForRenewal(scene: Scene, stage: Stage, id: string): Promise<string> {
  const { state, approval } = await scene.as('owner').act(id, 'request-renewal');
  const isAsked = ({ kind, dueAt }: Notice): boolean => kind === 'approval-needed' && dueAt === approval.openedAt;
  const asked = (await scene.as('administrator').notices(id)).filter(isAsked);
  stage.say(`its owner asks for a renewal: svc-contractor is ${state}`);
  stage.prove(
    'renewing',
    state === 'renewing' && approval.purpose === 'renewal' && asked.length > 0,
    `${state}; notice ${asked[0]?.kind} to ${asked.map(({ recipient }) => recipient).join(' and ')}`,
  );
  return state;
}

async function endAndRevive(scene: Scene, stage: Stage): Promise<void> {
  const guest = await provide(scene, 'Guests', 'svc-guest', GUEST_TERMS);
  const { id } = guest;
  const alive = await logOnFromVault(scene, scene.corp, guest);
  stage.say(`svc-guest is active until ${guest.endsAt}, and logs on`);
  const isExpired = ({ state }: Account): boolean => state === 'expired';
  await whenAccount(scene.as('owner'), id, 'svc-guest expires', isExpired, { timeoutMs: 60_000 });
  const refused = await logOnFromVault(scene, scene.corp, guest);
  stage.say('svc-guest has expired; no engine did anything');
  stage.prove(
    'ended',
    alive.holds && !refused.holds,
    `before ${guest.endsAt}: ${alive.accepted}; after it: ${refused.accepted}, state expired`,
  );
  await scene.as('owner').act(id, 'request-renewal');
  await scene.as('approver1').act(id, 'decide', { decision: 'approve' });
  const renewed = await whenActive(scene, guest, 30_000);
  const again = await logOnFromVault(scene, scene.corp, renewed);
  stage.say(`its renewal was approved: svc-guest is active until ${renewed.endsAt}, and logs on`);
  stage.prove('revived', again.holds, `expired → ${renewed.state} until ${renewed.endsAt}; ${again.evidence}`);
}

async function provide(
  scene: Scene,
  name: string,
  samAccountName: string,
  lifecycle: typeof YEARLY_TERMS | typeof GUEST_TERMS,
): Promise<Account> {
  const terms = { ...lifecycle, intervals: [...lifecycle.intervals] };
  const template = templateFor(scene.corp, name, { lifecycle: terms });
  const templateId = await scene.as('administrator').makeTemplate(template);
  return whenActive(scene, await requestAndApprove(scene, templateId, samAccountName), 60_000);
}

async function expiryIn(where: Observer, samAccountName: string): Promise<string | undefined> {
  const [entry] = await where.find(samAccountName);
  return expiryOf(entry ?? {})?.toISOString();
}

/** The same day of the next year; a leap day has none, and ends a day earlier. */
function aYearAfter(instant: string | null): string {
  const [year, ...rest] = (instant ?? '').split('-');
  return [Number(year) + 1, ...rest].join('-').replace('-02-29T', '-02-28T');
}
