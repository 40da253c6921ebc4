/** A gateway without Temporal: it records what is asked, projects a submitted account, and answers what it is told to. */
import { refusal } from '../../api/http/refusal.ts';
import type { LifecycleGateway } from '../../api/lifecycle-gateway.ts';
import type { Account } from '../../contracts/account.ts';
import { checkBallot } from '../../contracts/approval.ts';
import { secretFolder } from '../../contracts/ids.ts';
import type { AccountAction } from '../../contracts/lifecycle.ts';
import type {
  Caller,
  ChangeOwnersMessage,
  DecideMessage,
  EditMessage,
  InspectTemplateResult,
  MigrationProgress,
  ReplaceApproversMessage,
  SubmitMessage,
} from '../../contracts/workflows.ts';
import type { Database } from '../../db/client.ts';
import { projectTransition } from '../../db/project-account.ts';
import { findAccount } from '../../db/queries/accounts.ts';
import { sampleAccount, sampleEvent } from './projection-samples.ts';

interface GatewayCall {
  readonly name: string;
  /** The account's, the operation's or the migration's. */
  readonly id: string;
  readonly message: unknown;
}

export interface FakeGateway extends LifecycleGateway {
  /** What was asked that changes something, oldest first. */
  readonly calls: GatewayCall[];
  /** Thrown by the next call that changes something. */
  failNext(error: Error): void;
  /** What the dry run of a template says from now on. */
  inspects(result: InspectTemplateResult): void;
  /** What dry runs were asked for, oldest first. */
  readonly inspections: Parameters<LifecycleGateway['inspectTemplate']>[0][];
}

/** A directory and a vault in which everything is as a template wants it. */
const ALL_IS_WELL: InspectTemplateResult = {
  directory: { problems: [], nameInUse: false },
  vault: { ready: true, problem: null },
};

export function createFakeGateway(db: Database): FakeGateway {
  const calls: GatewayCall[] = [];
  const answers = new Map<string, Account>();
  let failure: Error | undefined;
  let inspection = ALL_IS_WELL;
  const inspections: FakeGateway['inspections'] = [];
  const record = (name: string, id: string, message: unknown): void => {
    calls.push({ name, id, message });
    const thrown = failure;
    failure = undefined;
    if (thrown) throw thrown;
  };
  /** The same operation again gets the first answer. */
  const answered = async ({ operationId }: Caller, answer: () => Promise<Account>): Promise<Account> => {
    const account = answers.get(operationId) ?? (await answer());
    answers.set(operationId, account);
    return account;
  };
  return {
    calls,
    failNext: (error) => void (failure = error),
    inspects: (result) => void (inspection = result),
    inspections,
    submit: (domain, accountId, message) =>
      answered(message, async () => {
        record('submit', accountId, message);
        return (await findAccount(db, accountId)) ?? project(db, submitted(domain, accountId, message));
      }),
    act: (_domain, accountId, action, message) =>
      answered(message, async () => {
        const account = (await findAccount(db, accountId))!;
        const { expectedSequence = account.sequence } = message as { expectedSequence?: number };
        if (expectedSequence !== account.sequence) throw refusal('PreconditionFailed');
        record(action, accountId, message);
        return { ...account, ...changesOf(account, action, message), sequence: account.sequence + 1 };
      }),
    earlierAnswer: async (_domain, _accountId, operationId) => answers.get(operationId) ?? null,
    snapshot: async (_domain, accountId) => (await findAccount(db, accountId)) ?? null,
    inspectTemplate: async (asked) => {
      inspections.push(asked);
      return asked.folder === null ? { ...inspection, vault: null } : inspection;
    },
    reassess: async (operationId, input, at) => record('reassess', operationId, { input, at }),
    ...migrations(record),
    engineStatus: async () => ({ status: 'online', lastSeenAt: '2026-01-31T12:00:00.000Z' }),
    recordedTransitions: async function* () {},
    ping: async () => undefined,
  };
}

function migrations(record: (name: string, id: string, message: unknown) => void) {
  const begun = new Map<string, MigrationProgress>();
  const set = (id: string, state: MigrationProgress['state']): void => {
    const progress = begun.get(id);
    if (progress) begun.set(id, { ...progress, state });
  };
  return {
    startMigration: async (id: string, input: { readonly accounts: readonly unknown[] }) => {
      record('startMigration', id, input);
      if (!begun.has(id)) begun.set(id, { state: 'running', total: input.accounts.length, outcomes: [] });
    },
    migration: async (id: string) => begun.get(id) ?? null,
    pauseMigration: async (id: string, actor: string) => (record('pauseMigration', id, { actor }), set(id, 'paused')),
    resumeMigration: async (id: string, actor: string) => (
      record('resumeMigration', id, { actor }),
      set(id, 'running')
    ),
    cancelMigration: async (id: string, actor: string) => (
      record('cancelMigration', id, { actor }),
      set(id, 'cancelled')
    ),
  };
}

/** Puts an account into the projection, as its workflow would. */
export async function project(db: Database, account: Account): Promise<Account> {
  await projectTransition(db, { account, events: [sampleEvent(account)], notices: [] }, account.submittedAt);
  return account;
}

/** What the workflow would do to the account, of what callers can see at once. */
function changesOf(account: Account, action: AccountAction, message: unknown): Partial<Account> {
  switch (action) {
    case 'decide':
      return { approval: voted(account, message as DecideMessage) };
    case 'replace-approvers':
      return { approval: replaced(account, message as ReplaceApproversMessage) };
    case 'change-owners': {
      const { owners, ownerGroups } = message as ChangeOwnersMessage;
      return { owners: [...owners], ownerGroups: [...ownerGroups] };
    }
    case 'edit':
      return { description: (message as EditMessage).description };
    default:
      return {};
  }
}

function voted({ approval, requester }: Account, message: DecideMessage): Account['approval'] {
  const check = checkBallot(approval, requester, message);
  if (check.outcome === 'refused') return approval;
  const { actor: approver, decision, reason } = message;
  const vote = { step: approval.openStep, approver, seat: check.seat, decision, reason, at: new Date().toISOString() };
  return { ...approval, votes: [...approval.votes, vote] };
}

function replaced({ approval }: Account, { step, approvers, quorum }: ReplaceApproversMessage): Account['approval'] {
  const people = { users: [...approvers.users], groups: [...approvers.groups] };
  return {
    ...approval,
    steps: approval.steps.map((one, index) => (index === step ? { ...one, approvers: people, quorum } : one)),
  };
}

function submitted(domain: string, id: string, { actor, request }: SubmitMessage): Account {
  return sampleAccount({
    id,
    domain,
    samAccountName: request.samAccountName,
    requester: actor,
    owners: [...new Set([actor, ...request.owners])],
    ownerGroups: request.ownerGroups,
    ownerMissingSince: null,
    justification: request.justification,
    description: request.description ?? null,
    attributes: request.attributes,
    ...(request.interval === undefined ? {} : { interval: request.interval }),
    ...(request.organizationalUnit === undefined ? {} : { organizationalUnit: request.organizationalUnit }),
    ...(request.folder === undefined ? {} : { vaultFolder: secretFolder('service-accounts', domain, request.folder) }),
    templateId: request.templateId,
    templateVersion: request.templateVersion,
    submittedAt: new Date().toISOString(),
  });
}
