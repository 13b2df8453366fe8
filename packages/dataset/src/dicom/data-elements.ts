import { UnreadableImage } from '../unreadable-image.ts';

/** How a data set is written (PS3.5, annex A). */
export interface Encoding {
  explicit: boolean;
  littleEndian: boolean;
}

/** Where an element's value lies, in bytes from the beginning of the data set's bytes. */
export interface DataElement {
  /** Null where the encoding does not say it. */
  vr: string | null;
  offset: number;
  length: number;
  /** Of encapsulated pixels: the Basic Offset Table and all fragments, each item by itself. */
  items?: { offset: number; length: number }[];
}

/** VRs whose length has 16 bits; all others, those to come too, have 32 (PS3.5, 7.1.2). */
const shortForms = new Set('AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US'.split(' '));
const undefinedLength = 0xffffffff;
const itemTag = 0xfffee000;
const itemEnd = 0xfffee00d;
const sequenceEnd = 0xfffee0dd;
export const pixelData = 0x7fe00010;
/** Sequences of undefined length within each other; the standard's deepest objects, Structured Reports, nest far fewer. */
const deepest = 64;

interface ElementHead {
  tag: number;
  vr: string | null;
  /** `undefinedLength` where a delimiter ends it. */
  length: number;
  /** Of the value. */
  offset: number;
}

const shown = (tag: number) => {
  const digits = tag.toString(16).toUpperCase().padStart(8, '0');
  return `(${digits.slice(0, 4)},${digits.slice(4)})`;
};

/** A cursor over the elements of a data set. */
class Reader {
  readonly #bytes: Buffer;
  readonly #encoding: Encoding;

  constructor(bytes: Buffer, encoding: Encoding) {
    this.#bytes = bytes;
    this.#encoding = encoding;
  }

