/** What an engine found in its directory and vault, at the fields of the template that it is about. Pure. */
import { isLonger, type Template } from '../contracts/template.ts';
import type { InspectTemplateResult } from '../contracts/workflows.ts';
import { doubtful, wrong, type Graded, type Path } from './template-finding.ts';

type Inspected<Part extends keyof InspectTemplateResult> = NonNullable<InspectTemplateResult[Part]>;

export function dryRunFindings(template: Template, { directory, vault }: InspectTemplateResult): Graded[] {
  return [
    ...(isAway(directory) || (vault !== null && isAway(vault)) ? [ENGINE_AWAY] : []),
    ...directoryFindings(template, directory),
    ...(vault === null ? [] : vaultFindings(template, vault)),
  ];
}

const ENGINE_AWAY = doubtful(
  ['directory', 'domain'],
  'is without an engine at the moment: not everything in the directory and the vault was looked at',
);

function isAway(part: Inspected<'directory'> | Inspected<'vault'>): boolean {
  return 'failed' in part && part.failed === 'away';
}

function directoryFindings(template: Template, directory: Inspected<'directory'>): Graded[] {
  if ('failed' in directory) {
    const { failed, message } = directory;
    return failed === 'away' ? [] : [doubtful(['directory', 'domain'], `was not looked at: ${message}`)];
  }
  return directory.problems.flatMap(({ distinguishedName, problem }) =>
    placesOf(template, distinguishedName).map((path) => wrong(path, problem)),
  );
}

function vaultFindings({ lifecycle }: Template, vault: Inspected<'vault'>): Graded[] {
  const path = ['vault', 'folder'];
  if ('failed' in vault) return vault.failed === 'away' ? [] : [doubtful(path, `was not looked at: ${vault.message}`)];
  if (!vault.ready) return [wrong(path, vault.problem ?? 'cannot be used')];
  const days = vault.longestSuspensionDays ?? null;
  if (days === null || lifecycle.gracePeriod === null || !isLonger(lifecycle.gracePeriod, `P${days}D`)) return [];
  return [
    doubtful(
      ['lifecycle', 'gracePeriod'],
      `is longer than the ${days} days for which this vault can bring the secret of a retired account back`,
    ),
  ];
}

/** The fields that have this distinguished name; `/directory` for one that the engine writes in another way. */
function placesOf({ directory }: Template, distinguishedName: string): Path[] {
  const { organizationalUnit, retirementOrganizationalUnit, groups } = directory;
  const fields: (readonly [Path, string | null])[] = [
    [['directory', 'organizationalUnit'], organizationalUnit],
    [['directory', 'retirementOrganizationalUnit'], retirementOrganizationalUnit],
    ...groups.map((group, index) => [['directory', 'groups', index], group] as const),
  ];
  const same = fields.filter(([, dn]) => dn?.toLowerCase() === distinguishedName.toLowerCase());
  return same.length > 0 ? same.map(([path]) => path) : [['directory']];
}
