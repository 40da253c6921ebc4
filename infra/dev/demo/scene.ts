/** What every chapter of the demonstration has at hand. */
import type { z } from 'zod';
import type { templateSchema } from '../../../contracts/template.ts';
import { FOLDER } from '../openbao.ts';
import { READERS_GROUP } from '../samba.ts';
import type { Stack, TokenName } from '../state.ts';
import { callerAs, whenAccount, type Account, type Caller } from './api.ts';
import { observe, type Observer } from './directory.ts';
import { observeVault, type VaultObserver } from './vault.ts';

export interface Scene {
  readonly stateFolder: string;
  readonly stack: Stack;
  readonly as: (name: TokenName) => Caller;
  readonly corp: Observer;
  readonly branch: Observer;
  readonly vault: VaultObserver;
  /** Passwords that were read to log on with: none of them may be printed or logged anywhere. */
  readonly passwords: Set<string>;
}

/** One part of the story. Chapters run at once, except that each waits for the ones it comes `after`. */
export interface Chapter {
  readonly id: string;
  readonly title: string;
  readonly after: readonly string[];
  /** What it shows, by a short key. A claim that `play` does not prove does not hold. */
  readonly claims: Readonly<Record<string, string>>;
  readonly play: (scene: Scene, stage: Stage) => Promise<void>;
}

/** Where a chapter tells and proves. */
export interface Stage {
  readonly say: (line: string) => void;
  /** What was seen for a claim. A claim may be proved several times: it holds if it does each time. */
  readonly prove: (claim: string, holds: boolean, evidence: string) => void;
}

export async function openScene(stateFolder: string, stack: Stack): Promise<Scene> {
  const [corp, branch] = await Promise.all(stack.domains.map((domain) => observe(stateFolder, domain)));
  return {
    stateFolder,
    stack,
    as: (name) => callerAs(stack, name),
    corp: corp!,
    branch: branch!,
    vault: observeVault(stack),
    passwords: new Set(),
  };
}

type TemplateInput = z.input<typeof templateSchema>;

/** A template for the domain that `where` looks at. Without `changes`: one step of approval, a year, disabled at its end. */
export function templateFor(where: Observer, name: string, changes: Partial<TemplateInput> = {}): TemplateInput {
  return {
    name,
    naming: { pattern: 'svc-[a-z0-9-]{1,16}', examples: ['svc-payroll'] },
    directory: {
      domain: where.domain.fqdn,
      organizationalUnit: where.domain.accountsOu,
      groups: [`CN=${READERS_GROUP},OU=Groups,${where.domain.baseDn}`],
    },
    vault: { folder: FOLDER },
    approval: { steps: [{ name: 'line manager', approvers: { users: ['approver1'] }, quorum: 1 }] },
    lifecycle: {
      intervals: ['P1Y'],
      renewalWindow: 'P30D',
      notices: { remindEvery: 'P7D', urgentEvery: 'P1D', urgentWithin: 'P7D' },
      endOfLife: 'disable',
    },
    ...changes,
  };
}

/** Asks for an account as the requester and approves it as the only approver; answers it as it is then. */
export async function requestAndApprove(scene: Scene, templateId: string, samAccountName: string): Promise<Account> {
  const justification = 'Runs the nightly job of the demonstration';
  const { id } = await scene.as('requester').submit({ templateId, samAccountName, justification, owners: ['owner'] });
  return scene.as('approver1').act(id, 'decide', { decision: 'approve' });
}

export async function whenActive(scene: Scene, { id, samAccountName }: Account, timeoutMs: number): Promise<Account> {
  const isActive = (account: Account): boolean => account.state === 'active';
  return whenAccount(scene.as('requester'), id, `${samAccountName} becomes active`, isActive, { timeoutMs });
}

export interface LogOn {
  readonly holds: boolean;
  readonly accepted: 'accepted' | 'refused' | 'not tried';
  readonly evidence: string;
}

/** Logs on to the domain as the account, with the password that is in the vault. */
export async function logOnFromVault(
  scene: Scene,
  where: Observer,
  { samAccountName, distinguishedName, secret }: Account,
): Promise<LogOn> {
  const path = secret?.vaultPath ?? '';
  const stored = secret ? await scene.vault.read(path) : undefined;
  if (!stored?.password || !distinguishedName) {
    return { holds: false, accepted: 'not tried', evidence: `no password at ${path} in the vault` };
  }
  scene.passwords.add(stored.password);
  const isAccepted = await where.logsOn(distinguishedName, stored.password);
  const accepted = isAccepted ? 'accepted' : 'refused';
  const pending = stored.hasPending ? 'and a pending password is left' : 'and none is pending';
  return {
    holds: isAccepted && !stored.hasPending,
    accepted,
    evidence: `${path} version ${stored.version} logs ${samAccountName} on: ${accepted}, ${pending}`,
  };
}
