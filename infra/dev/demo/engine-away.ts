/** The engine of a domain is off when a request for it is approved. */
import { startProcess, stopProcess } from '../stack.ts';
import { whenAccount } from './api.ts';
import { logOnFromVault, requestAndApprove, templateFor, whenActive, type Chapter } from './scene.ts';

export const engineAwayChapter: Chapter = {
  id: 'engine-away',
  title: 'A request for a domain whose engine is off',
  after: [],
  claims: {
    queued: 'The API says within 60 s that it is queued and the engine away',
    done: 'It is provisioned within 10 s of the engine’s start',
    password: 'The password in the vault logs it on',
  },
  async play(scene, { say, prove }) {
    const { fqdn } = scene.branch.domain;
    const templateId = await scene.as('administrator').makeTemplate(templateFor(scene.branch, 'Branch jobs'));
    await stopProcess(scene.stateFolder, 'engine', fqdn);
    say(`the engine of ${fqdn} is off`);
    const approved = await requestAndApprove(scene, templateId, 'svc-branch-sync');
    const approvedAt = performance.now();
    say('svc-branch-sync is approved and waits');
    const isQueued = ({ blocked }: { blocked: { code: string } | null }): boolean => blocked?.code === 'EngineOffline';
    const patience = { timeoutMs: 60_000, intervalMs: 500 };
    const queued = await whenAccount(scene.as('requester'), approved.id, 'queued, engine away', isQueued, patience);
    const seconds = ((performance.now() - approvedAt) / 1000).toFixed(0);
    say(`after ${seconds} s the API says: ${queued.blocked?.message}`);
    prove('queued', true, `after ${seconds} s, ${queued.state}, ${queued.blocked?.code}: "${queued.blocked?.message}"`);
    const startedAt = performance.now();
    const [account] = await Promise.all([
      whenActive(scene, approved, 60_000),
      startProcess(scene.stateFolder, 'engine', fqdn),
    ]);
    const start = Date.now() - (performance.now() - startedAt);
    const provisioned = (await scene.as('requester').events(account.id)).find(({ type }) => type === 'provisioned');
    const tookSeconds = (Date.parse(provisioned?.at ?? '') - start) / 1000;
    say(`svc-branch-sync was provisioned ${tookSeconds.toFixed(1)} s after its engine was started`);
    prove(
      'done',
      tookSeconds <= 10,
      `${account.state} ${tookSeconds.toFixed(1)} s after the start of the engine's process`,
    );
    const logOn = await logOnFromVault(scene, scene.branch, account);
    prove('password', logOn.holds, logOn.evidence);
  },
};
