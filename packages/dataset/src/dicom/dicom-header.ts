import { inflateRawSync } from 'node:zlib';
import dicomParser, { type DataSet } from 'dicom-parser';
import { UnreadableImage } from '../unreadable-image.ts';
import { type PixelCoding, transferSyntax } from './transfer-syntaxes.ts';

/** Bounds of what is read; both hold the largest mammograms several times. */
const limits = { pixels: 2 ** 26, inflatedBytes: 2 ** 29 } as const;

/** What of a DICOM file's header says how its one frame is to be read, and whose it is. */
export interface DicomHeader {
  columns: number;
  rows: number;
  /** Samples per pixel. */
  samples: 1 | 3;
  photometric: 'MONOCHROME1' | 'MONOCHROME2' | 'RGB' | 'YBR';
  bitsAllocated: 8 | 16;
  /** 1 … bitsAllocated */
  bitsStored: number;
  /** Place of the highest stored bit, bitsStored − 1 … bitsAllocated − 1. */
  highBit: number;
  signed: boolean;
  /** Colours one after another rather than by pixel. */
  planar: boolean;
  /** Whether Rescale Slope turns the order of values round. */
  negativeSlope: boolean;
  /** The transfer syntax as messages name it, and how it codes pixels. */
  syntax: string;
  coding: PixelCoding;
  /** PatientID; null where the file has none. Never to leave the process. */
  patient: string | null;
}

/** Bytes 128 to 131 of a DICOM file (PS3.10). */
export function isDicom(file: Buffer): boolean {
  return file.subarray(128, 132).toString('latin1') === 'DICM';
}

/**
 * Parses a DICOM file as far as its one frame of pixels needs it.
 * @returns the header, and the frame's bytes as they are coded
 * @throws UnreadableImage with every fault; what a header says beside numbers of pixels and codings is not in it
 */
export function readDicomHeader(file: Buffer): { header: DicomHeader; frame: Uint8Array } {
  try {
    return readHeader(dicomParser.parseDicom(file, { inflater: inflate }));
  } catch (cause) {
    if (cause instanceof UnreadableImage) throw cause;
    // The parser throws strings and objects; what they say may repeat the header.
    throw new UnreadableImage('expected a whole DICOM file, got one that is damaged or cut off', { cause });
  }
}

function readHeader(data: DataSet): { header: DicomHeader; frame: Uint8Array } {
  const uid = data.string('x00020010') ?? '';
  const { title: syntax, coding } = transferSyntax(uid);
  const faults: string[] = [];
  const expect = (fits: boolean, expected: string, came: string | number | undefined) => {
    if (!fits) faults.push(`expected ${expected}, got ${came ?? 'none'}`);
  };
  expect(coding !== null, 'a transfer syntax that can be read', syntax);
  const number = (tag: string) => data.uint16(tag);
  const rows = number('x00280010') ?? 0;
  const columns = number('x00280011') ?? 0;
  expect(rows > 0 && columns > 0, 'rows and columns', `${rows} rows and ${columns} columns`);
  expect(rows * columns <= limits.pixels, `at most ${limits.pixels} pixels`, `${columns}x${rows}`);
  const frames = data.intString('x00280008') ?? 1;
  expect(frames === 1, 'one frame (multi-frame objects are no images)', `${frames} frames`);
  const samples = number('x00280002') ?? 1;
  const written = data.string('x00280004')?.trim() ?? '';
  const photometric = photometrics[written];
  const shown = /^[A-Z0-9_ ]{1,16}$/.test(written) ? written : 'none that is known';
  expect(photometric !== undefined, 'a grey, RGB or YBR image', `Photometric Interpretation ${shown}`);
  if (photometric !== undefined) {
    const wanted = photometric === 'RGB' || photometric === 'YBR' ? 3 : 1;
    expect(
      samples === wanted,
      `${wanted} ${wanted === 1 ? 'sample' : 'samples'} a pixel of ${written}`,
      samples,
    );
  }
  const bitsAllocated = number('x00280100');
  const bitsStored = number('x00280101') ?? bitsAllocated ?? 0;
  const highBit = number('x00280102') ?? bitsStored - 1;
  expect(bitsAllocated === 8 || bitsAllocated === 16, '8 or 16 bits allocated', bitsAllocated);
  expect(
    bitsStored >= 1 && bitsStored - 1 <= highBit && highBit < (bitsAllocated ?? 0),
    'stored bits within the allocated ones',
    `${bitsStored} stored of ${bitsAllocated ?? 'no'} allocated, high bit ${highBit}`,
  );
  const representation = number('x00280103') ?? 0;
  expect(representation <= 1, 'Pixel Representation 0 or 1', representation);
  if (samples === 3) {
    const plain = bitsAllocated === 8 && bitsStored === 8 && representation === 0;
    expect(plain, 'colours of 8 unsigned bits', `${bitsStored} ${representation === 1 ? 'signed ' : ''}bits`);
  }
  const pixels = data.elements.x7fe00010;
  const other = data.elements.x7fe00008 ?? data.elements.x7fe00009;
  expect(pixels !== undefined, 'Pixel Data', other === undefined ? undefined : 'floating point pixels');
  if (faults.length > 0) throw new UnreadableImage(`DICOM: ${faults.join('; ')}`);
  const slope = data.floatString('x00281053');
  const header: DicomHeader = {
    columns,
    rows,
    samples: samples as 1 | 3,
    photometric: photometric!,
    bitsAllocated: bitsAllocated as 8 | 16,
    bitsStored,
    highBit,
    signed: representation === 1,
    planar: number('x00280006') === 1,
    negativeSlope: slope !== undefined && slope < 0,
    syntax,
    coding: coding!,
    patient: data.string('x00100020')?.trim() || null,
  };
  return { header, frame: frameOf(data, header) };
}

const photometrics: Readonly<Record<string, DicomHeader['photometric']>> = {
  MONOCHROME1: 'MONOCHROME1',
  MONOCHROME2: 'MONOCHROME2',
  RGB: 'RGB',
  YBR_FULL: 'YBR',
  YBR_FULL_422: 'YBR',
  YBR_RCT: 'YBR',
  YBR_ICT: 'YBR',
};

/**
 * The file with everything after its meta information unpacked. The parser reads it from the very beginning and takes a
 * preamble of zeros for elements without content: what else a preamble holds (a TIFF header, say) would confuse it.
 */
function inflate(bytes: Uint8Array, position: number): Uint8Array {
  const rest = inflateRawSync(bytes.subarray(position), { maxOutputLength: limits.inflatedBytes });
  return Buffer.concat([Buffer.alloc(128), bytes.subarray(128, position), rest]);
}

/** The bytes of the one frame; a coded frame may be spread over several fragments. */
function frameOf(data: DataSet, { coding, syntax }: DicomHeader): Uint8Array {
  const pixels = data.elements.x7fe00010!;
  const native = coding === 'native' || coding === 'native big-endian';
  if (native !== (pixels.encapsulatedPixelData !== true)) {
    const came = native ? 'encapsulated ones' : 'native ones';
    throw new UnreadableImage(`DICOM: expected pixels as ${syntax} has them, got ${came}`);
  }
  if (native) return data.byteArray.subarray(pixels.dataOffset, pixels.dataOffset + pixels.length);
  const fragments = pixels.fragments ?? [];
  return Buffer.concat(
    fragments.map(({ position, length }) => data.byteArray.subarray(position, position + length)),
  );
}