  #u16(at: number): number {
    return this.#encoding.littleEndian ? this.#bytes.readUInt16LE(at) : this.#bytes.readUInt16BE(at);
  }

  #u32(at: number): number {
    return this.#encoding.littleEndian ? this.#bytes.readUInt32LE(at) : this.#bytes.readUInt32BE(at);
  }

  /** @throws UnreadableImage where the bytes end within the element's head */
  head(at: number): ElementHead {
    const bytes = this.#bytes;
    if (at + 8 > bytes.length) throw cutOff(`within the element at byte ${at}`);
    const tag = this.#u16(at) * 0x10000 + this.#u16(at + 2);
    const delimiter = tag === itemTag || tag === itemEnd || tag === sequenceEnd;
    // Some writers leave single elements without a VR.
    const vr = bytes.toString('latin1', at + 4, at + 6);
    if (delimiter || !this.#encoding.explicit || !/^[A-Z]{2}$/.test(vr)) {
      return { tag, vr: null, length: this.#u32(at + 4), offset: at + 8 };
    }
    if (shortForms.has(vr)) return { tag, vr, length: this.#u16(at + 6), offset: at + 8 };
    if (at + 12 > bytes.length) throw cutOff(`within the element at byte ${at}`);
    return { tag, vr, length: this.#u32(at + 8), offset: at + 12 };
  }

  /**
   * The first byte behind an element.
   * @param depth sequences of undefined length that it lies in
   */
  behind({ tag, vr, length, offset }: ElementHead, depth = 0): number {
    if (length !== undefinedLength) return offset + length;
    if (depth === deepest) {
      throw new UnreadableImage(
        `DICOM: expected at most ${deepest} sequences within each other, got more in ${shown(tag)}`,
      );
    }
    // PS3.5, 6.2.2: what is unknown and has no length is a sequence in Implicit VR Little Endian.
    const inner = vr === 'UN' ? new Reader(this.#bytes, { explicit: false, littleEndian: true }) : this;
    return inner.#behindItems(tag, offset, depth + 1);
  }

  #behindItems(tag: number, from: number, depth: number): number {
    for (let at = from; ; ) {
      const item = this.head(at);
      if (item.tag === sequenceEnd) return item.offset;
      if (item.tag !== itemTag)
        throw new UnreadableImage(`DICOM: expected an item in ${shown(tag)}, got ${shown(item.tag)}`);
      at =
        item.length === undefinedLength
          ? this.#behindElements(item.offset, depth)
          : item.offset + item.length;
    }
  }

  #behindElements(from: number, depth = 0): number {
    for (let at = from; ; ) {
      const element = this.head(at);
      if (element.tag === itemEnd) return element.offset;
      at = this.behind(element, depth);
    }
  }

  /** Where the items of a sequence lie, or the fragments of encapsulated pixels; of the last one as much as there is. */
  items({ length, offset }: ElementHead): { offset: number; length: number }[] {
    const end =
      length === undefinedLength ? this.#bytes.length : Math.min(offset + length, this.#bytes.length);
    const items: { offset: number; length: number }[] = [];
    for (let at = offset; at + 8 <= end; ) {
      const item = this.head(at);
      if (item.tag !== itemTag) break;
      at = item.length === undefinedLength ? this.#behindElements(item.offset) : item.offset + item.length;
      items.push({ offset: item.offset, length: Math.min(at, this.#bytes.length) - item.offset });
    }
    return items;
  }
}

function cutOff(where: string): UnreadableImage {
  return new UnreadableImage(`DICOM: expected a whole file, got one that is cut off ${where}`);
}

/** The elements of a data set, up to its pixels; what lies behind them says nothing of the picture. */
export class DataSet {
  readonly bytes: Buffer;
  readonly encoding: Encoding;
  /** The first byte that was not read. */
  readonly end: number;
  readonly #elements: ReadonlyMap<number, DataElement>;

  /**
   * @param from first byte of the data set
   * @param goOn false for the tag of the first element that is not read any more
   * @throws UnreadableImage where the data set is cut off before its pixels, or its sequences are damaged
   */
  constructor(bytes: Buffer, encoding: Encoding, from = 0, goOn: (tag: number) => boolean = () => true) {
    this.bytes = bytes;
    this.encoding = encoding;
    const reader = new Reader(bytes, encoding);
    const elements = new Map<number, DataElement>();
    let at = from;
    // A few bytes behind the last element are padding.
    while (at + 8 <= bytes.length) {
      const head = reader.head(at);
      const { tag, vr, length, offset } = head;
      if (!goOn(tag)) break;
      if (tag === pixelData) {
        const items = length === undefinedLength ? { items: reader.items(head) } : {};
        elements.set(tag, { vr, offset, length: Math.min(length, bytes.length - offset), ...items });
        at = bytes.length;
        break;
      }
      at = reader.behind(head);
      if (at > bytes.length) throw cutOff(`within ${shown(tag)}`);
      elements.set(tag, { vr, offset, length: at - offset });
    }
    this.end = at;
    this.#elements = elements;
  }

  get(tag: number): DataElement | undefined {
    return this.#elements.get(tag);
  }

  value(tag: number): Buffer | null {
    const element = this.get(tag);
    if (element === undefined) return null;
    return this.bytes.subarray(element.offset, element.offset + element.length);
  }

  /** Text without its padding; null where there is none. Of several values, all. */
  text(tag: number): string | null {
    return this.value(tag)?.toString('latin1').replaceAll('\0', '').trim() || null;
  }

  /** Numbers of 16 bits without a sign; null where the element is not there. */
  words(tag: number): number[] | null {
    const value = this.value(tag);
    if (value === null || value.length < 2) return null;
    const { littleEndian } = this.encoding;
    return Array.from({ length: value.length >> 1 }, (_, i) =>
      littleEndian ? value.readUInt16LE(2 * i) : value.readUInt16BE(2 * i),
    );
  }

  word(tag: number): number | null {
    return this.words(tag)?.[0] ?? null;
  }

  /** The data sets of a sequence's items; none where there is no such sequence. */
  items(tag: number): DataSet[] {
    const element = this.get(tag);
    if (element === undefined) return [];
    const { offset, length, vr } = element;
    const encoding = vr === 'UN' ? { explicit: false, littleEndian: true } : this.encoding;
    return new Reader(this.bytes, encoding).items({ tag, vr, length, offset }).map((item) => {
      const end = item.offset + item.length;
      return new DataSet(this.bytes.subarray(0, end), encoding, item.offset, (inner) => inner !== itemEnd);
    });
  }
}
