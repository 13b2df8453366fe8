import type { SliceAxis } from '@ddad/contract';
import type { Volume } from './volume-header.ts';

/** How one of the canonical axes (to the right, anterior, superior) runs through the stored voxels. */
interface CanonicalAxis {
  /** Which of the stored axes it is, and whether that leads the other way. */
  stored: 0 | 1 | 2;
  turned: boolean;
  size: number;
  /** Of the stored voxel at the axis' beginning, relative to those of the others. */
  start: number;
  /** From voxel to voxel. */
  step: number;
}

/**
 * The stored axes nearest to right, anterior and superior, each turned so that it leads there: what nibabel calls the closest
 * canonical orientation. Stored axes choose in the order in which they are most alike to one.
 */
export function canonicalAxes({
  dims,
  axes,
}: Pick<Volume, 'dims' | 'axes'>): [CanonicalAxis, CanonicalAxis, CanonicalAxis] {
  const strides = [1, dims[0], dims[0] * dims[1]] as const;
  const alike = ([0, 1, 2] as const).map((stored) => {
    const column = axes.map((row) => row[stored]!);
    const length = Math.hypot(...column) || 1;
    return column.map((value) => value / length);
  });
  const order = ([0, 1, 2] as const).toSorted((a, b) => strength(alike[b]!) - strength(alike[a]!));
  const found: (CanonicalAxis | undefined)[] = [undefined, undefined, undefined];
  for (const stored of order) {
    const free = [0, 1, 2].filter((axis) => found[axis] === undefined);
    const axis = free.reduce((best, one) =>
      Math.abs(alike[stored]![one]!) > Math.abs(alike[stored]![best]!) ? one : best,
    );
    const turned = alike[stored]![axis]! < 0;
    const [size, stride] = [dims[stored]!, strides[stored]!];
    found[axis] = {
      stored,
      turned,
      size,
      start: turned ? (size - 1) * stride : 0,
      step: turned ? -stride : stride,
    };
  }
  return found as [CanonicalAxis, CanonicalAxis, CanonicalAxis];
}

const strength = (column: readonly number[]) => Math.max(...column.map(Math.abs));

/** The axes of a slice's columns, rows and number: among right, anterior, superior. */
const places: Readonly<Record<SliceAxis, readonly [columns: number, rows: number, number: number]>> = {
  axial: [0, 1, 2],
  coronal: [0, 2, 1],
  sagittal: [1, 2, 0],
};

/** How a volume is cut: stored voxel of a pixel = `start + slice * next + row * down + column * right`. */
export interface Cut {
  slices: number;
  width: number;
  height: number;
  start: number;
  next: number;
  down: number;
  right: number;
}

/**
 * Slices as radiologists look at them: the patient's right at the left, anterior or superior at the top; of sagittal ones,
 * anterior at the left. Slices count from the patient's left, posterior or inferior end, from 0.
 */
export function cutOf(volume: Volume, axis: SliceAxis): Cut {
  const canonical = canonicalAxes(volume);
  const [columns, rows, number] = places[axis].map((place) => canonical[place]!) as [
    CanonicalAxis,
    CanonicalAxis,
    CanonicalAxis,
  ];
  const end = ({ start, step, size }: CanonicalAxis) => start + step * (size - 1);
  return {
    slices: number.size,
    width: columns.size,
    height: rows.size,
    start: end(columns) + end(rows) + number.start,
    next: number.step,
    down: -rows.step,
    right: -columns.step,
  };
}
