/** The chapters of the demonstration: each does one thing through the public API and shows what came of it. */
import type { Account } from '../../../contracts/account.ts';
import { secretPath } from '../../../contracts/ids.ts';
import { eventually } from '../eventually.ts';
import { DOMAINS, killProcess, startProcess, stopProcess } from '../stack.ts';
import type { Problem } from './client.ts';
import { logOnWithVaultPassword, lookInDirectory, lookInVault } from './evidence.ts';
import type { Stage } from './story.ts';

const [CORP, BRANCH] = DOMAINS;
const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** Both approval steps: one of one, then two of three. */
async function approve({ client }: Stage, account: Account): Promise<Account> {
  await client.act('approver1', account, 'decide', { decision: 'approve' });
  await client.act('approver2', account, 'decide', { decision: 'approve' });
  return client.act('approver3', account, 'decide', { decision: 'approve' });
}

/** Requests, refusals, approvals, and the account as the controller shows it. */
export async function approval(stage: Stage): Promise<void> {
  const { client, stateFolder, say, claim } = stage;
  say('a requester asks for svc-payroll, and for svc-shadow, which is denied');
  const shadow = await client.submit(stage.templates.yearly, 'svc-shadow');
  const reason = 'Use svc-payroll instead';
  const denied = await client.act('approver1', shadow, 'decide', { decision: 'deny', reason });
  const told = (await client.events(shadow)).find((event) => event.type === 'rejected')?.detail['reason'];
  claim(
    'a denial with a reason ends a request',
    denied.state === 'rejected' && told === reason,
    `${denied.state}: “${told}”`,
  );

  const payroll = await client.submit(stage.templates.yearly, 'svc-payroll');
  const own = await client.post<Problem>('requester', `/accounts/${payroll.id}/decide`, { decision: 'approve' });
  claim('nobody approves their own request', own.body.code === 'SelfApproval', `${own.status} ${own.body.code}`);
  await client.act('approver1', payroll, 'decide', { decision: 'approve' });
  const one = await client.act('approver2', payroll, 'decide', { decision: 'approve' });
  const start = performance.now();
  await client.act('approver3', payroll, 'decide', { decision: 'approve' });
  claim(
    'the second step needs 2 of 3',
    one.state === 'submitted' && one.approval.openStep === 1,
    `after 1 of 3: ${one.state}`,
  );
  const active = await client.until(payroll, 'is active', (now) => now.state === 'active', 60_000);
  say(`svc-payroll is active ${seconds(performance.now() - start)} after the last approval`);

  const seen = await lookInDirectory(stateFolder, active);
  claim(
    'the account is enabled in AD',
    seen.count === 1 && seen.enabled,
    `${seen.count} object, enabled: ${seen.enabled}`,
  );
  claim('it is in its groups', seen.groups.includes('payroll-readers'), seen.groups.join(', ') || 'none');
  claim('it cannot change its own password', seen.denials === 2, `${seen.denials} deny ACEs`);
  claim('AD ends it at the end date', seen.expiresAt === active.endsAt, `accountExpires ${seen.expiresAt}`);
  const works = await logOnWithVaultPassword(stateFolder, active);
  claim('the password in the vault logs on', works, works ? `log-on as svc-payroll@${CORP}` : 'log-on refused');
}

/** SIGKILL in the middle of provisioning. */
export async function engineCrash(stage: Stage): Promise<void> {
  const { client, stateFolder, say, claim } = stage;
  const account = await client.submit(stage.templates.yearly, 'svc-crash');
  await approve(stage, account);
  const path = secretPath('service-accounts', CORP, account.samAccountName);
  await eventually('a password is staged', async () => (await lookInVault(stateFolder, path)) !== 'none', {
    timeoutMs: 30_000,
    intervalMs: 2,
  });
  await killProcess(stateFolder, 'engine', CORP);
  const secret = await lookInVault(stateFolder, path);
  const { count } = await lookInDirectory(stateFolder, account);
  say(`the engine of ${CORP} was killed while it made svc-crash: secret ${secret}, ${count} object in AD`);
  await startProcess(stateFolder, 'engine', CORP);
  const active = await client.until(account, 'is active', (now) => now.state === 'active', 120_000);
  const seen = await lookInDirectory(stateFolder, active);
  const works = await logOnWithVaultPassword(stateFolder, active);
  const evidence = `killed with secret ${secret} and ${count} object; then ${seen.count} object, log-on ${works ? 'works' : 'refused'}`;
  claim(
    'a killed engine leaves one account with one live password',
    secret === 'pending' && seen.count === 1 && works,
    evidence,
  );
}

