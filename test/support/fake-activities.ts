/** Stand-ins for every activity: they do nothing, succeed, and write down what they were asked. */
import { activityInfo } from '@temporalio/activity';
import type { z } from 'zod';
import { failure } from '../../activities/failure.ts';
import type {
  DirectoryActivities,
  DirectoryObject,
  PlatformActivities,
  VaultActivities,
} from '../../contracts/activities.ts';
import { askedOn } from '../../contracts/approval.ts';
import type { ErrorCode } from '../../contracts/errors.ts';
import { isAllowed } from '../../contracts/lifecycle.ts';
import { templateSchema, type Template, type TemplateSnapshot } from '../../contracts/template.ts';

type Activities = VaultActivities & DirectoryActivities & PlatformActivities;
export type ActivityName = keyof Activities;

export interface Call {
  readonly activity: ActivityName;
  readonly input: unknown;
  /** The run of the workflow that called. */
  readonly runId: string;
}

export interface FakeActivities {
  /** Every call that reached an activity, oldest first; a retry is a call. */
  readonly calls: Call[];
  /** What the workers run. */
  readonly activities: Activities;
  /** Replaces the behaviour of some activities. */
  behave(changes: Partial<Activities>): void;
  /** Makes an activity fail with a code of the catalogue, `times` times or for ever. */
  fail(activity: ActivityName, code: ErrorCode, times?: number): void;
  /** Holds an activity's next call until the gate is opened; then it succeeds, or fails with a code. Later calls succeed. */
  hold(activity: ActivityName, code?: ErrorCode): { open(): void };
  /** All activities succeed again; the calls stay recorded. */
  recover(): void;
  /** Forgets the calls and every override. */
  reset(): void;
  /** The names of the activities that were called, oldest first. */
  names(): ActivityName[];
  /** The inputs of one activity's calls, oldest first. */
  inputsOf<N extends ActivityName>(activity: N): Parameters<Activities[N]>[0][];
}

/** Parts of a template as a person would write them: what is absent has its default. */
export type TemplateParts = Partial<z.input<typeof templateSchema>>;

/** The template that the fake platform answers, complete; `changes` replace whole parts of it. */
export function sampleTemplate(changes: TemplateParts = {}): Template {
  return templateSchema.parse({
    name: 'Payroll services',
    naming: { pattern: 'svc-.*' },
    directory: { domain: 'corp.example.test', organizationalUnit: 'OU=Managed,DC=corp,DC=example,DC=test' },
    vault: { folder: 'service-accounts' },
    approval: { steps: [{ name: 'Manager', approvers: { users: ['anna'], groups: [] }, quorum: 1 }] },
    lifecycle: {
      intervals: ['P1Y'],
      renewalWindow: 'P30D',
      notices: { whenRenewalOpens: true, remindEvery: 'P7D' },
      endOfLife: 'disable',
    },
    ...changes,
  });
}

/** Fakes whose `reserveName` answers version 1 of `template`. */
export function createFakeActivities(template: () => Template): FakeActivities {
  const calls: Call[] = [];
  let overrides: Partial<Activities> = {};
  const defaults = succeeding(template);
  const names = Object.keys(defaults) as ActivityName[];
  const recorded = names.map((activity) => [
    activity,
    async (input: never): Promise<unknown> => {
      calls.push({ activity, input, runId: activityInfo().workflowExecution?.runId ?? '' });
      return (overrides[activity] ?? defaults[activity])(input);
    },
  ]);
  return {
    calls,
    activities: Object.fromEntries(recorded) as Activities,
    behave(changes) {
      overrides = { ...overrides, ...changes };
    },
    fail(activity, code, times = Infinity) {
      let left = times;
      const failing = async (input: never): Promise<unknown> => {
        if (left === 0) return defaults[activity](input);
        left -= 1;
        throw failure(code, `${activity} was told to fail`);
      };
      overrides = { ...overrides, [activity]: failing };
    },
    hold(activity, code) {
      let open = (): void => undefined;
      const gate = new Promise<void>((resolve) => (open = resolve));
      let isFirst = true;
      const held = async (input: never): Promise<unknown> => {
        const fails = isFirst && code !== undefined;
        isFirst = false;
        await gate;
        if (fails) throw failure(code, `${activity} was told to fail`);
        return defaults[activity](input);
      };
      overrides = { ...overrides, [activity]: held };
      return { open };
    },
    recover() {
      overrides = {};
    },
    reset() {
      overrides = {};
      calls.length = 0;
    },
    names: () => calls.map((call) => call.activity),
    inputsOf: <N extends ActivityName>(activity: N) =>
      calls.filter((call) => call.activity === activity).map((call) => call.input as Parameters<Activities[N]>[0]),
  };
}

