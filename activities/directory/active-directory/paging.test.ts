import { Ber, BerReader, BerWriter, Client, Control, ControlParser } from 'ldapts';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { LdapEntry, SearchRequest } from './connection.ts';
import { PageControl } from './controls.ts';
import { searchPages } from './paging.ts';

/** A control as it stands in a response. */
function encode(oid: string, value: Buffer): BerReader {
  const writer = new BerWriter();
  writer.startSequence();
  writer.writeString(oid);
  writer.writeBuffer(value, Ber.OctetString);
  writer.endSequence();
  return new BerReader(writer.buffer);
}

function pageValue(cookie: string): Buffer {
  const writer = new BerWriter();
  writer.startSequence();
  writer.writeInt(0);
  writer.writeBuffer(Buffer.from(cookie), Ber.OctetString);
  writer.endSequence();
  return writer.buffer;
}

const answer = (control: PageControl, cookie: string): unknown =>
  ControlParser.parse(encode(PageControl.oid, pageValue(cookie)), [control]);

const request: SearchRequest = { base: 'DC=x', scope: 'sub', attributes: ['cn'] };

describe("the library's control parser", () => {
  it('is the one that this was written for', () => {
    const { version } = JSON.parse(readFileSync('node_modules/ldapts/package.json', 'utf8')) as { version: string };
    expect(version).toBe('9.2.0');
    // Its messages call the parser through the class, so that wrapping it works.
    expect(Client.prototype.search.toString()).toContain('PagedResultsControl');
  });

  it("leads the server's cookie into our control and reads the answer to its end", () => {
    const page = new PageControl(5);
    const reader = encode(PageControl.oid, pageValue('cookie'));
    expect(ControlParser.parse(reader, [page])).toBe(page);
    expect(reader.remain).toBe(0);
    expect(page.hasMore()).toBe(true);
    answer(page, '');
    expect(page.hasMore()).toBe(false);
  });

  it('treats every other control as before', () => {
    class Other extends Control {
      seen = '';
      protected override parseControl(reader: BerReader): void {
        this.seen = reader.readString() ?? '';
      }
    }
    const other = new Other('1.2.3');
    const value = new BerWriter();
    value.writeString('hello');
    expect(ControlParser.parse(encode('1.2.3', value.buffer), [new PageControl(1), other])).toBe(other);
    expect(other.seen).toBe('hello');
    expect(ControlParser.parse(encode('1.2.4', value.buffer), [new PageControl(1)])).toBeNull();
  });
});

describe('searchPages', () => {
  /** A server that gives these pages; the last has no cookie. */
  const serving = (pages: number[]) => {
    let next = 0;
    return {
      search: async ({ controls }: SearchRequest): Promise<LdapEntry[]> => {
        const size = pages[next]!;
        next += 1;
        answer(controls!.at(-1) as PageControl, next < pages.length ? `after-${next}` : '');
        return Array.from({ length: size }, (_, index) => ({ dn: `CN=${next}-${index}`, attributes: {} }));
      },
    };
  };

  it('goes on after a page without entries', async () => {
    const sizes: number[] = [];
    for await (const page of searchPages(serving([5, 0, 5, 5, 0]), request, 5)) sizes.push(page.length);
    expect(sizes).toEqual([5, 0, 5, 5, 0]);
  });

  it('does not take a part for the whole when the server ignores the control', async () => {
    const deaf = { search: async (): Promise<LdapEntry[]> => [{ dn: 'CN=a', attributes: {} }] };
    const read = async (): Promise<void> => {
      for await (const page of searchPages(deaf, request, 5)) expect(page).toHaveLength(1);
    };
    await expect(read()).rejects.toThrow('did not answer the paging control');
  });
});
