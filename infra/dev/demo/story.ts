/** What a chapter of the demonstration has at hand, and how it states what it claims. */
import type { Client } from './client.ts';

export interface Claim {
  readonly claim: string;
  readonly evidence: string;
  readonly holds: boolean;
}

export interface Stage {
  readonly stateFolder: string;
  readonly client: Client;
  /** The templates, by the name of their end. */
  readonly templates: Readonly<Record<'yearly' | 'branch' | 'shortDelete' | 'shortDisable' | 'sleeper', string>>;
  /** Tells the reader what happens now. */
  say(text: string): void;
  /** States a claim with what shows it. */
  claim(claim: string, holds: boolean, evidence: string): void;
}

/** Two approval steps, the second one 2 of 3; a group; own password change denied. */
export function templateFor(domain: { readonly fqdn: string; readonly accountsOu: string; readonly baseDn: string }) {
  return (name: string, endOfLife: 'disable' | 'delete', [interval, renewalWindow, reminder]: readonly string[]) => ({
    name,
    naming: { pattern: 'svc-[a-z0-9-]{2,16}' },
    directory: {
      domain: domain.fqdn,
      organizationalUnit: domain.accountsOu,
      groups: [`CN=payroll-readers,OU=Groups,${domain.baseDn}`],
    },
    vault: { folder: 'service-accounts' },
    approval: {
      steps: [
        { name: 'Line manager', approvers: ['approver1'], quorum: 1 },
        { name: 'Security', approvers: ['approver1', 'approver2', 'approver3'], quorum: 2 },
      ],
    },
    lifecycle: { interval, renewalWindow, reminder, endOfLife },
  });
}
