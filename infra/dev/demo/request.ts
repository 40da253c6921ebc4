/** A request with two steps of approval, a denial, and what comes of the request in the directory and the vault. */
import { describeControl, expiryOf, isEnabled, type Entry } from './directory.ts';
import type { Account, Problem } from './api.ts';
import { logOnFromVault, templateFor, whenActive, type Chapter, type Scene, type Stage } from './scene.ts';

const APPROVERS = ['approver1', 'approver2', 'approver3'] as const;

export const requestChapter: Chapter = {
  id: 'request',
  title: 'A request becomes an account',
  after: [],
  claims: {
    selfApproval: 'Nobody approves their own request',
    quorum: 'Two steps of approval, the second needs two of three',
    denial: 'A denial ends a request and tells why',
    one: 'The account is in the directory, once',
    enabled: 'It is enabled and joined its group',
    acl: 'It cannot change its password',
    expiry: 'The directory itself ends it on its end date',
    password: 'The password in the vault logs it on',
  },
  async play(scene, stage) {
    const templateId = await scene.as('administrator').makeTemplate(
      templateFor(scene.corp, 'Payroll jobs', {
        approval: {
          steps: [
            { name: 'line manager', approvers: { users: ['approver1'] }, quorum: 1 },
            { name: 'security', approvers: { users: [...APPROVERS] }, quorum: 2 },
          ],
        },
      }),
    );
    stage.say('the administrator made a template with two steps of approval, the second 2 of 3');
    await deny(scene, stage, templateId);
    const account = await approve(scene, stage, templateId);
    await look(scene, stage, await whenActive(scene, account, 60_000));
  },
};

async function deny(scene: Scene, stage: Stage, templateId: string): Promise<void> {
  const requester = scene.as('requester');
  const { id } = await requester.submit({ templateId, samAccountName: 'svc-spare', justification: 'Might be useful' });
  await scene.as('approver1').act(id, 'decide', { decision: 'deny', reason: 'Come back when you need it.' });
  const { state, approval } = await requester.account(id);
  const reason = approval.votes[0]?.reason;
  stage.say(`approver1 denied svc-spare: "${reason}"`);
  const inDirectory = (await scene.corp.find('svc-spare')).length;
  stage.prove(
    'denial',
    state === 'rejected' && reason === 'Come back when you need it.' && inDirectory === 0,
    `svc-spare is ${state}; the requester reads "${reason}"; ${inDirectory} objects in the directory`,
  );
}

async function approve(scene: Scene, stage: Stage, templateId: string): Promise<Account> {
  const requester = scene.as('requester');
  const justification = 'Runs the monthly payroll export';
  const account = await requester.submit({
    templateId,
    samAccountName: 'svc-payroll',
    justification,
    owners: ['owner'],
  });
  stage.say('the requester asked for svc-payroll');
  const own = await requester.call<Problem>('POST', `/accounts/${account.id}/decide`, { decision: 'approve' });
  stage.prove('selfApproval', own.status === 409 && own.body.code === 'SelfApproval', `${own.status} ${own.body.code}`);
  const states = ['submitted'];
  for (const voter of ['approver1', 'approver3', 'approver2'] as const) {
    const { state, approval } = await scene.as(voter).act(account.id, 'decide', { decision: 'approve' });
    states.push(state);
    stage.say(`${voter} approved svc-payroll: ${state}, ${approval.votes.length} of 3 votes`);
  }
  const { approval } = await requester.account(account.id);
  const votes = approval.votes.map(({ approver, step }) => `${approver} on step ${step + 1}`).join(', ');
  stage.prove(
    'quorum',
    states.slice(0, 3).every((state) => state === 'submitted') && states[3] !== 'submitted',
    `${votes}; states ${states.join(' → ')}`,
  );
  return account;
}

async function look(scene: Scene, stage: Stage, account: Account): Promise<void> {
  stage.say('svc-payroll is active; looking at the domain controller and into the vault');
  const entries = await scene.corp.find('svc-payroll');
  const entry: Entry = entries[0] ?? {};
  const { distinguishedName: dn, endsAt } = account;
  stage.prove('one', entries.length === 1 && entry['dn']?.[0] === dn, `ldapsearch: ${entries.length} object, ${dn}`);
  const groups = entry['memberof'] ?? [];
  stage.prove(
    'enabled',
    isEnabled(entry) && groups.some((group) => group.startsWith('CN=payroll-readers,')),
    `userAccountControl ${describeControl(entry)}; memberOf ${groups.join(' ')}`,
  );
  const denied = await scene.corp.deniedToChangePassword(dn ?? '');
  stage.prove('acl', denied.length === 2, `samba-tool dsacl: User-Change-Password denied to ${denied.join(' and ')}`);
  const expiry = expiryOf(entry)?.toISOString();
  stage.prove('expiry', expiry !== undefined && expiry === endsAt, `accountExpires ${expiry}, the API says ${endsAt}`);
  const logOn = await logOnFromVault(scene, scene.corp, account);
  stage.prove('password', logOn.holds, logOn.evidence);
}
