/**
 * The dry run of a template: what its domain's directory and vault say of it. Somebody waits for the answer, so that an
 * engine which is away is an answer too.
 */
import { ActivityFailure, TimeoutFailure } from '@temporalio/workflow';
import type { InspectTemplateInput, InspectTemplateResult } from '../contracts/workflows.ts';
import { inspection } from './support/activities.ts';
import { describeFailure } from './support/failures.ts';
import { endsWhereItBegan } from './support/pinned.ts';

endsWhereItBegan(inspectTemplate);

export async function inspectTemplate(input: InspectTemplateInput): Promise<InspectTemplateResult> {
  const { domain, organizationalUnits, groups, folder, mayChooseFolder = false, samAccountName, limitMs } = input;
  const engine = inspection(domain, limitMs);
  const inspectDirectory = engine.inspectDirectory({
    domain,
    organizationalUnits: [...organizationalUnits],
    groups: [...groups],
    samAccountName,
  });
  const inspectVault = folder === null ? null : engine.inspectVault({ domain, folder, mayChooseFolder });
  const [directory, vault] = await Promise.all([
    inspectDirectory.catch((error: unknown) => inWords(error, domain)),
    inspectVault && inspectVault.catch((error: unknown) => inWords(error, domain)),
  ]);
  return { directory, vault };
}

function inWords(error: unknown, domain: string): { readonly failed: 'away' | 'error'; readonly message: string } {
  if (!(error instanceof ActivityFailure)) throw error;
  if (error.cause instanceof TimeoutFailure && !error.cause.cause) {
    return { failed: 'away', message: `No engine of ${domain} has answered in time.` };
  }
  return { failed: 'error', message: describeFailure(error, domain).message };
}
