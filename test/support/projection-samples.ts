/** Accounts, events and templates that fit the contracts, for tests that only care about a few of their fields. */
import { randomUUID } from 'node:crypto';
import type { Account, AccountEvent } from '../../contracts/account.ts';
import { templateSchema, type Template } from '../../contracts/template.ts';
import type { SubmitMessage } from '../../contracts/workflows.ts';
import type { TemplateParts } from './fake-activities.ts';

export function sampleAccount(overrides: Partial<Account> = {}): Account {
  return {
    id: randomUUID(),
    domain: 'corp.example.com',
    samAccountName: `svc-${randomUUID().slice(0, 8)}`,
    state: 'submitted',
    sequence: 1,
    blocked: null,
    requester: 'rita',
    owners: ['rita', 'olaf'],
    ownerGroups: [],
    ownerMissingSince: null,
    justification: 'Runs the payroll.',
    description: null,
    attributes: {},
    templateId: randomUUID(),
    templateVersion: 1,
    approval: sampleApproval(),
    endOfLife: 'disable',
    interval: 'P1Y',
    submittedAt: '2026-01-31T12:00:00.123Z',
    startsAt: null,
    renewalOpensAt: null,
    endsAt: null,
    ended: false,
    renewal: null,
    retirement: null,
    organizationalUnit: 'OU=Managed,DC=corp,DC=example,DC=com',
    vaultFolder: 'service-accounts/corp.example.com',
    objectGuid: null,
    objectSid: null,
    distinguishedName: null,
    secret: null,
    ...overrides,
  };
}

/** A request's round in which nobody has voted: anna's step, then one of two of anna, ben and cleo. */
export function sampleApproval(overrides: Partial<Account['approval']> = {}): Account['approval'] {
  const step = (name: string, users: string[], quorum: number) => ({
    name,
    approvers: { users, groups: [] },
    quorum,
    deadline: null,
    escalation: null,
  });
  return {
    purpose: 'request',
    openStep: 0,
    openedAt: '2026-01-31T12:00:00.123Z',
    escalated: false,
    quorumLostAt: null,
    hideApprovers: false,
    steps: [step('Line manager', ['anna'], 1), step('Security', ['anna', 'ben', 'cleo'], 2)],
    votes: [],
    ...overrides,
  };
}

/** The event that led to `account`. */
export function sampleEvent(account: Account, overrides: Partial<AccountEvent> = {}): AccountEvent {
  return {
    accountId: account.id,
    sequence: account.sequence,
    type: 'submitted',
    at: account.submittedAt,
    actor: account.requester,
    state: account.state,
    detail: {},
    ...overrides,
  };
}

/** A complete template; `overrides` replace whole parts of it. */
export function sampleTemplate(overrides: TemplateParts = {}): Template {
  return templateSchema.parse({
    name: 'Payroll services',
    naming: { pattern: 'svc-[a-z]{1,16}', examples: ['svc-payroll'] },
    directory: { domain: 'corp.example.com', organizationalUnit: 'OU=Managed,DC=corp,DC=example,DC=com' },
    vault: { folder: 'service-accounts' },
    approval: { steps: [{ name: 'Line manager', approvers: { users: ['anna'] }, quorum: 1 }] },
    lifecycle: { intervals: ['P1Y'], renewalWindow: 'P30D', notices: { remindEvery: 'P7D' }, endOfLife: 'disable' },
    ...overrides,
  });
}

/** What the API sends for a new request of rita's. */
export function sampleSubmission(overrides: Partial<SubmitMessage['request']> = {}): SubmitMessage {
  return {
    actor: 'rita',
    operationId: randomUUID(),
    request: {
      templateId: randomUUID(),
      templateVersion: 1,
      samAccountName: 'svc-payroll',
      justification: 'Runs the payroll.',
      owners: ['olaf'],
      ownerGroups: [],
      acceptTerms: false,
      attributes: {},
      ...overrides,
    },
  };
}
