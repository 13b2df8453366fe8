import { type NIFTI1, NIFTI2, readHeader } from 'nifti-reader-js';
import type { StoredNumbers } from '../stored-numbers.ts';
import { UnreadableImage } from '../unreadable-image.ts';

/** The numbers of a volume, as they are stored. */
export type Voxels = StoredNumbers;

/** A volume with what its header says of it. */
export interface Volume {
  /** Voxels along each stored axis; the first one's neighbours lie side by side. */
  dims: readonly [number, number, number];
  voxels: Voxels;
  /** A voxel's value is `slope * stored + intercept`. */
  slope: number;
  intercept: number;
  /** Rows of the affine from stored indices to millimetres to the right, anterior and superior; without the offset. */
  axes: readonly (readonly [number, number, number])[];
}

/** Holds the headers of both versions. */
const headerBytes = 1024;

/** By NIfTI's datatype code. */
const kinds: Readonly<
  Record<number, { bytes: number; of: (...where: [ArrayBuffer, number, number]) => Voxels }>
> = {
  2: { bytes: 1, of: (...where) => new Uint8Array(...where) },
  4: { bytes: 2, of: (...where) => new Int16Array(...where) },
  8: { bytes: 4, of: (...where) => new Int32Array(...where) },
  16: { bytes: 4, of: (...where) => new Float32Array(...where) },
  64: { bytes: 8, of: (...where) => new Float64Array(...where) },
  256: { bytes: 1, of: (...where) => new Int8Array(...where) },
  512: { bytes: 2, of: (...where) => new Uint16Array(...where) },
  768: { bytes: 4, of: (...where) => new Uint32Array(...where) },
};
const otherKinds: Readonly<Record<number, string>> = {
  0: 'unknown numbers',
  1: 'single bits',
  32: 'complex numbers',
  128: 'RGB colours',
  1024: '64-bit integers',
  1280: '64-bit integers',
  1536: '128-bit floating point',
  1792: 'complex numbers',
  2048: 'complex numbers',
  2304: 'RGB colours',
};

/**
 * Reads a NIfTI-1 or NIfTI-2 file that holds header and voxels.
 * @throws UnreadableImage for time series, other numbers than single real ones, and what is damaged or cut off
 */
export function readVolume(file: Buffer): Volume {
  if (/^ni[12]\0/.test(file.toString('latin1', 344, 348)) || file.toString('latin1', 4, 7) === 'ni2') {
    throw new UnreadableImage(
      'expected a NIfTI volume in one file, got the header of a pair (.hdr and .img)',
    );
  }
  // The library takes no view of a part of a buffer, and looks for extensions wherever they say to lie. Nobody needs them.
  const copy = new Uint8Array(headerBytes);
  copy.set(file.subarray(0, headerBytes));
  const headerSizes = [file.readInt32LE(0), file.readInt32BE(0)];
  copy[headerSizes.includes(540) ? 540 : 348] = 0;
  const start = copy.buffer;
  const header = readHeader(start);
  const dims = dimensionsOf(header);
  const kind = kinds[header.datatypeCode];
  if (kind === undefined) {
    const came = otherKinds[header.datatypeCode] ?? `datatype ${header.datatypeCode}`;
    throw new UnreadableImage(`expected a NIfTI volume of single real numbers, got one of ${came}`);
  }
  const bytes = dims[0] * dims[1] * dims[2] * kind.bytes;
  const from = Math.max(header.vox_offset, 0);
  if (!(from + bytes <= file.length)) {
    const came = Math.max(0, file.length - from);
    throw new UnreadableImage(`expected ${bytes} bytes of voxels of a NIfTI volume, got ${came}`);
  }
  const stored = wholeNumbers(file.subarray(from, from + bytes), kind.bytes, header.littleEndian);
  // Zero and what is no number stand for no scaling (NIfTI-1, 'data scaling').
  const { scl_slope: slope, scl_inter: intercept } = header;
  const scaled = Number.isFinite(slope) && slope !== 0;
  return {
    dims,
    voxels: kind.of(stored.buffer, stored.byteOffset, bytes / kind.bytes),
    slope: scaled ? slope : 1,
    intercept: scaled && Number.isFinite(intercept) ? intercept : 0,
    axes: axesOf(header, new DataView(start)),
  };
}

/** Numbers in this machine's byte order at an address that they can be read at; a copy only where there is need. */
function wholeNumbers(stored: Buffer, size: number, littleEndian: boolean): Uint8Array<ArrayBuffer> {
  const fits = (littleEndian || size === 1) && stored.byteOffset % size === 0;
  if (fits && stored.buffer instanceof ArrayBuffer) {
    return new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength);
  }
  const copy = new Uint8Array(stored);
  const words = Buffer.from(copy.buffer);
  if (!littleEndian && size === 2) words.swap16();
  if (!littleEndian && size === 4) words.swap32();
  if (!littleEndian && size === 8) words.swap64();
  return copy;
}

function dimensionsOf({ dims }: NIFTI1 | NIFTI2): [number, number, number] {
  const count = dims[0] ?? 0;
  const sides = dims.slice(1, count + 1);
  if (count < 2 || count > 7 || sides.some((side) => !(side >= 1))) {
    throw new UnreadableImage(
      `expected a NIfTI volume of three dimensions, got ${sides.join('x') || 'none'}`,
    );
  }
  if (sides.slice(3).some((side) => side > 1)) {
    throw new UnreadableImage(
      `expected a NIfTI volume of three dimensions, got one of ${count}: ${sides.join('x')} (a time series or vectors)`,
    );
  }
  return [sides[0]!, sides[1]!, sides[2] ?? 1];
}

/** The affine's first three columns: of sform, else of qform, else of the voxels' sizes with x to the left, as nibabel does. */
function axesOf(header: NIFTI1 | NIFTI2, view: DataView): Volume['axes'] {
  const second = header instanceof NIFTI2;
  const { littleEndian } = header;
  const sformCode = second ? view.getInt32(348, littleEndian) : view.getInt16(254, littleEndian);
  const row = (values: readonly (number | undefined)[]) =>
    [values[0] ?? 0, values[1] ?? 0, values[2] ?? 0] as const;
  let axes: Volume['axes'];
  if (sformCode > 0) {
    const at = (index: number) =>
      second
        ? view.getFloat64(400 + 8 * index, littleEndian)
        : view.getFloat32(280 + 4 * index, littleEndian);
    axes = [0, 4, 8].map((first) => row([at(first), at(first + 1), at(first + 2)]));
  } else if (header.qform_code > 0) axes = header.getQformMat().slice(0, 3).map(row);
  else {
    const [, x = 1, y = 1, z = 1] = header.pixDims;
    axes = [row([-x, 0, 0]), row([0, y, 0]), row([0, 0, z])];
  }
  if (axes.some((values) => values.some((value) => !Number.isFinite(value)))) {
    throw new UnreadableImage('expected an affine of finite numbers in a NIfTI volume, got another');
  }
  return axes;
}
