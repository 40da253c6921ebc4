/** One account that sleeps: what its run begins with, and what the projection has of it by then. */
import { randomUUID } from 'node:crypto';
import { hashToken, newToken } from '../api/auth/tokens.ts';
import type { Account, AccountEvent } from '../contracts/account.ts';
import { castVote, openRound } from '../contracts/approval.ts';
import { periodFrom } from '../contracts/deadlines.ts';
import type { EventType } from '../contracts/lifecycle.ts';
import type { Role } from '../contracts/permissions.ts';
import type { Template } from '../contracts/template.ts';
import type { AccountLifecycleInput } from '../contracts/workflows.ts';
import type { Database } from '../db/client.ts';
import { projectTransition } from '../db/project-account.ts';
import { createDomain } from '../db/queries/domains.ts';
import { createUser } from '../db/queries/users.ts';
import type { TokenName } from '../infra/dev/state.ts';
import { sampleAccount, sampleTemplate } from '../test/support/projection-samples.ts';
import { noticeOf } from '../workflows/account-lifecycle/notices.ts';

export const SLEEPERS_DOMAIN = 'sleepers.example.test';

const ROLES: Readonly<Record<TokenName, Role>> = {
  requester: 'requester',
  approver1: 'approver',
  approver2: 'approver',
  approver3: 'approver',
  owner: 'owner',
  administrator: 'administrator',
};
const APPROVERS: TokenName[] = ['approver1', 'approver2', 'approver3'];

/** Puts the domain of the sleepers and their people into an empty database; answers the people's tokens. */
export async function settle(db: Database): Promise<Record<TokenName, string>> {
  const createdAt = new Date().toISOString();
  await createDomain(db, SLEEPERS_DOMAIN, createdAt);
  const tokens: Partial<Record<TokenName, string>> = {};
  for (const [name, role] of Object.entries(ROLES) as [TokenName, Role][]) {
    const token = newToken().reveal();
    await createUser(db, { name, role, tokenHash: hashToken(token), createdAt, emails: [`${name}@example.test`] });
    tokens[name] = token;
  }
  return tokens as Record<TokenName, string>;
}

/** The template of all of them: `quorum` of three approvers must agree. */
export function sleepersTemplate(quorum = 1): Template {
  return sampleTemplate({
    naming: { pattern: 'svc-[a-z0-9-]+' },
    directory: { domain: SLEEPERS_DOMAIN, organizationalUnit: 'OU=Managed,DC=sleepers,DC=example,DC=test' },
    approval: { steps: [{ name: 'Manager', approvers: { users: APPROVERS }, quorum }] },
  });
}

/** What a run begins with that an earlier one has handed on: an active account, but for `changes`. */
export function sleeper(accountId: string, changes: Partial<Account> = {}): AccountLifecycleInput {
  const template = sleepersTemplate();
  const { renewalWindow, intervals } = template.lifecycle;
  const now = new Date();
  const { startsAt, renewalOpensAt, endsAt } = periodFrom({ interval: intervals[0]!, renewalWindow }, now);
  const ballot = { actor: 'approver1', standing: [['approver1']], step: null, decision: 'approve' } as const;
  const opened = openRound('request', template.approval.steps, false, now.toISOString());
  const { approval } = castVote(opened, { ...ballot, reason: null }, 'approver1', now.toISOString());
  const account = sampleAccount({
    id: accountId,
    domain: SLEEPERS_DOMAIN,
    samAccountName: `svc-${accountId.slice(0, 13)}`,
    state: 'active',
    sequence: 4,
    requester: 'requester',
    owners: ['requester', 'owner'],
    approval: approval as Account['approval'],
    submittedAt: now.toISOString(),
    startsAt: startsAt.toISOString(),
    renewalOpensAt: renewalOpensAt.toISOString(),
    endsAt: endsAt.toISOString(),
    organizationalUnit: template.directory.organizationalUnit,
    objectGuid: randomUUID(),
    objectSid: 'S-1-5-21-1004336348-1177238915-682003330-51205',
    distinguishedName: `CN=svc-${accountId.slice(0, 13)},${template.directory.organizationalUnit}`,
    secret: { vaultPath: `service-accounts/${SLEEPERS_DOMAIN}/svc-${accountId.slice(0, 13)}`, version: 1 },
    ...changes,
  });
  const snapshot = { templateId: account.templateId, version: account.templateVersion, template };
  const nothingWaits = { answered: [], begun: [], provisioning: null, approversChanged: false, left: [] };
  // Whose window is open has had its notices.
  const noticedUntil = Date.parse(account.renewalOpensAt ?? '') <= now.getTime() ? account.endsAt : null;
  return { accountId, domain: SLEEPERS_DOMAIN, carried: { account, snapshot, noticedUntil, ...nothingWaits } };
}

/** In what an account that waits for approval is not as an active one. */
export function openRequest(template: Template): Partial<Account> {
  const opened = openRound('request', template.approval.steps, false, new Date().toISOString());
  const ofNoPeriod = { startsAt: null, renewalOpensAt: null, endsAt: null };
  const ofNoObject = { objectGuid: null, objectSid: null, distinguishedName: null, secret: null };
  return { state: 'submitted', sequence: 1, approval: opened as Account['approval'], ...ofNoPeriod, ...ofNoObject };
}

/** Leaves in the projection what the platform's activities leave of the same life: rows, events, notices. */
export async function recordLife(db: Database, account: Account): Promise<void> {
  const at = account.submittedAt;
  let sequence = 0;
  const record = (
    after: Account,
    types: readonly EventType[],
    notice: Parameters<typeof noticeOf>[0],
  ): Promise<unknown> => {
    const events = types.map((type): AccountEvent => {
      sequence += 1;
      return { accountId: account.id, sequence, type, at, actor: account.requester, state: after.state, detail: {} };
    });
    return projectTransition(db, { account: { ...after, sequence }, events, notices: [noticeOf(notice, at)] }, at);
  };
  const asked = { ...account, ...openRequest(sleepersTemplate()) };
  await record(account.state === 'submitted' ? account : asked, ['submitted'], 'approval-needed');
  if (account.state === 'submitted') return;
  const approved: Account = { ...asked, state: 'approved', approval: account.approval };
  await record(approved, ['voted', 'approved'], 'request-approved');
  await record(account, ['provisioned'], 'provisioned');
}
