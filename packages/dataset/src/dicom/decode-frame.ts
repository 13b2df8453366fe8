import { Decoder as LosslessDecoder } from 'jpeg-lossless-decoder-js';
import { UnreadableImage } from '../unreadable-image.ts';
import { decodeHighThroughput, decodeJpeg2000, decodeJpegLs, decodeTwelveBits } from './codecs.ts';
import {
  checkCodedFrame,
  type JpegHead,
  jpeg2000Codestream,
  jpeg2000Head,
  jpegHead,
  tilePartsEnd,
  wholeEnd,
} from './coded-frame.ts';
import type { ImageHeader } from './image-header.ts';
import { withColourSpace } from './jpeg-colour-space.ts';
import { decodeNatively } from './openjpeg-addon.ts';
import { decodeRle } from './rle.ts';
import {
  nativeValues,
  requireBytes,
  type Samples,
  type Values,
  valuesOf,
  withoutUnusedBits,
} from './stored-values.ts';
import type { PixelCoding } from './transfer-syntaxes.ts';

/**
 * Decodes a frame.
 * @param bytes as they are coded (see `framesOf`)
 * @param frame from 0
 * @throws UnreadableImage where data are missing, damaged, or not what the header says
 */
export async function decodeFrame(bytes: Uint8Array, frame: number, header: ImageHeader): Promise<Samples> {
  const { columns, rows, samples } = header;
  const count = columns * rows;
  const space = header.photometric.startsWith('YBR') ? 'ybr' : 'rgb';
  switch (codingOf(bytes, header)) {
    case 'native':
      return { values: nativeValues(bytes, frame, header), planar: header.planar, space };
    case 'rle': {
      const sampleBytes = header.bitsAllocated / 8;
      if (header.bitsAllocated === 1) throw notThere(header, '8 bits and more', '1 bit');
      const planes = decodeRle(bytes, samples * sampleBytes, count);
      return { values: valuesOf(fromPlanes(planes, sampleBytes), header, false), planar: true, space };
    }
    case 'jpeg':
      return jpegSamples(bytes, header);
    case 'jpeg-lossless':
      return losslessSamples(bytes, header);
    case 'jpeg-ls': {
      const head = jpegHead(bytes);
      checkCodedFrame(bytes, head, header);
      const { bytes: decoded, told } = await guarded(header.syntax, () => decodeJpegLs(bytes));
      const values = wordsOf(
        requireBytes(decoded, count * samples * (head.precision > 8 ? 2 : 1)),
        head.precision,
      );
      return { values: signsOf(values, head.precision, header), planar: told, space: spaceOf(head, header) };
    }
    case 'jpeg-2000':
    case 'htj2k':
      return jpeg2000Samples(bytes, header);
  }
}

/** How a frame is coded: by what it begins with where that is plain, else by the transfer syntax. */
function codingOf(bytes: Uint8Array, { coding, syntax, encapsulated }: ImageHeader): PixelCoding {
  if (!encapsulated) return 'native';
  const marker = jpegHead(bytes)?.marker;
  if (marker === 0xc3) return 'jpeg-lossless';
  if (marker === 0xf7) return 'jpeg-ls';
  if (marker !== undefined && marker <= 0xc2) return 'jpeg';
  const head = jpeg2000Head(jpeg2000Codestream(bytes));
  if (head !== null) return head.highThroughput ? 'htj2k' : 'jpeg-2000';
  if (coding !== 'native') return coding;
  throw new UnreadableImage(`DICOM: expected pixels as ${syntax} has them, got encapsulated ones`);
}

/** What three samples of a frame of the JPEG family are: by its own marks, else by the header. */
function spaceOf({ lumaAndChroma }: JpegHead, { photometric }: ImageHeader): Samples['space'] {
  return (lumaAndChroma ?? photometric.startsWith('YBR')) ? 'ybr' : 'rgb';
}

/** JPEG with loss. */
async function jpegSamples(bytes: Uint8Array, header: ImageHeader): Promise<Samples> {
  const { columns, rows, samples, syntax } = header;
  const head = jpegHead(bytes);
  checkCodedFrame(bytes, head, header);
  const whole = bytes.subarray(0, wholeEnd(bytes)!);
  if (header.numbers === 'signed') throw notThere(header, 'unsigned pixels', 'signed ones');
  if (head.precision === 8) {
    // Its decoder gives RGB; which transform it has to take back stands in the file.
    const space = spaceOf(head, header);
    const file = samples === 1 ? Buffer.from(whole) : withColourSpace(whole, space);
    // Not loaded where nothing is coded so; see `openImage`.
    const { decodeJpeg } = await import('../raster/decode-raster.ts');
    const { values, channels } = await guarded(syntax, () => decodeJpeg(file));
    if (channels !== samples) throw notThere(header, `${samples} samples`, `${channels}`);
    return { values, planar: false, space: 'rgb' };
  }
  if (head.precision !== 12) throw notThere(header, '8 or 12 bits', `${head.precision} bits`);
  if (samples !== 1) throw notThere(header, 'a grey image of 12 bits', 'a colour one');
  const decoded = await guarded(syntax, () => decodeTwelveBits(whole, columns, rows));
  const values = wordsOf(requireBytes(decoded, 2 * columns * rows), 12);
  return { values, planar: false, space: 'rgb' };
}

