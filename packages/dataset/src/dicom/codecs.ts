import loadCharls from '@cornerstonejs/codec-charls/decodewasmjs';
import loadOpenJpeg from '@cornerstonejs/codec-openjpeg/decodewasmjs';
import loadOpenJph from '@cornerstonejs/codec-openjph/wasmjs';

/** A decoder in WebAssembly. */
interface WasmDecoder {
  getEncodedBuffer(bytes: number): Uint8Array;
  decode(): void;
  getDecodedBuffer(): Uint8Array;
  delete(): void;
}

/** A module's memory grows and never shrinks: after a large image it is made anew. In bytes of decoded pixels. */
const largeImage = 2 ** 25;

function wasmCodec<Decoder extends WasmDecoder, Told>(
  load: () => Promise<new () => Decoder>,
  tell: (decoder: Decoder) => Told,
): (frame: Uint8Array) => Promise<{ bytes: Uint8Array; told: Told }> {
  let loaded: Promise<new () => Decoder> | null = null;
  return async (frame) => {
    loaded ??= load();
    const Codec = await loaded;
    try {
      const decoder = new Codec();
      try {
        decoder.getEncodedBuffer(frame.length).set(frame);
        decoder.decode();
        // A copy: the memory is the decoder's.
        const bytes = new Uint8Array(decoder.getDecodedBuffer());
        if (bytes.length > largeImage) loaded = null;
        return { bytes, told: tell(decoder) };
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

/** Standard output is the command's. An object of its own for each load, as the module that is loaded becomes part of it. */
const silent = () => ({ print: () => {}, printErr: () => {} });
const nothing = () => null;

/** JPEG-LS; tells whether colours come one after another. */
export const decodeJpegLs = wasmCodec(
  async () => (await loadCharls(silent())).JpegLSDecoder,
  (decoder) => decoder.getInterleaveMode() === 0,
);
/** JPEG 2000: colours by pixel, more than 8 bits as 16-bit words. */
export const decodeJpeg2000 = wasmCodec(async () => (await loadOpenJpeg(silent())).J2KDecoder, nothing);
/** High-Throughput JPEG 2000, in the same form. */
export const decodeHighThroughput = wasmCodec(
  async () => (await loadOpenJph(silent())).HTJ2KDecoder,
  nothing,
);

/**
 * JPEG of 12 bits: grey, as 16-bit words. The library takes a tenth of a second to load and is asked for this alone.
 * @throws whatever the library does on damaged data
 */
export async function decodeTwelveBits(
  frame: Uint8Array,
  columns: number,
  rows: number,
): Promise<Uint8Array> {
  const { default: codecs } = await import('dcmjs-codecs');
  if (!codecs.NativeCodecs.isInitialized()) await codecs.NativeCodecs.initializeAsync();
  const context = new codecs.Context({
    width: columns,
    height: rows,
    bitsAllocated: 16,
    bitsStored: 12,
    samplesPerPixel: 1,
    pixelRepresentation: 0,
    planarConfiguration: 0,
    photometricInterpretation: 'MONOCHROME2',
    encodedBuffer: new Uint8Array(frame),
  });
  const decoded = codecs.NativeCodecs.decodeJpeg(context).getDecodedBuffer();
  if (decoded === undefined) throw new Error('no pixels');
  // A copy: the memory is the library's.
  return new Uint8Array(decoded);
}
