import type { RandomStream } from '@ddad/compute';
import { perlinNoise } from './perlin-noise.ts';
import { rotated } from './rotate.ts';
import { changed } from './texture-changes.ts';
import { texture, textureFamilies } from './textures.ts';

/** The source's: probabilities, ranges, and powers of 2 for the counts of cells. */
const probabilities = { turned: 0.3, anomaly: 0.5 };
const mostTurned = 90;
const mostCells = 5;
const threshold = 0.5;
const mostOpaque = 0.8;

/** An image as DRAEM's networks are trained with it; all [side · side]. */
export interface SimulatedAnomaly {
  /** What the reconstruction is to be, in 0..1. */
  image: Float32Array;
  /** The same with a texture where the mask is 1, in 0..1. */
  augmented: Float32Array;
  /** 1 where it was changed, else 0. */
  mask: Float32Array;
}

/** Places of Perlin noise above a threshold, the noise turned by up to 90 degrees either way: 1 there, else 0. */
export function perlinMask(side: number, random: RandomStream): Float32Array {
  const [rows, columns] = [2 ** random.integer(0, mostCells), 2 ** random.integer(0, mostCells)];
  const noise = perlinNoise(side, { rows, columns }, random);
  const angle = mostTurned * (2 * random.uniform() - 1);
  return rotated(noise, side, angle).map((value) => (value > threshold ? 1 : 0));
}

/**
 * An image with or without a simulated anomaly (Zavrtanik et al. 2021, eq. 2), each with probability ½. With probability 0.3 the whole image
 * is turned before, by up to 90 degrees either way. Inside of the mask x' = (1 − β)·A + β·x with a texture A and β uniform in 0 to 0.8.
 * @param pixels grey values in 0..1, [side · side]
 * @param side a multiple of 32
 * @param random decides everything; a stream of its own for each epoch and image makes training resumable
 */
export function simulatedAnomaly(pixels: Float32Array, side: number, random: RandomStream): SimulatedAnomaly {
  const isTurned = random.uniform() < probabilities.turned;
  const angle = mostTurned * (2 * random.uniform() - 1);
  const image = isTurned ? rotated(pixels, side, angle) : pixels;
  if (random.uniform() >= probabilities.anomaly)
    return { image, augmented: image, mask: new Float32Array(pixels.length) };
  const mask = perlinMask(side, random);
  const family = textureFamilies[random.integer(0, textureFamilies.length - 1)]!;
  const pattern = changed(texture(family, side, random), side, random);
  const opaque = mostOpaque * random.uniform();
  const augmented = image.map((value, at) =>
    mask[at] === 1 ? (1 - opaque) * pattern[at]! + opaque * value : value,
  );
  return { image, augmented, mask };
}
