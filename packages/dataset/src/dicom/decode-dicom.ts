import { decodeGrey } from '../decode.ts';
import { type GreyImage, toGrey } from '../grey.ts';
import { resizeBilinear } from '../resize.ts';
import { UnreadableImage } from '../unreadable-image.ts';
import { checkCodedFrame, jpegHead } from './coded-frame.ts';
import { decodeFrame, guarded, type StoredSamples } from './decode-frame.ts';
import { type DicomHeader, readDicomHeader } from './dicom-header.ts';

/** Side to which the paper's authors bring DICOM images before anything else, in pixels. */
const side = 512;

/**
 * Decodes a DICOM image as the paper's authors prepare the chest sets:
 * 1. stored values; those of MONOCHROME1, or with a negative Rescale Slope, are subtracted from the largest one (a positive
 *    slope and the intercept would not change what follows; windows and lookup tables are not applied);
 * 2. anything but 8 unsigned bits: (v − min) / (max − min) · 255, rounded down; 8 unsigned bits stay as they are;
 * 3. colours become grey as Pillow's `convert('L')` makes it;
 * 4. antialiased bilinear resize to 512×512 (`resizeBilinear`), whatever the aspect ratio.
 *
 * @returns the image, and the file's PatientID, which must not leave the process
 * @throws UnreadableImage for what is damaged, cut off, or cannot be read; no header value is in its message
 */
export async function decodeDicom(file: Buffer): Promise<{ image: GreyImage; patient: string | null }> {
  const { header, frame } = readDicomHeader(file);
  const { columns: width, rows: height, patient } = header;
  const pixels =
    header.coding === 'jpeg'
      ? await jpegPixels(frame, header)
      : greyOf(await decodeFrame(frame, header), header);
  return { image: resizeBilinear({ width, height, pixels }, side, side), patient };
}

/** JPEG with loss: 8 bit is what its decoder reads. */
async function jpegPixels(frame: Uint8Array, header: DicomHeader): Promise<Uint8Array> {
  const head = jpegHead(frame);
  checkCodedFrame(frame, head, header);
  if (head.precision !== 8 || header.signed) {
    const came = `${head.precision} ${header.signed ? 'signed ' : ''}bits`;
    throw new UnreadableImage(`DICOM: expected 8 unsigned bits in ${header.syntax}, got ${came}`);
  }
  const file = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength);
  const { pixels } = await guarded(header.syntax, () => decodeGrey(file));
  return turned(pixels, header);
}

function greyOf({ values, planar }: StoredSamples, header: DicomHeader): Uint8Array {
  if (header.samples === 1) return greyLevels(values, header);
  const bytes = values as Uint8Array;
  const count = header.columns * header.rows;
  const at = planar ? [0, count, 2 * count] : [0, 1, 2];
  const step = planar ? 1 : 3;
  // Luma is the first of YBR's samples; JPEG 2000 has given back RGB.
  if (header.photometric === 'YBR' && header.coding !== 'jpeg-2000') {
    return Uint8Array.from({ length: count }, (_, i) => bytes[i * step]!);
  }
  const interleaved = planar
    ? Uint8Array.from({ length: 3 * count }, (_, i) => bytes[at[i % 3]! + Math.floor(i / 3)]!)
    : bytes;
  return toGrey(interleaved, 3, 'rgb');
}

/** Grey samples to 0 … 255. */
function greyLevels(values: Uint8Array | Uint16Array, header: DicomHeader): Uint8Array {
  const { bitsAllocated, bitsStored, highBit, signed, coding } = header;
  if (bitsAllocated === 8 && !signed) return turned(values as Uint8Array, header);
  // Decoders give values alone; in native data other bits may lie above and below them.
  const top = coding.startsWith('native') || coding === 'rle' ? highBit : bitsStored - 1;
  const [left, right] = [31 - top, 32 - bitsStored];
  const valueAt = signed
    ? (i: number) => (values[i]! << left) >> right
    : (i: number) => (values[i]! << left) >>> right;
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < values.length; i++) {
    const value = valueAt(i);
    if (value < min) min = value;
    if (value > max) max = value;
  }
  const range = max - min;
  const pixels = new Uint8Array(values.length);
  // One grey all over has no range to stretch.
  if (range === 0) return pixels;
  const inverted = isInverted(header);
  for (let i = 0; i < values.length; i++) {
    const above = inverted ? max - valueAt(i) : valueAt(i) - min;
    pixels[i] = (above / range) * 255;
  }
  return pixels;
}

const isInverted = ({ photometric, negativeSlope }: DicomHeader) =>
  (photometric === 'MONOCHROME1') !== negativeSlope;

/** 8-bit grey that keeps its values, or is subtracted from the largest one. */
function turned(pixels: Uint8Array, header: DicomHeader): Uint8Array {
  if (!isInverted(header) || header.samples === 3) return pixels;
  const max = pixels.reduce((largest, value) => Math.max(largest, value), 0);
  return pixels.map((value) => max - value);
}
