/** The URL of the database. */
import { sensitive, type Sensitive } from './sensitive.ts';

/** Takes what the driver can use. Throws an Error that does not quote the text: there is a password in it. */
export function parseDatabaseUrl(text: string): Sensitive<string> {
  if (!isUsable(text)) throw new Error('must be a URL such as postgres://user:password@host:5432/name');
  return sensitive(text);
}

function isUsable(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, pathname, username, password } = new URL(text);
  if (!/^postgres(?:ql)?:$/.test(protocol) || hostname === '' || pathname.length < 2) return false;
  try {
    // The driver does, with the first query.
    [username, password, pathname].forEach((part) => decodeURIComponent(part));
    return true;
  } catch {
    return false;
  }
}
