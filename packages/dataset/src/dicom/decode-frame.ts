import loadCharls from '@cornerstonejs/codec-charls/decodewasmjs';
import loadOpenJpeg from '@cornerstonejs/codec-openjpeg/decodewasmjs';
import { Decoder as LosslessDecoder } from 'jpeg-lossless-decoder-js';
import { UnreadableImage } from '../unreadable-image.ts';
import { checkCodedFrame, jpeg2000Head, jpegHead } from './coded-frame.ts';
import type { DicomHeader } from './dicom-header.ts';
import { decodeRle } from './rle.ts';

/** Samples as they are stored, unsigned: sign and unused bits are not looked at yet. By pixel, or plane after plane. */
export interface StoredSamples {
  values: Uint8Array | Uint16Array;
  planar: boolean;
}

/** A decoder in WebAssembly, made when first needed. */
interface WasmDecoder {
  getEncodedBuffer(bytes: number): Uint8Array;
  decode(): void;
  getDecodedBuffer(): Uint8Array;
  delete(): void;
}

function wasmCodec(load: () => Promise<new () => WasmDecoder>): (frame: Uint8Array) => Promise<Uint8Array> {
  let loaded: Promise<new () => WasmDecoder> | null = null;
  return async (frame) => {
    loaded ??= load();
    const Codec = await loaded;
    try {
      const decoder = new Codec();
      try {
        decoder.getEncodedBuffer(frame.length).set(frame);
        decoder.decode();
        // A copy: the memory is the decoder's.
        return new Uint8Array(decoder.getDecodedBuffer());
      } finally {
        decoder.delete();
      }
    } catch (error) {
      // Damaged data may have left the module in any state.
      loaded = null;
      throw error;
    }
  };
}

/** Standard output is the command's. */
const silent = { print: () => {}, printErr: () => {} };
const decodeJpegLs = wasmCodec(async () => (await loadCharls(silent)).JpegLSDecoder);
const decodeJpeg2000 = wasmCodec(async () => (await loadOpenJpeg(silent)).J2KDecoder);

/**
 * Decodes a frame of any coding but JPEG with loss, which `decodeDicom` hands to the decoder of JPEG files.
 * @throws UnreadableImage where data are missing, damaged, or not what the header says
 */
export async function decodeFrame(frame: Uint8Array, header: DicomHeader): Promise<StoredSamples> {
  const { columns, rows, samples, bitsAllocated, syntax } = header;
  const count = columns * rows;
  /** As many samples as there must be, of 1 or 2 bytes. */
  const whole = (came: Uint8Array, sampleBytes: number, bigEndian = false) => {
    const bytes = count * samples * sampleBytes;
    if (came.length >= bytes) return words(came.subarray(0, bytes), sampleBytes, bigEndian);
    throw new UnreadableImage(`DICOM: expected ${bytes} bytes of pixels, got ${came.length}`);
  };
  switch (header.coding) {
    case 'native':
    case 'native big-endian': {
      if (header.photometric === 'YBR' && frame.length < count * samples) {
        throw new UnreadableImage(
          'DICOM: expected colours of every pixel, got subsampled ones (YBR_FULL_422)',
        );
      }
      const values = whole(frame, bitsAllocated / 8, header.coding === 'native big-endian');
      return { values, planar: header.planar };
    }
    case 'rle': {
      const planes = decodeRle(frame, (samples * bitsAllocated) / 8, count);
      if (bitsAllocated === 8) return { values: Buffer.concat(planes), planar: true };
      const [high, low] = planes as [Uint8Array, Uint8Array];
      const values = new Uint16Array(count);
      for (let i = 0; i < count; i++) values[i] = (high[i]! << 8) | low[i]!;
      return { values, planar: true };
    }
    case 'jpeg-lossless':
      return { values: decodeLossless(frame, header), planar: false };
    case 'jpeg-ls': {
      const head = jpegHead(frame);
      checkCodedFrame(frame, head, header);
      if (samples === 3)
        throw new UnreadableImage(`DICOM: expected a grey image in ${syntax}, got a colour one`);
      const bytes = await guarded(syntax, () => decodeJpegLs(frame));
      return { values: whole(bytes, head.precision > 8 ? 2 : 1), planar: false };
    }
    case 'jpeg-2000': {
      const head = jpeg2000Head(frame);
      checkCodedFrame(frame, head, header);
      // Its decoder would give 0 for all that is negative.
      if (head.precision <= 8 && header.signed) {
        throw new UnreadableImage(
          `DICOM: expected unsigned pixels where ${syntax} has 8 bits, got signed ones`,
        );
      }
      const bytes = await guarded(syntax, () => decodeJpeg2000(frame));
      return { values: whole(bytes, head.precision > 8 ? 2 : 1), planar: false };
    }
    case 'jpeg':
      throw new RangeError('expected a coding without loss, got JPEG');
  }
}

function words(bytes: Uint8Array, sampleBytes: number, bigEndian: boolean): Uint8Array | Uint16Array {
  if (sampleBytes === 1) return bytes;
  // A copy: 16-bit words must begin at an even address.
  const copy = new Uint8Array(bytes);
  if (bigEndian) Buffer.from(copy.buffer).swap16();
  return new Uint16Array(copy.buffer);
}

function decodeLossless(frame: Uint8Array, header: DicomHeader): Uint8Array | Uint16Array {
  const { columns, rows, samples, bitsAllocated, syntax } = header;
  const head = jpegHead(frame);
  checkCodedFrame(frame, head, header);
  if (samples === 3) throw new UnreadableImage(`DICOM: expected a grey image in ${syntax}, got a colour one`);
  if (jpegHead(frame)?.marker !== 0xc3)
    throw new UnreadableImage(`DICOM: expected pixels of ${syntax}, got another JPEG`);
  try {
    const decoder = new LosslessDecoder();
    const bytes = new Uint8Array(frame);
    const values = decoder.decode(bytes.buffer, 0, bytes.length, bitsAllocated / 8);
    // The decoder goes on with zeros where there are no data any more.
    if (values.length !== columns * rows || decoder.stream === null || decoder.stream.index > bytes.length) {
      throw new Error(`${values.length} pixels, ${decoder.stream?.index} of ${bytes.length} bytes`);
    }
    return values;
  } catch (cause) {
    throw damaged(syntax, cause);
  }
}

/** @throws UnreadableImage in place of whatever a decoder throws */
export async function guarded<T>(syntax: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw damaged(syntax, cause);
  }
}

function damaged(syntax: string, cause: unknown): UnreadableImage {
  return new UnreadableImage(`DICOM: expected a whole frame of ${syntax}, decoding failed`, { cause });
}
