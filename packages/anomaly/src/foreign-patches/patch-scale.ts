/** The image's side to which the source's lengths in pixels belong. */
const sourceSide = 224;

/** Lengths by which patches are made, in pixels of an image of a certain side. */
export interface PatchScale {
  /** Of a patch's half sides, and of a resized patch's sides. */
  least: number;
  most: number;
  /** Half of the window of the median by which an object's mask loses its grains. */
  objectHalf: number;
  /** The same of a label's support. */
  labelHalf: number;
  /** Of the disc of the median of what has changed. */
  intensityRadius: number;
  /** Pixels along a Poisson-blended box's sides whose gradients stay. */
  margin: number;
  /** A Poisson-blended patch of fewer pixels is left out. */
  leastArea: number;
}

/**
 * What the source has in pixels (windows of 7 and 5, a disc of 5, a margin of 3, 50 pixels) belongs to its 224; other sides have it in
 * proportion, at least a pixel. At 64 px, windows and disc are 3 across and the margin is 1.
 */
export function patchScale(side: number): PatchScale {
  if (!Number.isInteger(side) || side < 32)
    throw new RangeError(`image size: expected an integer from 32, got ${side}`);
  const scaled = (pixels: number) => Math.max(1, Math.round((pixels * side) / sourceSide));
  return {
    least: Math.round(0.03 * side),
    most: Math.round(0.4 * side),
    objectHalf: scaled(3),
    labelHalf: scaled(2),
    intensityRadius: scaled(5),
    margin: scaled(3),
    leastArea: 50 * (side / sourceSide) ** 2,
  };
}