function succeeding(template: () => Template): Activities {
  return { ...succeedingPlatform(template), ...succeedingVault, ...succeedingDirectory };
}

/** Everybody named on a step can decide, and so can anna: members of groups are hers to play. */
function succeedingPlatform(template: () => Template): PlatformActivities {
  const able = (users: readonly string[]): string[] => [...new Set([...users, 'anna'])];
  return {
    async reserveName({ request }) {
      const { templateId, templateVersion: version } = request;
      const snapshot: TemplateSnapshot = { templateId, version, template: template() };
      return { outcome: 'reserved', snapshot };
    },
    async recordTransition({ account: { state, approval } }) {
      const isOpen = isAllowed(state, 'voted') && approval.openStep < approval.steps.length;
      return { ableToDecide: isOpen ? able(askedOn(approval).users) : null };
    },
    async notify() {},
    async findDeciders({ steps }) {
      return { ableToDecide: able(steps[0]!.users) };
    },
    async findSuccessors({ owners, left }) {
      const others = owners.filter((owner) => owner !== left);
      return others.length > 0 ? { outcome: 'owners-left', owners: others } : { outcome: 'nobody' };
    },
    async awaitChange() {},
    async findMigration() {
      return { isRecorded: true };
    },
    async findAffected() {
      return { accounts: [], next: null };
    },
    async admitDestructiveStep() {},
  };
}

const succeedingVault: VaultActivities = {
  async stageCredential({ vaultPath, operationId }) {
    return { vaultPath, version: 1, operationId };
  },
  async promoteCredential({ credential }) {
    return { ...credential, version: 2 };
  },
  async discardCredential() {},
  async suspendCredential() {},
  async reinstateCredential() {},
  async revokeCredential() {},
  async inspectVault() {
    return { ready: true, problem: null };
  },
};

const objectIn = (samAccountName: string, organizationalUnit: string): DirectoryObject => ({
  objectGuid: '3f2504e0-4f89-11d3-9a0c-0305e82c3301',
  objectSid: 'S-1-5-21-1-2-3-1104',
  distinguishedName: `CN=${samAccountName},${organizationalUnit}`,
});

const succeedingDirectory: DirectoryActivities = {
  async establishAccount({ samAccountName, organizationalUnit }) {
    return objectIn(samAccountName, organizationalUnit);
  },
  async disableAccount() {},
  async enableAccount() {},
  async applyExpiry() {},
  async applyDescription() {},
  async captureAccount({ organizationalUnit }) {
    const groups = [
      {
        objectGuid: '9c5b94b1-35ad-49bb-b118-8e8fc24abf80',
        distinguishedName: 'CN=Payroll readers,OU=Groups,DC=corp,DC=example,DC=test',
      },
    ];
    return { enabled: true, organizationalUnit, groups, accountExpires: null };
  },
  async quarantineAccount({ samAccountName, organizationalUnit, retirementOrganizationalUnit }) {
    return objectIn(samAccountName, retirementOrganizationalUnit ?? organizationalUnit);
  },
  async restoreAccount({ samAccountName, captured }) {
    return { ...objectIn(samAccountName, captured.organizationalUnit), missingGroups: [] };
  },
  async findManager() {
    return { manager: null };
  },
  async inspectDirectory({ samAccountName }) {
    return { problems: [], nameInUse: samAccountName === null ? null : false };
  },
  async deleteAccount() {},
};
