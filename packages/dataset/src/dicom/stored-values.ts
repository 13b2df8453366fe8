import type { StoredNumbers } from '../stored-numbers.ts';
import { UnreadableImage } from '../unreadable-image.ts';
import { nativeBytes } from './frames.ts';
import type { ImageHeader } from './image-header.ts';
import { bitsOfWords } from './words.ts';

/** Numbers of pixels as they are meant: with their sign, without unused bits. */
export type Values = StoredNumbers;

/** Values of a frame's samples, by pixel, or plane after plane. */
export interface Samples {
  values: Values;
  planar: boolean;
  /** What three samples are. */
  space: 'rgb' | 'ybr';
}

/**
 * Values of native pixels.
 * @param bytes one frame's; of 1 bit a pixel, those of all frames
 * @param frame from 0
 * @throws UnreadableImage where there are fewer than there must be
 */
export function nativeValues(bytes: Uint8Array, frame: number, header: ImageHeader): Values {
  const { columns, rows, samples, bitsAllocated } = header;
  if (bitsAllocated === 1) return bitsOf(bytes, frame * columns * rows * samples, columns * rows * samples);
  if (header.photometric === 'YBR_422') return fullColours(bytes.subarray(0, nativeBytes(header)));
  return valuesOf(bytes.subarray(0, nativeBytes(header)), header);
}

/** Single bits, the lowest of a byte first; frames need not begin at a byte. */
function bitsOf(bytes: Uint8Array, from: number, count: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, i) => (bytes[(from + i) >> 3]! >> ((from + i) & 7)) & 1);
}

/** Two pixels' luma with the chroma that they share (YBR_FULL_422), to luma and chroma of each. */
function fullColours(bytes: Uint8Array): Uint8Array {
  const colours = new Uint8Array((bytes.length / 4) * 6);
  for (let at = 0, to = 0; at + 3 < bytes.length; at += 4, to += 6) {
    const [first, second, blue, red] = [bytes[at]!, bytes[at + 1]!, bytes[at + 2]!, bytes[at + 3]!];
    colours.set([first, blue, red, second, blue, red], to);
  }
  return colours;
}

/** Values from whole bytes in the data set's byte order. */
export function valuesOf(bytes: Uint8Array, header: ImageHeader, littleEndian = header.littleEndian): Values {
  const { bitsAllocated, numbers } = header;
  const sampleBytes = bitsAllocated / 8;
  const { buffer, byteOffset, byteLength } = inOrder(bytes, sampleBytes, littleEndian);
  const of = [buffer, byteOffset, byteLength / sampleBytes] as const;
  if (numbers === 'floating point')
    return bitsAllocated === 32 ? new Float32Array(...of) : new Float64Array(...of);
  const signed = numbers === 'signed';
  const values = {
    8: () => (signed ? new Int8Array(...of) : new Uint8Array(...of)),
    16: () => (signed ? new Int16Array(...of) : new Uint16Array(...of)),
    32: () => (signed ? new Int32Array(...of) : new Uint32Array(...of)),
  }[bitsAllocated as 8 | 16 | 32]();
  return withoutUnusedBits(values, header.highBit, header.bitsStored);
}

/** Bytes as this machine has them: themselves where they are so already and words begin where they must, else a copy. */
function inOrder(bytes: Uint8Array, sampleBytes: number, littleEndian: boolean): Uint8Array<ArrayBufferLike> {
  // Words of 16 bits are read in pairs.
  const step = sampleBytes === 2 ? 4 : sampleBytes;
  if (littleEndian) return bytes.byteOffset % step === 0 ? bytes : new Uint8Array(bytes);
  const copy = Buffer.from(new Uint8Array(bytes).buffer);
  if (sampleBytes === 2) copy.swap16();
  if (sampleBytes === 4) copy.swap32();
  if (sampleBytes === 8) copy.swap64();
  return copy;
}

/** Other bits may lie above the stored ones, and below them: themselves where there are none, else a copy without. */
export function withoutUnusedBits<T extends Exclude<Values, Float32Array | Float64Array>>(
  values: T,
  highBit: number,
  bitsStored: number,
): T {
  if (bitsStored === 8 * values.BYTES_PER_ELEMENT) return values;
  const signed = values instanceof Int8Array || values instanceof Int16Array || values instanceof Int32Array;
  if (highBit === bitsStored - 1 && isWithin(values, signed ? bitsStored - 1 : bitsStored)) return values;
  const [left, right] = [31 - highBit, 32 - bitsStored];
  const own = values.slice() as T;
  if (signed) for (let i = 0; i < own.length; i++) own[i] = (own[i]! << left) >> right;
  else for (let i = 0; i < own.length; i++) own[i] = (own[i]! << left) >>> right;
  return own;
}

/** Whether no value needs more bits, its sign not counted; not looked at but of words of 16 bits, which most images have. */
function isWithin(values: Exclude<Values, Float32Array | Float64Array>, bits: number): boolean {
  if (values instanceof Uint16Array) return bitsOfWords(values) >>> bits === 0;
  return values instanceof Int16Array && bitsOfSigned(values) >>> bits === 0;
}

/** What is negative needs the bits that its sign is not repeated in. */
function bitsOfSigned(values: Int16Array): number {
  let used = 0;
  for (let i = 0; i < values.length; i++) used |= values[i]! ^ (values[i]! >> 31);
  return used;
}

/** As many bytes as there must be. */
export function requireBytes(came: Uint8Array, bytes: number): Uint8Array {
  if (came.length >= bytes) return came.subarray(0, bytes);
  throw new UnreadableImage(`DICOM: expected ${bytes} bytes of pixels, got ${came.length}`);
}
