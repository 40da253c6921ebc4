/** The engine dies in the middle of making an account, as in a power cut, and comes back. */
import { setTimeout as sleep } from 'node:timers/promises';
import { FOLDER } from '../openbao.ts';
import { killProcess, startProcess } from '../stack.ts';
import type { Account } from './api.ts';
import { describeControl } from './directory.ts';
import { logOnFromVault, requestAndApprove, templateFor, whenActive, type Chapter, type Scene } from './scene.ts';

/** The blow must fall in the fifth of a second between the first and the last call: it may need another try. */
const ATTEMPTS = 5;

interface Hit {
  readonly account: Account;
  /** What there was in the moment after the blow. */
  readonly found: string;
}

export const engineKilledChapter: Chapter = {
  id: 'engine-killed',
  title: 'The engine is killed while it makes an account',
  after: ['request', 'expire', 'migration', 'undo'],
  claims: {
    killed: 'Killed (SIGKILL) in the middle',
    converged: 'Started again, it finishes the account by itself',
    one: 'One account in the directory, one secret in the vault',
    password: 'The password in the vault is the live one',
  },
  async play(scene, { say, prove }) {
    const template = templateFor(scene.corp, 'Invoice jobs');
    const templateId = await scene.as('administrator').makeTemplate(template);
    const hit = await killInTheMiddle(scene, templateId, say);
    prove('killed', hit !== undefined, hit?.found ?? `not hit in ${ATTEMPTS} attempts`);
    if (!hit) return;
    const { samAccountName } = hit.account;
    await startProcess(scene.stateFolder, 'engine', scene.corp.domain.fqdn);
    const since = performance.now();
    say('the engine runs again; Temporal gives it the step back when the lost attempt has had no heartbeat for 10 s');
    const account = await whenActive(scene, hit.account, 90_000);
    const seconds = ((performance.now() - since) / 1000).toFixed(1);
    prove('converged', true, `${samAccountName} is ${account.state} ${seconds} s after the engine was back`);
    const entries = await scene.corp.findMarked(account.id);
    const secrets = await secretsOf(scene, account);
    prove(
      'one',
      entries.length === 1 && secrets.length === 1,
      `marked as its own: ${entries.length} object (${describeControl(entries[0] ?? {})}), ${secrets.length} secret`,
    );
    const logOn = await logOnFromVault(scene, scene.corp, account);
    prove('password', logOn.holds, logOn.evidence);
  },
};

/** By the mark in them: a second one would have another name. */
async function secretsOf({ vault }: Scene, { id, domain }: Account): Promise<string[]> {
  const folder = `${FOLDER}/${domain}`;
  const secrets = await Promise.all(
    (await vault.list(folder)).map(async (name) => ({
      name,
      accountId: (await vault.read(`${folder}/${name}`))?.accountId,
    })),
  );
  return secrets.filter(({ accountId }) => accountId === id).map(({ name }) => name);
}

async function killInTheMiddle(
  scene: Scene,
  templateId: string,
  say: (line: string) => void,
): Promise<Hit | undefined> {
  const { fqdn } = scene.corp.domain;
  const directory = await scene.corp.connect();
  try {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const samAccountName = attempt === 1 ? 'svc-invoices' : `svc-invoices-${attempt}`;
      const approving = requestAndApprove(scene, templateId, samAccountName);
      const deadline = performance.now() + 30_000;
      while (!(await directory.exists(samAccountName)) && performance.now() < deadline) await sleep(3);
      await killProcess(scene.stateFolder, 'engine', fqdn);
      const account = await approving;
      const hit = await examine(scene, account);
      if (hit) {
        say(`engine of ${fqdn} killed: ${hit.found}`);
        return hit;
      }
      say(`engine of ${fqdn} killed, but ${samAccountName} was complete already: once more with another account`);
      await startProcess(scene.stateFolder, 'engine', fqdn);
    }
    return undefined;
  } finally {
    await directory.close();
  }
}

/** What the blow left behind; undefined when the engine had finished before it. */
async function examine(scene: Scene, { id, samAccountName, domain }: Account): Promise<Hit | undefined> {
  const [entry] = await scene.corp.find(samAccountName);
  const secret = await scene.vault.read(`${FOLDER}/${domain}/${samAccountName}`);
  const account = await scene.as('requester').account(id);
  if (!entry || account.state !== 'approved' || !secret?.hasPending) return undefined;
  const object = `${samAccountName} in the directory, ${describeControl(entry)}, marked ${entry['info']?.[0]?.split(':')[0]}`;
  return { account, found: `${object}; its password in the vault still pending; the API says ${account.state}` };
}
