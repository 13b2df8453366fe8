import { mostParts } from '../image-place.ts';
import { mostPixels } from '../pixel-limit.ts';
import { mostUnpacked } from '../unpacking.ts';
import { UnreadableImage } from '../unreadable-image.ts';
import { type DataSet, pixelData } from './data-elements.ts';
import { type DicomFileParts, readDicomFile } from './dicom-file.ts';
import { requireFrames } from './frames.ts';
import { groupsOfFrames, sharedGroups } from './functional-groups.ts';
import { kindWithoutImage } from './kinds-without-image.ts';
import { type Palette, readPalette } from './palette.ts';
import { type PixelCoding, transferSyntax } from './transfer-syntaxes.ts';

const floatPixels = 0x7fe00008;
const doublePixels = 0x7fe00009;

/** What of a DICOM file's header says how its frames are to be read, and whose they are. */
export interface ImageHeader {
  columns: number;
  rows: number;
  frames: number;
  /** Samples per pixel. */
  samples: 1 | 3;
  photometric: 'MONOCHROME1' | 'MONOCHROME2' | 'PALETTE' | 'RGB' | 'YBR' | 'YBR_422';
  /** 64 of floating point only. */
  bitsAllocated: 1 | 8 | 16 | 32 | 64;
  /** 1 … bitsAllocated */
  bitsStored: number;
  /** Place of the highest stored bit, bitsStored − 1 … bitsAllocated − 1. */
  highBit: number;
  numbers: 'unsigned' | 'signed' | 'floating point';
  /** Colours one after another rather than by pixel. */
  planar: boolean;
  /** Whether Rescale Slope turns the order of values round, by frame. */
  negativeSlope: (frame: number) => boolean;
  /** Values that stand for no picture (Pixel Padding Value and Range Limit), as words without a sign; null where there are none. */
  padding: { value: number; limit: number } | null;
  /** Of PALETTE; null of all others. */
  palette: Palette | null;
  /** The transfer syntax as messages name it, and how it codes pixels. */
  syntax: string;
  coding: PixelCoding;
  /** Whether the pixels lie in fragments, as coded ones do. */
  encapsulated: boolean;
  littleEndian: boolean;
  /** Whose it is (see `patientOf`); null where nothing tells. Never to leave the process. */
  patient: string | null;
}

const photometrics: Readonly<Record<string, ImageHeader['photometric']>> = {
  MONOCHROME1: 'MONOCHROME1',
  MONOCHROME2: 'MONOCHROME2',
  'PALETTE COLOR': 'PALETTE',
  RGB: 'RGB',
  YBR_FULL: 'YBR',
  YBR_FULL_422: 'YBR_422',
  // What JPEG 2000 makes of RGB; its decoder gives RGB back.
  YBR_RCT: 'RGB',
  YBR_ICT: 'RGB',
};

/** A DICOM file's header with the data set that holds its pixels. */
export interface DicomImage {
  header: ImageHeader;
  data: DataSet;
  /** Of the element that holds the pixels. */
  pixels: number;
}

/**
 * Parses a DICOM file as far as its pixels need it.
 * @param most bytes that it may unpack to where it is packed
 * @throws UnreadableImage with every fault; what a header says beside numbers of pixels and codings is not in it
 */
export function readImageHeader(file: Buffer, most = mostUnpacked): DicomImage {
  const parts = readDicomFile(file, most);
  const { data } = parts;
  const found = [pixelData, floatPixels, doublePixels].find((tag) => data.get(tag) !== undefined);
  if (found === undefined) {
    const kind = kindWithoutImage(parts.sopClass);
    throw new UnreadableImage(
      `DICOM: expected an image, got ${kind}${kind.includes('Pixel') ? '' : ', which has none'}`,
    );
  }
  const image = { header: imageHeader(parts, found), data, pixels: found };
  requireFrames(image);
  return image;
}

/** Collects what is wrong with a header, all of it. */
class Faults {
  readonly #faults: string[] = [];

  expect(fits: boolean, expected: string, came: string | number | null): void {
    if (!fits) this.#faults.push(`expected ${expected}, got ${came ?? 'none'}`);
  }

