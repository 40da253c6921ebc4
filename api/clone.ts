/** The request that would make an account like another one. Pure. */
import type { Account } from '../contracts/account.ts';
import type { DraftRequest } from '../contracts/http/drafts.ts';
import { secretFolder } from '../contracts/ids.ts';
import { OFFERED_ATTRIBUTES, type Template } from '../contracts/template.ts';

/**
 * A draft of `author`'s. `template`: the version that the account was made under; where it had no choice, the draft makes
 * none, so that it fits a newer version too. What an account does not remember, terms that were accepted, is left out.
 */
export function requestLike(account: Account, author: string, template: Template | undefined): DraftRequest {
  const { templateId, samAccountName, justification, description, interval, ownerGroups } = account;
  return {
    templateId,
    samAccountName,
    justification,
    ...(description === null ? {} : { description }),
    owners: account.owners.filter((name) => name !== author),
    ownerGroups,
    interval,
    attributes: chosenAttributes(account, template),
    ...chosenPlaces(account, template),
  };
}

function chosenAttributes({ attributes }: Account, template: Template | undefined): DraftRequest['attributes'] {
  const offered = template?.directory.attributes.filter(({ use }) => use !== 'read-only').map(({ name }) => name);
  const names = OFFERED_ATTRIBUTES.filter((name) => name in attributes && (offered?.includes(name) ?? true));
  return Object.fromEntries(names.map((name) => [name, attributes[name]]));
}

function chosenPlaces(
  { organizationalUnit, vaultFolder }: Account,
  template: Template | undefined,
): Pick<DraftRequest, 'organizationalUnit' | 'folder'> {
  if (!template) return {};
  const below = `${secretFolder(template.vault.folder, template.directory.domain)}/`;
  const hasOwnUnit = organizationalUnit.toLowerCase() !== template.directory.organizationalUnit.toLowerCase();
  return {
    ...(hasOwnUnit ? { organizationalUnit } : {}),
    ...(vaultFolder.startsWith(below) ? { folder: vaultFolder.slice(below.length) } : {}),
  };
}
