import type { RandomStream } from '@ddad/compute';

/** Where and how an image is blended with another one (the paper's h and α, eqs. 9 and 10). */
export interface Patch {
  /** Index of the image that is blended in. */
  source: number;
  /** Rows [top, bottom) and columns [left, right), within the image. */
  top: number;
  left: number;
  bottom: number;
  right: number;
  /** Weight of the source image, in [0, 1). */
  alpha: number;
}

const probability = 0.5;

/**
 * Ranges (both ends included) from which a patch's centre and half-width are drawn, in pixels; d = 64 gives 6…56 and 3…12,
 * the authors' values. Other sizes scale them: centre ⌊d/10⌋ … ⌊9d/10⌋−1, half-width ⌊d/20⌋ … ⌊d/5⌋, at least 1.
 */
function ranges(imageSize: number) {
  if (!Number.isInteger(imageSize) || imageSize < 2) {
    throw new RangeError(`image size: expected an integer from 2, got ${imageSize}`);
  }
  const centreMin = Math.floor(imageSize / 10);
  const halfMin = Math.max(1, Math.floor(imageSize / 20));
  return {
    centreMin,
    centreMax: Math.max(centreMin, Math.floor((9 * imageSize) / 10) - 1),
    halfMin,
    halfMax: Math.max(halfMin, Math.floor(imageSize / 5)),
  };
}

/**
 * Draws whether an image becomes a synthetic anomaly (probability 1/2), and how (section 3.5, eq. 10): a square patch
 * [centre − half, centre + half) in rows and columns, clipped to the image, from another image, with one α ~ U(0, 1).
 * @param stream decides everything; a stream of its own for each epoch and image makes training resumable
 * @param image index of the image among `images`
 * @param images how many there are, at least 2
 * @param imageSize d, side of the square images in pixels
 * @returns null where the image stays as it is
 */
export function drawPatch(
  stream: Pick<RandomStream, 'uniform' | 'integer'>,
  image: number,
  images: number,
  imageSize = 64,
): Patch | null {
  if (!Number.isInteger(images) || images < 2) {
    throw new RangeError(`expected at least 2 images to blend, got ${images}`);
  }
  if (!Number.isInteger(image) || image < 0 || image >= images) {
    throw new RangeError(`expected an image index from 0 to ${images - 1}, got ${image}`);
  }
  const { centreMin, centreMax, halfMin, halfMax } = ranges(imageSize);
  if (stream.uniform() >= probability) return null;
  const other = stream.integer(0, images - 2);
  const row = stream.integer(centreMin, centreMax);
  const column = stream.integer(centreMin, centreMax);
  const half = stream.integer(halfMin, halfMax);
  return {
    source: other < image ? other : other + 1,
    top: Math.max(0, row - half),
    left: Math.max(0, column - half),
    bottom: Math.min(imageSize, row + half),
    right: Math.min(imageSize, column + half),
    alpha: stream.uniform(),
  };
}

/**
 * Writes the synthetic anomaly (eq. 9): (1 − α)·image + α·source inside the patch, the image outside.
 * @param target [d, d], may be `image` itself but not `source`
 * @param image the normal image, [d, d]
 * @param source the image `patch.source`, [d, d]
 */
export function applyPatch(
  target: Float32Array,
  image: Float32Array,
  source: Float32Array,
  patch: Patch,
): void {
  const side = sideOf(target);
  if (image.length !== target.length || source.length !== target.length) {
    throw new RangeError(
      `expected image and source of ${target.length} pixels, got ${image.length} and ${source.length}`,
    );
  }
  target.set(image);
  for (const at of pixelsOf(patch, side)) {
    target[at] = (1 - patch.alpha) * image[at]! + patch.alpha * source[at]!;
  }
}

/**
 * Writes the pseudo label: 1 where the patch is, 0 elsewhere.
 * @param target [d, d]
 * @param patch null where the image stayed as it was
 */
export function patchLabel(target: Float32Array, patch: Patch | null): void {
  target.fill(0);
  if (patch === null) return;
  for (const at of pixelsOf(patch, sideOf(target))) target[at] = 1;
}

function* pixelsOf({ top, left, bottom, right }: Patch, side: number): Generator<number> {
  if (top < 0 || left < 0 || bottom > side || right > side) {
    throw new RangeError(
      `expected a patch within ${side}×${side} pixels, got rows ${top} to ${bottom} and columns ${left} to ${right}`,
    );
  }
  for (let row = top; row < bottom; row += 1) {
    for (let column = left; column < right; column += 1) yield row * side + column;
  }
}

function sideOf(image: Float32Array): number {
  const side = Math.sqrt(image.length);
  if (!Number.isInteger(side)) throw new RangeError(`expected a square image, got ${image.length} pixels`);
  return side;
}