function losslessSamples(frame: Uint8Array, header: ImageHeader): Samples {
  const { columns, rows, samples, bitsAllocated, bitsStored, syntax } = header;
  const head = jpegHead(frame);
  checkCodedFrame(frame, head, header);
  let values: Uint8Array | Uint16Array;
  try {
    const decoder = new LosslessDecoder();
    const bytes = new Uint8Array(frame);
    values = decoder.decode(bytes.buffer, 0, bytes.length, head.precision > 8 ? 2 : 1);
    // The decoder goes on with zeros where there are no data any more.
    if (
      values.length !== columns * rows * samples ||
      decoder.stream === null ||
      decoder.stream.index > bytes.length
    ) {
      throw new Error(`${values.length} samples, ${decoder.stream?.index} of ${bytes.length} bytes`);
    }
  } catch (cause) {
    throw damaged(syntax, cause);
  }
  const bits = Math.min(bitsStored, bitsAllocated, 8 * values.BYTES_PER_ELEMENT);
  return { values: signsOf(values, bits, header), planar: false, space: spaceOf(head, header) };
}

/** Decoders want the mark that some writers leave out. */
const endOfCodestream = Buffer.from([0xff, 0xd9]);

async function jpeg2000Samples(bytes: Uint8Array, header: ImageHeader): Promise<Samples> {
  const { columns, rows, samples, syntax } = header;
  const codestream = jpeg2000Codestream(bytes);
  const head = jpeg2000Head(codestream);
  checkCodedFrame(codestream, head, header);
  const { precision, signed } = head;
  if (precision > 16) throw notThere(header, 'at most 16 bits', `${precision} bits`);
  // Without its sign a codestream gives the same values from 0 up; decoders lose some of those below.
  const end = wholeEnd(codestream) === null ? tilePartsEnd(codestream)! : null;
  const unsigned =
    end === null ? new Uint8Array(codestream) : Buffer.concat([codestream.subarray(0, end), endOfCodestream]);
  if (signed)
    for (let sample = 0; sample < samples; sample++) unsigned[head.precisionAt + 3 * sample]! &= 0x7f;
  const decode = head.highThroughput ? decodeHighThroughput : decodeJpeg2000;
  const decoded = decodeNatively(unsigned, head) ?? (await guarded(syntax, () => decode(unsigned))).bytes;
  const came = wordsOf(requireBytes(decoded, columns * rows * samples * (precision > 8 ? 2 : 1)), precision);
  const middle = 2 ** (precision - 1);
  const values = signed ? Int16Array.from(came, (value) => value - middle) : signsOf(came, precision, header);
  // The multi-component transform is one of RGB.
  const space = header.photometric.startsWith('YBR') && !head.transformed ? 'ybr' : 'rgb';
  return { values, planar: false, space };
}

/** Samples of more than 8 bits are words. */
function wordsOf(bytes: Uint8Array, precision: number): Uint8Array | Uint16Array {
  if (precision <= 8) return bytes;
  // 16-bit words must begin at an even address; they are read in pairs.
  const { buffer, byteOffset, length } = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes);
  return new Uint16Array(buffer, byteOffset, length >> 1);
}

/** Codings that know no signs: the header does. */
function signsOf(values: Uint8Array | Uint16Array, bits: number, { numbers }: ImageHeader): Values {
  if (numbers === 'unsigned') return withoutUnusedBits(values, bits - 1, bits);
  const { buffer, byteOffset, length } = values;
  const signed =
    values instanceof Uint8Array
      ? new Int8Array(buffer, byteOffset, length)
      : new Int16Array(buffer, byteOffset, length);
  return withoutUnusedBits(signed, bits - 1, bits);
}

/** Byte planes, of each sample the high byte first, to big-endian samples plane after plane. */
function fromPlanes(planes: readonly Uint8Array[], sampleBytes: number): Uint8Array {
  if (sampleBytes === 1) return Buffer.concat(planes);
  const count = planes[0]!.length;
  const bytes = new Uint8Array(count * planes.length);
  for (const [plane, values] of planes.entries()) {
    const start = Math.floor(plane / sampleBytes) * count * sampleBytes + (plane % sampleBytes);
    for (let i = 0; i < count; i++) bytes[start + i * sampleBytes] = values[i]!;
  }
  return bytes;
}

/** @throws UnreadableImage in place of whatever a decoder throws */
async function guarded<T>(syntax: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw damaged(syntax, cause);
  }
}

function damaged(syntax: string, cause: unknown): UnreadableImage {
  return new UnreadableImage(`DICOM: expected a whole frame of ${syntax}, decoding failed`, { cause });
}

function notThere({ syntax }: ImageHeader, expected: string, came: string): UnreadableImage {
  return new UnreadableImage(`DICOM: expected ${expected} in ${syntax}, got ${came}`);
}
