/**
 * Paged searches that lose nothing. The LDAP library's own paging stops at the first page without entries even when the
 * server has more (objects deleted meanwhile leave such pages), and hides the answer's control from its caller. So we
 * page ourselves, and lead the answer's control into ours by wrapping the library's parser. It holds for ldapts 9.2.0,
 * which package.json pins; paging.test.ts fails should an update change it.
 */
import { Ber, BerReader, ControlParser, type Control } from 'ldapts';
import { PageControl } from './controls.ts';
import type { LdapConnection, LdapEntry, SearchRequest } from './connection.ts';

const parseByLibrary = ControlParser.parse.bind(ControlParser);

ControlParser.parse = (reader: BerReader, requestControls: Control[]): Control | null => {
  const page = requestControls.find((control) => control instanceof PageControl);
  if (!page) return parseByLibrary(reader, requestControls);
  const start = reader.offset;
  reader.readSequence();
  const type = reader.readString();
  reader.offset = start;
  if (type !== PageControl.oid) return parseByLibrary(reader, requestControls);
  return parseInto(page, reader);
};

/** Reads one Control (RFC 4511 §4.1.11) and hands its value to `page`. */
function parseInto(page: PageControl, reader: BerReader): Control | null {
  reader.readSequence();
  const end = reader.offset + reader.length;
  reader.readString();
  if (reader.peek() === Ber.Boolean) reader.readBoolean();
  const value = reader.offset < end ? reader.readString(Ber.OctetString, true) : null;
  if (value) page.parse(new BerReader(value));
  return page;
}

/** One array of entries per page, an empty page among them. Absence from the result never proves that an object is gone. */
export async function* searchPages(
  connection: Pick<LdapConnection, 'search'>,
  request: SearchRequest,
  pageSize: number,
): AsyncGenerator<readonly LdapEntry[]> {
  const page = new PageControl(pageSize);
  do {
    page.beginPage();
    yield await connection.search({ ...request, controls: [...(request.controls ?? []), page] });
  } while (page.hasMore());
}
