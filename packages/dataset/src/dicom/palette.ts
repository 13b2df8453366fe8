import { UnreadableImage } from '../unreadable-image.ts';
import type { DataSet } from './data-elements.ts';

/** Colours of stored values (PS3.3, C.7.6.3.1.5). */
export interface Palette {
  /** Stored value of the first entry; smaller ones have its colour, those above the last entry the last one's. */
  first: number;
  /** 8-bit entries of red, green and blue, equally many. */
  colours: readonly [Uint8Array, Uint8Array, Uint8Array];
}

const descriptors = [0x00281101, 0x00281102, 0x00281103] as const;
const plain = [0x00281201, 0x00281202, 0x00281203] as const;
const segmented = [0x00281221, 0x00281222, 0x00281223] as const;

/**
 * Reads an image's palette, plain or in segments. Of 16-bit entries the high byte counts, unless all of them have 8 bits.
 * @throws UnreadableImage where it is missing or damaged
 */
export function readPalette(data: DataSet): Palette {
  const described = descriptors.map((tag) => data.words(tag));
  const tables = plain.map((tag, colour) => {
    const descriptor = described[colour];
    if (!descriptor || descriptor.length < 3) throw damaged('the descriptors of three colours');
    const entries = descriptor[0] || 2 ** 16;
    if (data.get(tag) === undefined && descriptor[2]! <= 8) throw damaged('segments of 16 bits');
    if (data.get(tag) === undefined) return expanded(data.words(segmented[colour]!), entries);
    return entriesOf(data, tag, entries, descriptor[2]!);
  });
  const most = Math.min(...tables.map((table) => table.length));
  if (most === 0) throw damaged('colours');
  const shift = tables.some((table) => table.some((value) => value > 255)) ? 8 : 0;
  const [red, green, blue] = tables.map((table) =>
    Uint8Array.from(table.slice(0, most), (value) => value >> shift),
  );
  const first = described[0]![1]!;
  // The descriptor's second value has the sign that the pixels have.
  const signed = data.word(0x00280103) === 1;
  return { first: signed ? (first << 16) >> 16 : first, colours: [red!, green!, blue!] };
}

/** Entries of 8 bits lie in bytes, or in words of their own. */
function entriesOf(data: DataSet, tag: number, entries: number, bits: number): number[] {
  const value = data.value(tag)!;
  const inBytes = bits <= 8 && value.length < 2 * entries;
  if (value.length < entries * (inBytes ? 1 : 2)) throw damaged(`${entries} entries of a colour`);
  if (!inBytes) return data.words(tag)!.slice(0, entries);
  // Bytes in words: the words are turned round in Big Endian.
  const words = data.words(tag) ?? [];
  const bytes = words.flatMap((word) => [word & 0xff, word >> 8]);
  return (data.encoding.littleEndian || data.get(tag)?.vr === 'OB' ? [...value] : bytes).slice(0, entries);
}

/** Discrete, linear and indirect segments (PS3.3, C.7.9.2). */
function expanded(words: readonly number[] | null, entries: number): number[] {
  if (words === null) throw damaged('entries of three colours');
  const table: number[] = [];
  const read = (from: number, segments: number) => {
    for (
      let at = from, done = 0;
      done < segments && at + 1 < words.length && table.length < entries;
      done++
    ) {
      const [kind, count] = [words[at]!, words[at + 1]!];
      if (kind === 0) {
        for (let i = 0; i < count; i++) table.push(words[at + 2 + i] ?? 0);
        at += 2 + count;
      } else if (kind === 1) {
        const [before, end] = [table.at(-1) ?? 0, words[at + 2] ?? 0];
        for (let i = 1; i <= count; i++) table.push(Math.round(before + ((end - before) * i) / count));
        at += 3;
      } else if (kind === 2 && from === 0) {
        // The offset counts bytes; an indirect segment within an indirect one is not allowed.
        const offset = (words[at + 2]! + words[at + 3]! * 2 ** 16) / 2;
        if (offset > 0 && offset < at) read(offset, count);
        at += 4;
      } else {
        throw damaged('segments of a palette');
      }
    }
  };
  read(0, Number.POSITIVE_INFINITY);
  return table.slice(0, entries);
}

function damaged(expected: string): UnreadableImage {
  return new UnreadableImage(`DICOM: expected a palette with ${expected}, got one without`);
}
