/** What a request chooses of what its template offers. Pure, and free of zod: workflows load this file. */
import { secretFolder } from './ids.ts';
import { hasPrefix } from './naming.ts';
import { ownershipProblem } from './ownership.ts';
import type { AccountRequest } from './request.ts';
import type { Template } from './template.ts';

/** What the requester may choose, with the template's word where they said nothing. */
export interface Choices {
  readonly interval: string;
  readonly organizationalUnit: string;
  readonly vaultFolder: string;
  /** By their LDAP names; what has no value is absent. */
  readonly attributes: Record<string, string>;
}

/** A bad field of a request: a JSON pointer into it (RFC 6901), and why. */
export interface RequestProblem {
  readonly field: string;
  readonly message: string;
}

type Chosen = Pick<AccountRequest, 'interval' | 'organizationalUnit' | 'folder' | 'attributes'>;

/** What an account is made with. Of a request that `requestProblems` finds nothing wrong with. */
export function chosenBy(request: Chosen, template: Template): Choices {
  const { directory, vault, lifecycle } = template;
  return {
    interval: request.interval ?? lifecycle.intervals[0]!,
    organizationalUnit: request.organizationalUnit ?? directory.organizationalUnit,
    vaultFolder: secretFolder(vault.folder, directory.domain, request.folder),
    attributes: Object.fromEntries(
      directory.attributes.flatMap(({ name, value }) => {
        const chosen = request.attributes[name] ?? value;
        return chosen === null ? [] : [[name, chosen]];
      }),
    ),
  };
}

/**
 * What a request asks for that its template does not allow, one entry per bad field. Not asked here: the naming pattern
 * (RE2 is a library) and whether the people and groups exist (the database knows).
 */
export function requestProblems(request: AccountRequest, template: Template, requester: string): RequestProblem[] {
  return [
    ...prefixProblems(request, template),
    ...ownerProblems(request, template, requester),
    ...intervalProblems(request, template),
    ...termsProblems(request, template),
    ...attributeProblems(request, template),
    ...placeProblems(request, template),
  ];
}

const problem = (field: string, message: string): RequestProblem[] => [{ field, message }];

function prefixProblems({ samAccountName }: AccountRequest, { naming: { prefix } }: Template): RequestProblem[] {
  if (prefix === null || hasPrefix(samAccountName, prefix)) return [];
  return problem('/samAccountName', `must begin with ${prefix}`);
}

function ownerProblems(request: AccountRequest, { ownership }: Template, requester: string): RequestProblem[] {
  const owners = [...new Set([requester, ...request.owners])];
  const ownerGroups = [...new Set(request.ownerGroups)];
  if (ownership.requesterOnly && owners.length > 1) {
    return problem('/owners', 'must name nobody else: the template makes the requester the only owner');
  }
  if (ownership.requesterOnly && ownerGroups.length > 0) {
    return problem('/ownerGroups', 'must name no group: the template makes the requester the only owner');
  }
  const refusal = ownershipProblem(ownership, { owners, ownerGroups });
  return refusal === undefined ? [] : problem('/owners', refusal);
}

function intervalProblems({ interval }: AccountRequest, { lifecycle: { intervals } }: Template): RequestProblem[] {
  if (interval === undefined || intervals.includes(interval)) return [];
  return problem('/interval', `must be one of ${intervals.join(', ')}`);
}

function termsProblems({ acceptTerms }: AccountRequest, { termsOfService }: Template): RequestProblem[] {
  if (termsOfService === null || acceptTerms) return [];
  return problem('/acceptTerms', "must be true: the template's terms of service must be accepted");
}

function attributeProblems({ attributes }: AccountRequest, { directory }: Template): RequestProblem[] {
  const offered = new Set<string>(directory.attributes.map(({ name }) => name));
  const unknown = Object.keys(attributes).filter((name) => !offered.has(name));
  return [
    ...unknown.flatMap((name) => problem(`/attributes/${name}`, 'is not offered by the template')),
    ...directory.attributes.flatMap(({ name, use, value }) => {
      const asked = attributes[name];
      if (use === 'required' && (asked ?? value) === null) return problem(`/attributes/${name}`, 'is required');
      if (use === 'read-only' && asked !== undefined && asked !== value) {
        return problem(`/attributes/${name}`, `is ${value}: the template does not let it be changed`);
      }
      return [];
    }),
  ];
}

function placeProblems({ organizationalUnit: place, folder }: AccountRequest, template: Template): RequestProblem[] {
  const { directory, vault } = template;
  return [
    ...(place === undefined ? [] : organizationalUnitProblems(place, directory)),
    ...(folder === undefined || vault.mayChooseFolder
      ? []
      : problem('/folder', 'cannot be chosen under this template')),
  ];
}

function organizationalUnitProblems(place: string, directory: Template['directory']): RequestProblem[] {
  const field = '/organizationalUnit';
  const above = directory.organizationalUnit;
  if (namesOf(place).join() === namesOf(above).join()) return [];
  if (!directory.mayChooseOrganizationalUnit) return problem(field, 'cannot be chosen under this template');
  return isOrganizationalUnitBelow(place, above) ? [] : problem(field, `must be an OU below ${above}`);
}

/** Whether `place` is an OU at any depth below `above`; both are distinguished names, compared without case. */
function isOrganizationalUnitBelow(place: string, above: string): boolean {
  const [names, parents] = [namesOf(place), namesOf(above)];
  const own = names.slice(0, -parents.length);
  const isInside = names.slice(-parents.length).join() === parents.join();
  return isInside && own.length > 0 && own.every((name) => /^ou=./u.test(name));
}

/** The relative names of a distinguished name, leaf first. A comma inside of a value is escaped (RFC 4514). */
function namesOf(distinguishedName: string): string[] {
  return (distinguishedName.match(/(?:\\[\s\S]|[^\\,])+/gu) ?? []).map((name) =>
    name
      .trim()
      .toLowerCase()
      .replace(/\s*=\s*/u, '='),
  );
}
