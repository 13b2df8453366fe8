import { UnreadableImage } from '../unreadable-image.ts';
import { wholeEnd } from './coded-frame.ts';
import type { DicomImage } from './image-header.ts';

/**
 * Holds the number of frames that a header says against the pixels that are there: a number is written quickly, and
 * YBR_FULL_422 stays there where what was coded so is unpacked to three samples a pixel.
 * @throws UnreadableImage where there are fewer, or three samples a pixel of YBR_FULL_422
 */
export function requireFrames({ data, pixels, header }: DicomImage): void {
  const { items, length } = data.get(pixels)!;
  const { frames } = header;
  if (items === undefined) {
    const wanted = Math.ceil(nativeBytes(header) * frames);
    if (length < wanted)
      throw new UnreadableImage(`DICOM: expected ${wanted} bytes of pixels, got ${length}`);
    if (header.photometric !== 'YBR_422') return;
    const full = nativeBytes({ ...header, photometric: 'YBR' }) * frames;
    // What the three are, the header does not say.
    if (length === full || length === full + (full % 2))
      throw new UnreadableImage(
        `DICOM: expected ${wanted} bytes of pixels of YBR_FULL_422, two of which share their chroma, got ${length}, as of three samples a pixel: set Photometric Interpretation to RGB or YBR_FULL, whichever they are`,
      );
    return;
  }
  // The first item is the offset table; a frame has one fragment at least.
  const fragments = Math.max(0, items.length - 1);
  if (frames > 1 && fragments < frames)
    throw new UnreadableImage(`DICOM: expected fragments of ${frames} frames, got ${fragments}`);
}

/**
 * Where each frame of an image lies, found once for all of them.
 * @returns the bytes of a frame, from 0, as they are coded
 * @throws UnreadableImage where fragments cannot be told apart by frames; what is returned throws it where a frame has none
 */
export function framesOf(image: DicomImage): (frame: number) => Uint8Array {
  const { data, pixels, header } = image;
  const { items } = data.get(pixels)!;
  if (items === undefined) return (frame) => nativeFrame(image, frame);
  const [table, ...fragments] = items;
  const firsts = firstFragments(image, table, fragments);
  return (frame) => {
    const parts = fragments.slice(firsts[frame], firsts[frame + 1]);
    if (parts.length === 0)
      throw new UnreadableImage(`DICOM: expected ${header.frames} frames, got ${frame}`);
    const bytes = parts.map(({ offset, length }) => data.bytes.subarray(offset, offset + length));
    return bytes.length === 1 ? bytes[0]! : Buffer.concat(bytes);
  };
}

/** Bytes of a frame of native pixels, where its bits fill whole bytes. */
export function nativeBytes({
  columns,
  rows,
  samples,
  bitsAllocated,
  photometric,
}: DicomImage['header']): number {
  const samplesOfPixel = photometric === 'YBR_422' ? 2 : samples;
  return (columns * rows * samplesOfPixel * bitsAllocated) / 8;
}

function nativeFrame({ data, pixels, header }: DicomImage, frame: number): Uint8Array {
  const { offset, length, vr } = data.get(pixels)!;
  const bytes = nativeBytes(header);
  const all = data.bytes.subarray(offset, offset + length);
  // Bytes, or bits, in 16-bit words that Big Endian turns round.
  const turned = !header.littleEndian && vr === 'OW' && header.bitsAllocated <= 8;
  const from = Math.floor(frame * bytes);
  if (!turned) return header.bitsAllocated === 1 ? all : all.subarray(from, from + bytes);
  const end = header.bitsAllocated === 1 ? all.length : from + bytes;
  const start = header.bitsAllocated === 1 ? 0 : from - (from % 2);
  const words = Buffer.from(all.subarray(start, Math.min(all.length, end + (end % 2))));
  // Without its last byte, which is padding, an odd number of bytes is no number of words.
  return words
    .subarray(0, words.length & ~1)
    .swap16()
    .subarray(from % 2 === 1 && start < from ? 1 : 0);
}

type Place = { offset: number; length: number };

/** The number of each frame's first fragment, rising: by an offset table, one each, or by where a frame ends. */
function firstFragments(
  { data, header }: DicomImage,
  table: Place | undefined,
  fragments: readonly Place[],
): number[] {
  const { frames } = header;
  if (frames === 1) return [0];
  const offsets = frameOffsets(
    data.value(0x7fe00001),
    table === undefined ? null : data.bytes.subarray(table.offset, table.offset + table.length),
  );
  if (offsets.length === frames) {
    const first = fragments[0]?.offset ?? 0;
    // Offsets count from the first fragment's item, whose head has 8 bytes, as have all others'.
    const numbers = new Map(fragments.map(({ offset }, number) => [offset - first, number]));
    const found = offsets.map((offset) => numbers.get(offset) ?? -1);
    if (found.every((number, i) => number > (found[i - 1] ?? -1))) return found;
  }
  if (fragments.length === frames) return [...fragments.keys()];
  const found = [0];
  for (const [i, { offset, length }] of fragments.entries()) {
    if (wholeEnd(data.bytes.subarray(offset, offset + length)) !== null && i + 1 < fragments.length)
      found.push(i + 1);
  }
  if (found.length === frames) return found;
  throw new UnreadableImage(
    `DICOM: expected fragments of ${frames} frames, got ${fragments.length} that no offset table divides`,
  );
}

/** The Extended Offset Table, else the basic one; empty where there is none. */
function frameOffsets(extended: Buffer | null, basic: Buffer | null): number[] {
  if (extended !== null && extended.length >= 8) {
    return Array.from({ length: extended.length >> 3 }, (_, i) => Number(extended.readBigUInt64LE(8 * i)));
  }
  return Array.from({ length: (basic?.length ?? 0) >> 2 }, (_, i) => basic!.readUInt32LE(4 * i));
}
