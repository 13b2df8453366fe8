import { canonicalAxes } from './slices.ts';
import type { Volume } from './volume-header.ts';

type Vector = readonly [number, number, number];

/** Where a volume's voxels lie, in millimetres to the right, anterior and superior. */
export interface Grid {
  /** Voxels along the canonical axes (see `canonicalAxes`): of files in another storage order they are the same. */
  sizes: Vector;
  /** From voxel to voxel along each of them. */
  steps: readonly [Vector, Vector, Vector];
  /** The middle of the first voxel. */
  origin: Vector;
  /** Whether the file says so; else it is what nibabel takes for it. */
  told: boolean;
}

/** What is reached from `from` by so many steps. */
const moved = (from: Vector, step: Vector, steps: number): Vector => [
  from[0] + steps * step[0],
  from[1] + steps * step[1],
  from[2] + steps * step[2],
];
const minus = (one: Vector, other: Vector) => moved(one, other, -1);
const dot = ([x, y, z]: Vector, [a, b, c]: Vector) => x * a + y * b + z * c;

export function gridOf(volume: Pick<Volume, 'dims' | 'axes' | 'offset' | 'told'>): Grid {
  const { axes, offset, told } = volume;
  const canonical = canonicalAxes(volume);
  let origin = offset;
  const steps = canonical.map(({ stored, turned, size }): Vector => {
    const step: Vector = [axes[0]![stored]!, axes[1]![stored]!, axes[2]![stored]!];
    if (!turned) return step;
    // The axis begins at the voxel that is stored last.
    origin = moved(origin, step, size - 1);
    return minus([0, 0, 0], step);
  }) as [Vector, Vector, Vector];
  const [x, y, z] = canonical;
  return { sizes: [x.size, y.size, z.size], steps, origin, told };
}

/** The corners of a box of one voxel's side, by which of each axis' ends they lie at. */
const corners: readonly Vector[] = [0, 1, 2, 3, 4, 5, 6, 7].map((i) => [i & 1, (i >> 1) & 1, i >> 2]);

/**
 * How far apart two grids of as many voxels lie: of the corners' shifts along the second one's axes the largest, in its voxels.
 * Files that both do not say where they lie are the same voxels.
 */
export function shiftBetween(one: Grid, other: Grid): number {
  if (!one.told && !other.told) return 0;
  const begin = minus(one.origin, other.origin);
  const turns = other.steps.map((step, axis) => minus(one.steps[axis]!, step));
  const shifts = corners.flatMap((ends) => {
    const shift = turns.reduce(
      (sum, turn, axis) => moved(sum, turn, ends[axis]! * (other.sizes[axis]! - 1)),
      begin,
    );
    return other.steps.map((step) => Math.abs(dot(shift, step)) / (dot(step, step) || 1));
  });
  return Math.max(...shifts);
}
