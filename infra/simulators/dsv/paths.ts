/**
 * Paths and names. `a/b/c` and `a:b:c` are the same path; answers, policies and this simulator write colons
 * (docs.delinea.com, DevOps Secrets Vault). Upper and lower case differ: the sources do not say that they do, and folding them would let a
 * client find what it wrote under another name.
 */
import { badRequest } from './answer.ts';

/** What dsv-cli lets through (`vaultcli/validation.go`); the server is taken to be as strict. */
const PATH = /^[a-zA-Z0-9:/@+._-]+$/;
const NAME = /^[a-zA-Z0-9_-]+$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The limit of policies' paths in the vendor's OpenAPI file. The one of secrets is not public; the same is taken. */
const MAX_PATH_LENGTH = 500;

/** The path in its form with colons. Throws 400 when a part of it has no letter or digit, an empty one included. */
export function parsePath(text: string): string {
  if (!PATH.test(text)) {
    throw badRequest('a path is letters, digits and @ + . _ - in parts separated by colons or slashes');
  }
  const parts = text.split(/[:/]/);
  if (!parts.every((part) => /[a-zA-Z0-9]/.test(part))) {
    throw badRequest('every part of a path must have a letter or a digit');
  }
  if (text.length > MAX_PATH_LENGTH) throw badRequest(`a path has ${MAX_PATH_LENGTH} characters at most`);
  return parts.join(':');
}

/** A role's name. Throws 400 when it is missing or has other characters than letters, digits, `_` and `-`. */
export function parseName(text: string | undefined): string {
  if (!text) throw badRequest('name is required');
  if (!NAME.test(text)) throw badRequest('a name is letters, digits, underscores and dashes');
  return text;
}

/** The vault takes a path that looks like an id for one (dsv-cli, `cicd-integration/integration_test.go`). */
export function isId(text: string): boolean {
  return UUID.test(text);
}