  /** @throws UnreadableImage where something was wrong */
  raise(): void {
    if (this.#faults.length > 0) throw new UnreadableImage(`DICOM: ${this.#faults.join('; ')}`);
  }
}

function imageHeader({ transferSyntax: uid, data }: DicomFileParts, pixels: number): ImageHeader {
  const faults = new Faults();
  const encapsulated = data.get(pixels)?.items !== undefined;
  const { title, coding } = transferSyntax(uid);
  faults.expect(coding !== null, 'a transfer syntax that can be read', title);
  const [rows, columns] = [data.word(0x00280010) ?? 0, data.word(0x00280011) ?? 0];
  faults.expect(rows > 0 && columns > 0, 'rows and columns', `${rows} rows and ${columns} columns`);
  faults.expect(rows * columns <= mostPixels, `at most ${mostPixels} pixels`, `${columns}x${rows}`);
  const frames = framesOf(data, faults);
  const { samples, photometric } = coloursOf(data, faults);
  const bits = bitsOf(data, pixels, faults);
  faults.raise();
  return {
    columns,
    rows,
    frames,
    samples,
    photometric,
    ...bits,
    planar: data.word(0x00280006) === 1,
    negativeSlope: slopes(data),
    padding: paddingOf(data),
    palette: photometric === 'PALETTE' ? readPalette(data) : null,
    syntax: title,
    coding: coding!,
    encapsulated,
    littleEndian: data.encoding.littleEndian,
    patient: patientOf(data),
  };
}

/**
 * PatientID; where it is empty, as anonymised files often have it, the study, else the series: either is of one patient, whose
 * slices must not be told apart.
 */
function patientOf(data: DataSet): string | null {
  const [patient, study, series] = [0x00100020, 0x0020000d, 0x0020000e].map((tag) => data.text(tag));
  if (patient) return patient;
  if (study) return `study ${study}`;
  return series ? `series ${series}` : null;
}

/** Some writers say 0 of their one frame. */
function framesOf(data: DataSet, faults: Faults): number {
  const text = data.text(0x00280008) ?? '1';
  const whole = /^\+?\d{1,9}$/.test(text);
  faults.expect(whole, 'a whole number of frames', 'another text');
  const frames = whole ? Math.max(1, Number(text)) : 1;
  faults.expect(frames <= mostParts, `at most ${mostParts} frames`, frames);
  return frames;
}

function coloursOf(data: DataSet, faults: Faults): Pick<ImageHeader, 'samples' | 'photometric'> {
  const samples = data.word(0x00280002) ?? 1;
  const written = data.text(0x00280004) ?? '';
  const photometric = photometrics[written];
  const shown = /^[A-Z0-9_ ]{1,16}$/.test(written) ? written : 'none that is known';
  const kinds = 'a grey, palette, RGB or YBR image';
  faults.expect(photometric !== undefined, kinds, `Photometric Interpretation ${shown}`);
  if (photometric !== undefined) {
    const wanted = photometric === 'RGB' || photometric.startsWith('YBR') ? 3 : 1;
    faults.expect(
      samples === wanted,
      `${wanted} ${wanted === 1 ? 'sample' : 'samples'} a pixel of ${written}`,
      samples,
    );
  }
  return { samples: samples as 1 | 3, photometric: photometric! };
}

type Bits = Pick<ImageHeader, 'bitsAllocated' | 'bitsStored' | 'highBit' | 'numbers'>;

function bitsOf(data: DataSet, pixels: number, faults: Faults): Bits {
  const allocated = data.word(0x00280100);
  if (pixels !== pixelData) {
    const wanted = pixels === floatPixels ? 32 : 64;
    faults.expect((allocated ?? wanted) === wanted, `${wanted} bits allocated of floating point`, allocated);
    return { bitsAllocated: wanted, bitsStored: wanted, highBit: wanted - 1, numbers: 'floating point' };
  }
  const stored = data.word(0x00280101) ?? allocated ?? 0;
  const highBit = data.word(0x00280102) ?? stored - 1;
  faults.expect([1, 8, 16, 32].includes(allocated ?? 0), '1, 8, 16 or 32 bits allocated', allocated);
  faults.expect(
    allocated === null || (stored >= 1 && stored - 1 <= highBit && highBit < allocated),
    'stored bits within the allocated ones',
    `${stored} stored of ${allocated} allocated, high bit ${highBit}`,
  );
  const representation = data.word(0x00280103) ?? 0;
  faults.expect(representation <= 1, 'Pixel Representation 0 or 1', representation);
  return {
    bitsAllocated: allocated as Bits['bitsAllocated'],
    bitsStored: stored,
    highBit,
    numbers: representation === 1 ? 'signed' : 'unsigned',
  };
}

/** Rescale Slope of the image, else of all frames, else of each (PS3.3, C.7.6.16.2.9). */
function slopes(data: DataSet): (frame: number) => boolean {
  const slopeOf = (set: DataSet | undefined) => {
    const text = set?.text(0x00281053);
    return text ? Number.parseFloat(text) : undefined;
  };
  const ofGroups = (groups: DataSet | undefined) => slopeOf(groups?.items(0x00289145)[0]);
  const shared = slopeOf(data) ?? ofGroups(sharedGroups(data));
  if (shared !== undefined) return () => shared < 0;
  const perFrame = groupsOfFrames(data).map(ofGroups);
  return (frame) => (perFrame[frame] ?? 1) < 0;
}

function paddingOf(data: DataSet): ImageHeader['padding'] {
  const value = data.word(0x00280120);
  if (value === null) return null;
  return { value, limit: data.word(0x00280121) ?? value };
}
