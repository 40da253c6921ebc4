/** LDAP controls of Active Directory. All are critical: a server that lacks one must refuse, not ignore it. */
import { Ber, BerWriter, Control, type BerReader } from 'ldapts';

const DACL_ONLY = 4;

/** Reads or writes the DACL alone; without it the owner is written too, which only administrators may. */
export class SecurityDescriptorFlags extends Control {
  constructor() {
    super('1.2.840.113556.1.4.801', { critical: true });
  }

  protected override writeControl(writer: BerWriter): void {
    const value = new BerWriter();
    value.startSequence();
    value.writeInt(DACL_ONLY);
    value.endSequence();
    writer.writeBuffer(value.buffer, Ber.OctetString);
  }
}

/** Lets a search see tombstones. Never attach it to a write: the write would then hit them too. */
export function showDeleted(): Control {
  return new Control('1.2.840.113556.1.4.417', { critical: true });
}

/** The simple paged results control (RFC 2696), which keeps the server's cookie for the next page. */
export class PageControl extends Control {
  static readonly oid = '1.2.840.113556.1.4.319';
  private readonly pageSize: number;
  private cookie: Buffer = Buffer.alloc(0);
  private answered = false;

  constructor(pageSize: number) {
    super(PageControl.oid, { critical: true });
    this.pageSize = pageSize;
  }

  /** Call before each page. */
  beginPage(): void {
    this.answered = false;
  }

  /** Whether the server has more. Throws when it did not answer the control: what came may be a part only. */
  hasMore(): boolean {
    if (!this.answered) throw new Error('the server did not answer the paging control');
    return this.cookie.length > 0;
  }

  protected override writeControl(writer: BerWriter): void {
    const value = new BerWriter();
    value.startSequence();
    value.writeInt(this.pageSize);
    value.writeBuffer(this.cookie, Ber.OctetString);
    value.endSequence();
    writer.writeBuffer(value.buffer, Ber.OctetString);
  }

  protected override parseControl(reader: BerReader): void {
    if (!reader.readSequence()) return;
    reader.readInt();
    this.cookie = reader.readString(Ber.OctetString, true) ?? Buffer.alloc(0);
    this.answered = true;
  }
}
