import { UnreadableImage } from '../unreadable-image.ts';
import type { DicomHeader } from './dicom-header.ts';

/** What a compressed frame says of itself. */
export interface CodedFrame {
  columns: number;
  rows: number;
  /** Bits a sample. */
  precision: number;
  samples: number;
}

/** The head of a frame of the JPEG family (also JPEG-LS); null where there is none. */
export function jpegHead(frame: Uint8Array): (CodedFrame & { marker: number }) | null {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (frame.length < 4 || view.getUint16(0) !== 0xffd8) return null;
  for (let at = 2; at + 10 <= frame.length; ) {
    const marker = view.getUint16(at);
    if (marker < 0xff01) return null;
    // Fill bytes may stand before a marker.
    if (marker === 0xffff) {
      at += 1;
      continue;
    }
    const code = marker & 0xff;
    const startsFrame = (code >= 0xc0 && code <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(code)) || code === 0xf7;
    if (startsFrame) {
      const [rows, columns] = [view.getUint16(at + 5), view.getUint16(at + 7)];
      return { marker: code, precision: frame[at + 4]!, rows, columns, samples: frame[at + 9]! };
    }
    at += 2 + view.getUint16(at + 2);
  }
  return null;
}

/** The head of a JPEG 2000 codestream; null where there is none. */
export function jpeg2000Head(frame: Uint8Array): CodedFrame | null {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (frame.length < 43 || view.getUint32(0) !== 0xff4fff51) return null;
  const [right, bottom, left, top] = [
    view.getUint32(8),
    view.getUint32(12),
    view.getUint32(16),
    view.getUint32(20),
  ];
  const precision = (frame[42]! & 0x7f) + 1;
  return { columns: right - left, rows: bottom - top, precision, samples: view.getUint16(40) };
}

/**
 * Refuses a frame before it is decoded: one that is not what the DICOM header says, so that no small file takes the memory
 * of a large image, and one that is cut off, of which decoders give what there is.
 * @throws UnreadableImage with what was expected and what came
 */
export function checkCodedFrame(
  frame: Uint8Array,
  head: CodedFrame | null,
  { columns, rows, samples, bitsAllocated, syntax }: DicomHeader,
): asserts head is CodedFrame {
  if (head === null) throw new UnreadableImage(`DICOM: expected pixels of ${syntax}, got other data`);
  const size = (one: { columns: number; rows: number; samples: number }) =>
    `${one.columns}x${one.rows} of ${one.samples} ${one.samples === 1 ? 'sample' : 'samples'}`;
  const wanted = { columns, rows, samples };
  if (size(head) !== size(wanted) || head.precision > bitsAllocated) {
    throw new UnreadableImage(
      `DICOM: expected a frame of ${size(wanted)}, at most ${bitsAllocated} bit, got ${size(head)}, ${head.precision} bit`,
    );
  }
  let end = frame.length;
  // Fragments have an even length.
  while (end > 0 && frame[end - 1] === 0) end -= 1;
  if (frame[end - 1] !== 0xd9 || frame[end - 2] !== 0xff) {
    throw new UnreadableImage(`DICOM: expected a whole frame of ${syntax}, got one that is cut off`);
  }
}
