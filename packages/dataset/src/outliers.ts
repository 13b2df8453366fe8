import type { DatasetIndex } from '@ddad/contract';

/** A normal training image that is unlike the others. */
export interface Outlier {
  image: string;
  position: number;
  /** `empty`: nearly one grey level; `grey levels`: of another distribution of them than the others. */
  why: 'empty' | 'grey levels';
  /** Mean difference of grey level from the typical image, by rank of brightness: 0 to 255. */
  distance: number;
}

/** Least images among which one can be unlike the others. */
const fewest = 10;
/** A picture of anything has a larger standard deviation, in grey levels. */
const emptyDeviation = 2;
/** How far out: in deviations of the others (by their median), and in grey levels, below which nobody sees anything. */
const limits = { deviations: 6, levels: 8 } as const;

/**
 * Normal training images whose grey levels are unlike those of the others: empty slices, other parts of the body, inverted ones.
 * The typical image has at each rank of brightness the median level of all; an image's distance is the mean difference from it
 * (the earth mover's distance of their histograms).
 * @param pixels [N, imageSize, imageSize], unsigned bytes
 * @returns the farthest first
 */
export function findOutliers({ images, train, imageSize }: DatasetIndex, pixels: Uint8Array): Outlier[] {
  if (train.length < fewest) return [];
  const quantiles = train.map((position) => quantilesOf(pixels, imageSize, position));
  const typical = Float64Array.from({ length: ranks }, (_, rank) =>
    median(quantiles.map((levels) => levels[rank]!)),
  );
  const distances = quantiles.map(
    (levels) => levels.reduce((sum, level, rank) => sum + Math.abs(level - typical[rank]!), 0) / ranks,
  );
  const middle = median(distances);
  // 1.4826: so that it is the standard deviation where distances are normally distributed.
  const deviation = 1.4826 * median(distances.map((distance) => Math.abs(distance - middle)));
  const far = middle + Math.max(limits.levels, limits.deviations * deviation);
  return train
    .flatMap((position, at): Outlier[] => {
      const levels = quantiles[at]!;
      const mean = levels.reduce((sum, level) => sum + level, 0) / ranks;
      const spread = Math.sqrt(levels.reduce((sum, level) => sum + (level - mean) ** 2, 0) / ranks);
      const empty = spread < emptyDeviation;
      if (!empty && distances[at]! <= far) return [];
      return [
        {
          image: images[position]!,
          position,
          why: empty ? 'empty' : 'grey levels',
          distance: distances[at]!,
        },
      ];
    })
    .sort((a, b) => b.distance - a.distance);
}

/** Places in the order of brightness that images are compared at. */
const ranks = 128;

/** An image's grey levels at equally spaced ranks of brightness, rising. */
function quantilesOf(pixels: Uint8Array, imageSize: number, position: number): Float64Array {
  const area = imageSize * imageSize;
  const counts = new Uint32Array(256);
  for (let at = position * area; at < (position + 1) * area; at++) counts[pixels[at]!]! += 1;
  const levels = new Float64Array(ranks);
  let [level, below] = [0, 0];
  for (let rank = 0; rank < ranks; rank++) {
    const wanted = ((rank + 0.5) / ranks) * area;
    while (below + counts[level]! <= wanted && level < 255) below += counts[level++]!;
    levels[rank] = level;
  }
  return levels;
}

function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
