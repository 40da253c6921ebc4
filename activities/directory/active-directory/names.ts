/** Distinguished names and filters. Everything that came from outside goes through here before it goes to a server. */
import { EqualityFilter, OrFilter, type Filter } from 'ldapts';

/** Control characters and what RFC 4514 reserves, all in hex: `\,` and quotes are split wrongly by the LDAP library. */
// eslint-disable-next-line no-control-regex -- control characters are what it looks for
const RESERVED = /[\u0000-\u001f\u007f"+,;<>=\\]/g;

/** The value of one RDN, escaped by RFC 4514 with hex pairs only. */
export function escapeRdnValue(value: string): string {
  const escaped = value.replace(RESERVED, hexOf).replace(/^[ #]/, hexOf);
  return escaped.replace(/ $/, hexOf);
}

function hexOf(character: string): string {
  return `\\${character.charCodeAt(0).toString(16).padStart(2, '0').toUpperCase()}`;
}

/** The DN of an object called `name` below `parent`, which is a DN already. */
export function childDn(name: string, parent: string): string {
  return `CN=${escapeRdnValue(name)},${parent}`;
}

/** The head of the naming context of an AD domain: DC=corp,DC=example,DC=com. */
export function domainDn(fqdn: string): string {
  return fqdn
    .split('.')
    .map((label) => `DC=${escapeRdnValue(label)}`)
    .join(',');
}

export interface Rdn {
  readonly type: string;
  readonly value: string;
}

const HEX_PAIR = /^[0-9a-fA-F]{2}$/;

/**
 * The parts of a DN, most specific first, unescaped. Throws on what AD does not produce and nobody should configure:
 * quoted values, `#` values, several attributes in one RDN.
 */
export function parseDn(dn: string): Rdn[] {
  return splitAtCommas(dn).map((part) => {
    const match = /^ *([A-Za-z][A-Za-z0-9-]*) *= *(.*)$/s.exec(part);
    if (!match) throw new Error('not a distinguished name');
    return { type: match[1]!.toUpperCase(), value: unescapeValue(match[2]!) };
  });
}

/** The parts between commas that no backslash precedes. */
function splitAtCommas(dn: string): string[] {
  const parts: string[] = [];
  let start = 0;
  for (let index = 0; index < dn.length; index += 1) {
    if (dn[index] === '\\') index += 1;
    else if (dn[index] === ',') {
      parts.push(dn.slice(start, index));
      start = index + 1;
    }
  }
  return [...parts, dn.slice(start)];
}

function unescapeValue(escaped: string): string {
  if (escaped.startsWith('#') || escaped === '') throw new Error('not a distinguished name');
  const bytes: Buffer[] = [];
  let trailingBlanks = 0;
  for (let index = 0; index < escaped.length; index += 1) {
    const character = escaped[index]!;
    if (character === '\\') {
      const pair = escaped.slice(index + 1, index + 3);
      const isHex = HEX_PAIR.test(pair);
      if (!isHex && pair === '') throw new Error('not a distinguished name');
      bytes.push(isHex ? Buffer.from(pair, 'hex') : Buffer.from(pair[0]!, 'utf8'));
      index += isHex ? 2 : 1;
      trailingBlanks = 0;
      continue;
    }
    if ('"+;<>'.includes(character)) throw new Error('not a distinguished name');
    const codePoint = String.fromCodePoint(escaped.codePointAt(index)!);
    index += codePoint.length - 1;
    bytes.push(Buffer.from(codePoint, 'utf8'));
    trailingBlanks = character === ' ' ? trailingBlanks + 1 : 0;
  }
  return Buffer.concat(bytes.slice(0, bytes.length - trailingBlanks)).toString('utf8');
}

/** Whether `dn` is below `ancestor` (not the ancestor itself). Compared by parts, never as text. */
export function isBelow(dn: string, ancestor: string): boolean {
  const inner = comparableParts(dn);
  const outer = comparableParts(ancestor);
  return (
    inner.length > outer.length && outer.every((part, index) => inner[inner.length - outer.length + index] === part)
  );
}

/** Whether two DNs name the same place. */
export function isSameDn(a: string, b: string): boolean {
  const [left, right] = [comparableParts(a), comparableParts(b)];
  return left.length === right.length && left.every((part, index) => part === right[index]);
}

function comparableParts(dn: string): string[] {
  return parseDn(dn).map(({ type, value }) => `${type}=${value.normalize('NFC').toLowerCase()}`);
}

/** The DN of the object above `dn`, spelled as it is in `dn`. Throws for a DN of one part. */
export function parentDn(dn: string): string {
  const [, ...above] = splitAtCommas(dn);
  if (above.length === 0) throw new Error('a distinguished name of one part has nothing above it');
  return above.join(',').trimStart();
}

/** The value of the first RDN: how people call the object. */
export function commonName(dn: string): string {
  return parseDn(dn)[0]!.value;
}

/** Matches `attribute` against any of `values`, as filter objects: text filters corrupt bytes above 0x7f. */
export function equalsAny(attribute: string, values: readonly (string | Buffer)[]): Filter {
  const filters = values.map((value) => new EqualityFilter({ attribute, value }));
  return filters.length === 1 ? filters[0]! : new OrFilter({ filters });
}
