/** A gateway without Temporal: it records what is asked, projects a submitted account, and answers what it is told to. */
import type { Account } from '../../contracts/account.ts';
import type { LifecycleGateway } from '../../api/lifecycle-gateway.ts';
import type { SubmitMessage } from '../../contracts/workflows.ts';
import type { Database } from '../../db/client.ts';
import { findAccount } from '../../db/queries/accounts.ts';
import { projectTransition } from '../../db/project-account.ts';
import { sampleAccount, sampleEvent } from './projection-samples.ts';

export interface FakeGateway extends LifecycleGateway {
  /** What was asked, oldest first. */
  readonly calls: { readonly name: string; readonly accountId: string; readonly message: unknown }[];
  /** Thrown by the next call that changes something. */
  failNext(error: Error): void;
}

export function createFakeGateway(db: Database): FakeGateway {
  const calls: FakeGateway['calls'] = [];
  let failure: Error | undefined;
  const record = (name: string, accountId: string, message: unknown): void => {
    calls.push({ name, accountId, message });
    const thrown = failure;
    failure = undefined;
    if (thrown) throw thrown;
  };
  return {
    calls,
    failNext: (error) => void (failure = error),
    submit: async (domain, accountId, message) => {
      record('submit', accountId, message);
      const known = await findAccount(db, accountId);
      return known ?? project(db, submitted(domain, accountId, message));
    },
    act: async (_domain: string, accountId: string, action: string, message: unknown) => {
      record(action, accountId, message);
      const account = (await findAccount(db, accountId))!;
      return { ...account, sequence: account.sequence + 1 };
    },
    snapshot: async (_domain, accountId) => (await findAccount(db, accountId)) ?? null,
    engineStatus: async () => ({ status: 'online', lastSeenAt: '2026-01-31T12:00:00.000Z' }),
    recordedTransitions: async function* () {},
    ping: async () => undefined,
  };
}

/** Puts an account into the projection, as its workflow would. */
export async function project(db: Database, account: Account): Promise<Account> {
  await projectTransition(db, { account, event: sampleEvent(account) });
  return account;
}

function submitted(domain: string, id: string, { actor, request }: SubmitMessage): Account {
  return sampleAccount({
    id,
    domain,
    samAccountName: request.samAccountName,
    requester: actor,
    owners: [...new Set([actor, ...request.owners])],
    justification: request.justification,
    description: request.description ?? null,
    templateId: request.templateId,
    templateVersion: request.templateVersion,
    submittedAt: new Date().toISOString(),
  });
}
