import { UnreadableImage } from '../unreadable-image.ts';
import type { ImageHeader } from './image-header.ts';

/** What a compressed frame says of itself. */
export interface CodedFrame {
  columns: number;
  rows: number;
  /** Bits a sample. */
  precision: number;
  samples: number;
}

export interface JpegHead extends CodedFrame {
  /** The second byte of the marker that begins the frame: 0xc0 baseline, 0xc3 lossless, 0xf7 JPEG-LS. */
  marker: number;
  /** Whether the three samples are coded as luma and chroma; null where the frame does not say it. */
  lumaAndChroma: boolean | null;
}

export interface Jpeg2000Head extends CodedFrame {
  signed: boolean;
  /** Whether RGB was turned into luma and chroma for coding, which decoding takes back. */
  transformed: boolean;
  /** Place of the byte that holds sign and precision. */
  precisionAt: number;
  highThroughput: boolean;
}

/** Where the frame begins, and whether its markers go on, of a codestream of the JPEG family. */
function* jpegMarkers(frame: Uint8Array): Generator<{ code: number; at: number }> {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (frame.length < 4 || view.getUint16(0) !== 0xffd8) return;
  for (let at = 2; at + 4 <= frame.length; ) {
    const marker = view.getUint16(at);
    if (marker < 0xff01) return;
    // Fill bytes may stand before a marker.
    if (marker === 0xffff) {
      at += 1;
      continue;
    }
    yield { code: marker & 0xff, at };
    at += 2 + view.getUint16(at + 2);
  }
}

/** The head of a frame of the JPEG family (also JPEG-LS); null where there is none. */
export function jpegHead(frame: Uint8Array): JpegHead | null {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const text = (at: number, length: number) => String.fromCharCode(...frame.subarray(at, at + length));
  let jfif = false;
  let adobe: number | null = null;
  for (const { code, at } of jpegMarkers(frame)) {
    if (code === 0xe0 && text(at + 4, 5) === 'JFIF\0') jfif = true;
    // A shorter marker does not say what it is for.
    const adobeMark = code === 0xee && view.getUint16(at + 2) >= 14 && text(at + 4, 5) === 'Adobe';
    if (adobeMark) adobe = frame[at + 15] ?? null;
    const startsFrame = (code >= 0xc0 && code <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(code)) || code === 0xf7;
    if (!startsFrame) continue;
    if (at + 10 > frame.length) return null;
    const [rows, columns] = [view.getUint16(at + 5), view.getUint16(at + 7)];
    const samples = frame[at + 9]!;
    const names = Array.from({ length: samples }, (_, i) =>
      String.fromCharCode(frame[at + 10 + 3 * i] ?? 0),
    ).join('');
    let lumaAndChroma: boolean | null = null;
    if (jfif) lumaAndChroma = true;
    else if (adobe !== null) lumaAndChroma = adobe !== 0;
    else if (/^rgb$/i.test(names)) lumaAndChroma = false;
    // Nobody halves green and blue: what has fewer samples is chroma, whatever the header says.
    else if (samples === 3 && frame[at + 11] !== frame[at + 14]) lumaAndChroma = true;
    return { marker: code, precision: frame[at + 4]!, rows, columns, samples, lumaAndChroma };
  }
  return null;
}

/** The JPEG 2000 codestream of a frame: itself, or what the file format JP2 wraps. */
export function jpeg2000Codestream(frame: Uint8Array): Uint8Array {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (frame.length < 12 || view.getUint32(0) !== 12 || view.getUint32(4) !== 0x6a502020) return frame;
  for (let at = 0; at + 8 <= frame.length; ) {
    const length = view.getUint32(at);
    // 'jp2c'; length 0 goes to the end.
    if (view.getUint32(at + 4) === 0x6a703263)
      return frame.subarray(at + 8, length === 0 ? frame.length : at + length);
    if (length < 8) break;
    at += length;
  }
  return frame;
}

/** The head of a JPEG 2000 codestream; null where there is none. */
export function jpeg2000Head(frame: Uint8Array): Jpeg2000Head | null {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (frame.length < 43 || view.getUint32(0) !== 0xff4fff51) return null;
  const [right, bottom, left, top] = [
    view.getUint32(8),
    view.getUint32(12),
    view.getUint32(16),
    view.getUint32(20),
  ];
  const head = {
    columns: right - left,
    rows: bottom - top,
    precision: (frame[42]! & 0x7f) + 1,
    samples: view.getUint16(40),
    signed: frame[42]! >= 0x80,
    precisionAt: 42,
    transformed: false,
    highThroughput: false,
  };
  for (let at = 4 + view.getUint16(4); at + 9 <= frame.length; at += 2 + view.getUint16(at + 2)) {
    const marker = view.getUint16(at);
    if (marker === 0xff50) head.highThroughput = true;
    // Scod, progression order, layers (2), multiple component transformation.
    if (marker === 0xff52) head.transformed = frame[at + 8] !== 0;
    if (marker === 0xff90 || marker < 0xff01) break;
  }
  return head;
}

/** The place behind a codestream's last marker (EOI, EOC), where nothing but padding follows; else null. */
export function wholeEnd(frame: Uint8Array): number | null {
  let end = frame.length;
  // Fragments have an even length; some writers pad with FF, some with several bytes.
  while (end > 1 && !(frame[end - 1] === 0xd9 && frame[end - 2] === 0xff)) {
    if (frame[end - 1] !== 0 && frame[end - 1] !== 0xff) return null;
    end -= 1;
  }
  return end > 1 ? end : null;
}

/** The place behind the last tile part of a JPEG 2000 codestream, by the lengths that they say; null where one is cut off. */
export function tilePartsEnd(frame: Uint8Array): number | null {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  let at = 4 + view.getUint16(4);
  while (at + 4 <= frame.length && view.getUint16(at) !== 0xff90) at += 2 + view.getUint16(at + 2);
  const first = at;
  while (at + 12 <= frame.length && view.getUint16(at) === 0xff90) {
    const length = view.getUint32(at + 6);
    if (length < 12 || at + length > frame.length) return null;
    at += length;
  }
  return at > first ? at : null;
}

/**
 * Refuses a frame before it is decoded: one that is not what the DICOM header says, so that no small file takes the memory
 * of a large image, and one that is cut off, of which decoders give what there is.
 * @throws UnreadableImage with what was expected and what came
 */
export function checkCodedFrame<Head extends CodedFrame>(
  frame: Uint8Array,
  head: Head | null,
  { columns, rows, samples, bitsAllocated, syntax }: ImageHeader,
): asserts head is Head {
  if (head === null) throw new UnreadableImage(`DICOM: expected pixels of ${syntax}, got other data`);
  const size = (one: { columns: number; rows: number; samples: number }) =>
    `${one.columns}x${one.rows} of ${one.samples} ${one.samples === 1 ? 'sample' : 'samples'}`;
  const wanted = { columns, rows, samples };
  if (size(head) !== size(wanted) || head.precision > bitsAllocated) {
    throw new UnreadableImage(
      `DICOM: expected a frame of ${size(wanted)}, at most ${bitsAllocated} bit, got ${size(head)}, ${head.precision} bit`,
    );
  }
  if (wholeEnd(frame) !== null) return;
  // The mark at the end may be missing where all that it ends is there.
  if ('precisionAt' in head && tilePartsEnd(frame) !== null) return;
  throw new UnreadableImage(`DICOM: expected a whole frame of ${syntax}, got one that is cut off`);
}
