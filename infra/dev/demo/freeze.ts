/** An account's end falls into a time in which its domain is frozen: it is met when the domain is thawed. */
import { setTimeout as sleep } from 'node:timers/promises';
import { whenAccount, type Account } from './api.ts';
import { describeControl, isEnabled } from './directory.ts';
import { requestAndApprove, templateFor, whenActive, type Chapter, type Scene } from './scene.ts';

const NAME = 'svc-branch-till';
const TERMS = { intervals: ['PT15S'], renewalWindow: 'PT10S', endOfLife: 'disable' as const };
/** Long enough for an end that is not held up to be met. */
const FROZEN_MS = 5_000;

export const freezeChapter: Chapter = {
  id: 'freeze',
  title: 'A frozen domain',
  after: ['engine-away'],
  claims: {
    frozen: 'While a domain is frozen, no end is met in it',
    thawed: 'Thawed, what was due is done by itself',
  },
  async play(scene, { say, prove }) {
    const { fqdn } = scene.branch.domain;
    const administrator = scene.as('administrator');
    const freeze = await administrator.ask<{ id: string }>('POST', '/freezes', {
      scope: 'domain',
      subject: fqdn,
      reason: 'The year is being closed.',
    });
    say(`an administrator froze ${fqdn}`);
    const template = templateFor(scene.branch, 'Tills', { lifecycle: TERMS });
    const templateId = await administrator.makeTemplate(template);
    const account = await whenActive(scene, await requestAndApprove(scene, templateId, NAME), 60_000);
    const isHeld = ({ blocked }: Account): boolean => blocked?.code === 'Frozen';
    const held = await whenAccount(scene.as('owner'), account.id, `the end of ${NAME} is held`, isHeld, {
      timeoutMs: 60_000,
    });
    await sleep(FROZEN_MS);
    const frozen = await look(scene);
    say(`${NAME} should have been disabled at ${account.endsAt}: ${held.blocked?.message}`);
    prove(
      'frozen',
      frozen.enabled,
      `due ${account.endsAt}; ${FROZEN_MS / 1000} s after it was held: ${frozen.control}, ${held.blocked?.code}: "${held.blocked?.message}"`,
    );
    const thawedAt = performance.now();
    await administrator.ask('POST', `/freezes/${freeze.id}/thaw`);
    const isExpired = ({ state }: Account): boolean => state === 'expired';
    await whenAccount(scene.as('owner'), account.id, `${NAME} ends`, isExpired, { timeoutMs: 120_000 });
    const seconds = ((performance.now() - thawedAt) / 1000).toFixed(0);
    const thawed = await look(scene);
    say(`${fqdn} was thawed, and ${NAME} disabled ${seconds} s later`);
    prove('thawed', !thawed.enabled, `expired ${seconds} s after the thaw: ${thawed.control}`);
  },
};

async function look(scene: Scene): Promise<{ enabled: boolean; control: string }> {
  const entry = (await scene.branch.find(NAME))[0] ?? {};
  return { enabled: isEnabled(entry), control: describeControl(entry) };
}