/** The engine of the other domain is off when a request is approved. */
export async function engineAway(stage: Stage): Promise<void> {
  const { client, stateFolder, say, claim } = stage;
  await stopProcess(stateFolder, 'engine', BRANCH);
  const account = await client.submit(stage.templates.branch, 'svc-branch');
  const approvedAt = performance.now();
  await approve(stage, account);
  say(`svc-branch is approved while the engine of ${BRANCH} is off`);
  const queued = await client.until(account, 'says why it waits', (now) => now.blocked !== null, 60_000);
  const waited = seconds(performance.now() - approvedAt);
  claim(
    'an engine that is away is told within 60 s',
    queued.blocked?.code === 'EngineOffline',
    `after ${waited}: “${queued.blocked?.message}”`,
  );
  const start = performance.now();
  await startProcess(stateFolder, 'engine', BRANCH);
  const active = await client.until(account, 'is active', (now) => now.state === 'active', 60_000);
  const tookMs = performance.now() - start;
  const works = await logOnWithVaultPassword(stateFolder, active);
  claim(
    'it provisions within 10 s of the engine’s start',
    tookMs <= 10_000 && works,
    `active ${seconds(tookMs)} after the start`,
  );
}

/** Reminder, renewal inside its window, end date, retirement. */
export async function lifeAndEnd(stage: Stage): Promise<void> {
  const { client, stateFolder, say, claim } = stage;
  const [batch, report] = await Promise.all([
    provisioned(stage, stage.templates.shortDelete, 'svc-batch'),
    provisioned(stage, stage.templates.shortDisable, 'svc-report'),
  ]);
  const early = await client.post<Problem>('owner', `/accounts/${batch.id}/renew`);
  claim(
    'renewal is refused before its window',
    early.body.code === 'RenewalNotOpen',
    `${early.status} ${early.body.code}`,
  );
  await eventually('the reminder', async () => (await client.events(batch)).some(({ type }) => type === 'reminded'), {
    timeoutMs: 60_000,
  });
  claim('owners are reminded', true, `event “reminded” at ${new Date().toISOString()}`);
  await client.until(batch, 'may be renewed', (now) => Date.now() > Date.parse(now.renewalOpensAt!), 60_000);
  const renewed = await client.act('owner', batch, 'renew');
  const seen = await lookInDirectory(stateFolder, renewed);
  const moved = renewed.endsAt! > batch.endsAt! && seen.expiresAt === renewed.endsAt;
  claim('renewal inside the window begins another period', moved, `${batch.endsAt} → ${renewed.endsAt}, in AD too`);

  const expired = await client.until(report, 'is expired', (now) => now.state === 'expired', 90_000);
  const after = await lookInDirectory(stateFolder, expired);
  claim('the end date disables the account', after.count === 1 && !after.enabled, `enabled: ${after.enabled}`);
  await client.act('owner', expired, 'retire');
  say('svc-report is retired by its owner; svc-batch ends by itself');
  for (const [account, claimed] of [
    [expired, 'retirement leaves neither account nor secret'],
    [renewed, 'end-of-life Delete leaves neither account nor secret'],
  ] as const) {
    await client.until(account, 'is retired', (now) => now.state === 'retired', 90_000);
    await gone(stage, account, claimed);
  }
}

/** Control plane and Temporal are killed while an account sleeps. */
export async function powerCut(stage: Stage): Promise<void> {
  const { client, stateFolder, say, claim } = stage;
  const sleeper = await provisioned(stage, stage.templates.sleeper, 'svc-sleeper');
  await killProcess(stateFolder, 'control-plane');
  await killProcess(stateFolder, 'temporal');
  say('the control plane and the Temporal server were killed; they start again');
  await startProcess(stateFolder, 'temporal');
  await startProcess(stateFolder, 'control-plane');
  await client.until(sleeper, 'is retired', (now) => now.state === 'retired', 120_000);
  const events = await client.events(sleeper);
  const ended = events.find(({ type }) => type === 'retirement-requested' || type === 'expired');
  const late = ended ? Date.parse(ended.at) - Date.parse(sleeper.endsAt!) : Number.NaN;
  claim(
    'timers fire after a crash of control plane and Temporal',
    ended !== undefined,
    `the end came ${seconds(late)} after its time`,
  );
  await gone(stage, sleeper, 'what slept through the crash ended in AD and vault');
}

async function provisioned(stage: Stage, template: string, name: string): Promise<Account> {
  const account = await stage.client.submit(template, name);
  await approve(stage, account);
  return stage.client.until(account, 'is active', (now) => now.state === 'active', 60_000);
}

async function gone({ stateFolder, claim }: Stage, account: Account, claimed: string): Promise<void> {
  const { count } = await lookInDirectory(stateFolder, account);
  const secret = await lookInVault(stateFolder, account.secret!.vaultPath);
  claim(
    claimed,
    count === 0 && secret === 'none',
    `${account.samAccountName}: ${count} objects in AD, secret: ${secret}`,
  );
}
