/** The stories of the workflows that are no accounts: each is told beside one account, and recorded in its place. */
import {
  CONTROL_TASK_QUEUE,
  inspectionWorkflowId,
  migrationWorkflowId,
  reassessmentWorkflowId,
} from '../../contracts/ids.ts';
import {
  INSPECT_TEMPLATE,
  MIGRATE_ACCOUNTS,
  MIGRATION_SIGNALS,
  REASSESS_ACCOUNTS,
  type InspectTemplateInput,
  type MigrateAccountsInput,
  type ReassessAccountsInput,
} from '../../contracts/workflows.ts';
import type { TemplateParts } from '../support/fake-activities.ts';
import { ADMINISTRATOR, DOMAIN, OWNER, REQUESTER, type Harness, type Story } from '../support/lifecycle-harness.ts';

export interface Told {
  readonly template?: TemplateParts;
  readonly tell: (story: Story, harness: Harness) => Promise<unknown>;
  /** The workflow whose runs are recorded; absent: the account's. */
  readonly workflowIdOf?: (story: Story) => string;
}

const GONE = '00000000-0000-4000-8000-000000000000';

const inspectionOf = ({ accountId }: Story) => inspectionWorkflowId(accountId);
const reassessmentOf = ({ accountId }: Story) => reassessmentWorkflowId(accountId);
const migrationOf = ({ accountId }: Story) => migrationWorkflowId(accountId);

/** Does something so many times, fifty at once. */
export async function manyTimes(count: number, something: () => Promise<void>): Promise<void> {
  for (let done = 0; done < count; done += 50) await Promise.all(Array.from({ length: 50 }, something));
}

function begin({ environment }: Harness, type: string, workflowId: string, input: object) {
  return environment.client.workflow.start(type, { workflowId, taskQueue: CONTROL_TASK_QUEUE, args: [input] });
}

function inspect(harness: Harness, story: Story, domain: string) {
  const input: InspectTemplateInput = {
    ...{ limitMs: 8_000, domain, organizationalUnits: ['OU=A'], groups: ['CN=B'], folder: 'a', samAccountName: 'b' },
  };
  return begin(harness, INSPECT_TEMPLATE, inspectionOf(story), input);
}

export const OTHER_STORIES: Readonly<Record<string, Told>> = {
  'template-inspected': {
    workflowIdOf: inspectionOf,
    async tell(story, harness) {
      harness.fakes.fail('inspectVault', 'VaultAccessDenied');
      await (await inspect(harness, story, DOMAIN)).result();
    },
  },
  'template-inspected-while-the-engine-is-away': {
    workflowIdOf: inspectionOf,
    async tell(story, harness) {
      await (await inspect(harness, story, 'elsewhere.example.test')).result();
    },
  },
  // Five pages: the fifth is read by another run.
  'accounts-reassessed': {
    workflowIdOf: reassessmentOf,
    async tell(story, harness) {
      await story.activate();
      const told = (accountId: string) => ({ accountId, domain: DOMAIN, approversChanged: true, left: [OWNER] });
      harness.fakes.behave({
        findAffected: async ({ after }) => {
          const page = Number(after ?? 1);
          return { accounts: [told(GONE), told(story.accountId)], next: page === 5 ? null : String(page + 1) };
        },
      });
      const input: ReassessAccountsInput = {
        operationId: story.accountId,
        approvers: { users: ['anna'], groups: [] },
        left: [OWNER],
      };
      await (await begin(harness, REASSESS_ACCOUNTS, reassessmentOf(story), input)).result();
    },
  },
  // One a minute: long enough for so many words that the second one is asked by another run, and a third one by none.
  'accounts-moved-in-two-runs-and-cancelled': {
    workflowIdOf: migrationOf,
    async tell(story, harness) {
      await story.activate();
      const accounts = [GONE, story.accountId, story.accountId].map((accountId) => ({ accountId, domain: DOMAIN }));
      const input: MigrateAccountsInput = {
        ...{ migrationId: story.accountId, actor: ADMINISTRATOR, accounts, perMinute: 1 },
        changes: { owners: [OWNER] },
      };
      const migration = await begin(harness, MIGRATE_ACCOUNTS, migrationOf(story), input);
      const tell = (signal: string) => migration.signal(signal, { actor: ADMINISTRATOR });
      await manyTimes(1_000, () => tell(MIGRATION_SIGNALS.resume));
      await tell(MIGRATION_SIGNALS.pause);
      await story.sleep('2 minutes');
      await tell(MIGRATION_SIGNALS.resume);
      await story.until(({ owners }) => !owners.includes(REQUESTER));
      await tell(MIGRATION_SIGNALS.cancel);
      await migration.result();
    },
  },
};
