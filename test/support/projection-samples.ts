/** Accounts, events and templates that fit the contracts, for tests that only care about a few of their fields. */
import { randomUUID } from 'node:crypto';
import type { Account, AccountEvent } from '../../contracts/account.ts';
import { templateSchema, type Template } from '../../contracts/template.ts';
import type { SubmitMessage } from '../../contracts/workflows.ts';

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
    justification: 'Runs the payroll.',
    description: null,
    templateId: randomUUID(),
    templateVersion: 1,
    approval: {
      openStep: 0,
      steps: [
        { name: 'Line manager', approvers: ['anna'], quorum: 1 },
        { name: 'Security', approvers: ['anna', 'ben', 'cleo'], quorum: 2 },
      ],
      votes: [],
    },
    endOfLife: 'disable',
    submittedAt: '2026-01-31T12:00:00.123Z',
    startsAt: null,
    remindAt: null,
    renewalOpensAt: null,
    endsAt: null,
    objectGuid: null,
    objectSid: null,
    distinguishedName: null,
    secret: null,
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

export function sampleTemplate(overrides: Partial<Template> = {}): Template {
  return templateSchema.parse({
    name: 'Payroll services',
    naming: { pattern: 'svc-[a-z]{1,16}' },
    directory: { domain: 'corp.example.com', organizationalUnit: 'OU=Managed,DC=corp,DC=example,DC=com' },
    vault: { folder: 'service-accounts' },
    approval: { steps: [{ name: 'Line manager', approvers: ['anna'], quorum: 1 }] },
    lifecycle: { interval: 'P1Y', renewalWindow: 'P30D', reminder: 'P14D', endOfLife: 'disable' },
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
      ...overrides,
    },
  };
}
