/** Whether a name could be asked for under a template, rule by rule: pure rules, the open names, and the directory. */
import type { CheckedName, NameRule } from '../contracts/http/templates.ts';
import { hasPrefix, NAME_PROBLEMS } from '../contracts/naming.ts';
import type { Template } from '../contracts/template.ts';
import { isNameReserved } from '../db/queries/names.ts';
import { compileNamingPattern } from '../infra/runtime/naming-pattern.ts';
import type { Dependencies } from './dependencies.ts';

type Verdict = CheckedName['rules'][number];

/** Somebody is typing: an engine that does not answer within this time leaves the directory's rule unknown. */
const DIRECTORY_LIMIT_MS = 3_000;

const UNKNOWN = 'The directory cannot be asked now. It has the last word when the account is made.';

/** What each rule says of `name`. The directory is asked only where everything else agrees. */
export async function checkName(
  { db, gateway }: Pick<Dependencies, 'db' | 'gateway'>,
  template: Template,
  name: string,
): Promise<CheckedName> {
  const { domain } = template.directory;
  const rules = spellingRules(template, name);
  const isSpelled = rules.every(({ ok }) => ok);
  const isTaken = isSpelled && (await isNameReserved(db, { domain, samAccountName: name }));
  const open = isTaken ? said('open', `An account or an open request of ${domain} has this name.`) : said('open');
  const directory =
    isSpelled && !isTaken
      ? await directoryRule(gateway, template, name)
      : { rule: 'directory' as const, ok: null, message: 'The directory is asked once the other rules agree.' };
  const verdicts = [...rules, open, directory];
  return { samAccountName: name, ok: verdicts.every(({ ok }) => ok !== false), rules: verdicts };
}

/** The rules that need nothing but the name: AD's own and the template's. */
export function spellingRules({ naming: { prefix, pattern } }: Template, name: string): Verdict[] {
  const compiled = compileNamingPattern(pattern);
  const matches = compiled.outcome === 'compiled' && compiled.pattern.matches(name);
  const sentence = (problem: string | undefined) => (problem === undefined ? undefined : `The name ${problem}.`);
  return [
    said('length', sentence(NAME_PROBLEMS.length(name))),
    said('characters', sentence(NAME_PROBLEMS.characters(name))),
    said('reserved', sentence(NAME_PROBLEMS.reserved(name))),
    said('prefix', prefix === null || hasPrefix(name, prefix) ? undefined : `The name must begin with ${prefix}.`),
    said('pattern', matches ? undefined : `The name must match the template's pattern ${pattern}.`),
  ];
}

function said(rule: NameRule, problem?: string): Verdict {
  return { rule, ok: problem === undefined, message: problem ?? null };
}

/** The common name counts too, in the OU where the account would be made: a contact has no other. */
async function directoryRule(gateway: Dependencies['gateway'], template: Template, name: string): Promise<Verdict> {
  const { domain, organizationalUnit } = template.directory;
  const asked = { domain, samAccountName: name, organizationalUnits: [organizationalUnit], groups: [], folder: null };
  const { directory } = await gateway.inspectTemplate(asked, DIRECTORY_LIMIT_MS);
  if ('failed' in directory || directory.nameInUse === null) return { rule: 'directory', ok: null, message: UNKNOWN };
  return said('directory', directory.nameInUse ? `An object of the directory of ${domain} has this name.` : undefined);
}
