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
  /** The affine's last column: where the first stored voxel lies. */
  offset: readonly [number, number, number];
  /** Whether the header has an affine, by sform or qform. */
  told: boolean;
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
    ...affineOf(header, dims, new DataView(start)),
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

/** Below it the real part of a unit quaternion in single precision is rounding: the turn is one of 180°, as nibabel has it. */
const quaternionNoise = 3 * 2 ** -23;

/** Of sform, else of qform, else of the voxels' sizes with x to the left and the middle of the volume at 0, as nibabel does. */
function affineOf(
  header: NIFTI1 | NIFTI2,
  dims: Volume['dims'],
  view: DataView,
): Pick<Volume, 'axes' | 'offset' | 'told'> {
  const second = header instanceof NIFTI2;
  const { littleEndian } = header;
  const sformCode = second ? view.getInt32(348, littleEndian) : view.getInt16(254, littleEndian);
  let rows: (readonly number[])[];
  if (sformCode > 0) {
    const at = (index: number) =>
      second
        ? view.getFloat64(400 + 8 * index, littleEndian)
        : view.getFloat32(280 + 4 * index, littleEndian);
    rows = [0, 4, 8].map((first) => [0, 1, 2, 3].map((column) => at(first + column)));
  } else if (header.qform_code > 0) rows = qformOf(header);
  else {
    const [, x = 1, y = 1, z = 1] = header.pixDims;
    const middle = (axis: 0 | 1 | 2, step: number) => (-step * (dims[axis] - 1)) / 2;
    rows = [
      [-x, 0, 0, middle(0, -x)],
      [0, y, 0, middle(1, y)],
      [0, 0, z, middle(2, z)],
    ];
  }
  const axes = rows.map(([x = 0, y = 0, z = 0]) => [x, y, z] as const);
  if (axes.some((values) => values.some((value) => !Number.isFinite(value)))) {
    throw new UnreadableImage('expected an affine of finite numbers in a NIfTI volume, got another');
  }
  const offset = [rows[0]![3] ?? 0, rows[1]![3] ?? 0, rows[2]![3] ?? 0] as const;
  return { axes, offset, told: sformCode > 0 || header.qform_code > 0 };
}

function qformOf(header: NIFTI1 | NIFTI2): number[][] {
  const { quatern_b: b, quatern_c: c, quatern_d: d, pixDims } = header;
  const length = b * b + c * c + d * d;
  // At 180° a rounding of 1e-7 would turn the volume by 0.04°, which is half a voxel at the end of 512.
  const scale = Math.abs(1 - length) < quaternionNoise ? 1 / Math.sqrt(length) : 1;
  const [qfac = 1, x = 1, y = 1, z = 1] = pixDims;
  const { qoffset_x, qoffset_y, qoffset_z } = header;
  return header
    .convertNiftiQFormToNiftiSForm(
      b * scale,
      c * scale,
      d * scale,
      qoffset_x,
      qoffset_y,
      qoffset_z,
      x,
      y,
      z,
      qfac,
    )
    .slice(0, 3);
}
