import { createHash } from 'node:crypto';
import type { DatasetIndex } from '@ddad/contract';
import { toGrey } from './grey.ts';

/**
 * Images of a packed dataset by position.
 * @param packed [N, imageSize, imageSize], unsigned bytes
 * @param positions in 0 … N-1
 * @returns [positions, imageSize, imageSize]
 * @throws RangeError on a position that the dataset does not have
 */
export function pickImages(packed: Uint8Array, imageSize: number, positions: readonly number[]): Uint8Array {
  const area = imageSize * imageSize;
  checkPositions(positions, Math.floor(packed.length / area));
  const picked = new Uint8Array(positions.length * area);
  positions.forEach((position, i) => {
    picked.set(packed.subarray(position * area, (position + 1) * area), i * area);
  });
  return picked;
}

/** @throws RangeError on a position that a dataset of so many images does not have */
export function checkPositions(positions: readonly number[], count: number): void {
  const wrong = positions.find(
    (position) => !Number.isInteger(position) || position < 0 || position >= count,
  );
  if (wrong !== undefined) throw new RangeError(`image position: expected 0 to ${count - 1}, got ${wrong}`);
}

/** A packing's pixels in grey, whatever it holds: [N, imageSize, imageSize]. For showing; what is trained on is packed so. */
export function greyPixels({ channels }: Pick<DatasetIndex, 'channels'>, pixels: Uint8Array): Uint8Array {
  return channels === undefined ? pixels : toGrey(pixels, channels, 'rgb');
}

/** SHA-256 over images' bytes in order: what a member's key holds of its training set. */
export function pixelsDigest(pixels: Uint8Array): string {
  return createHash('sha256').update(pixels).digest('hex');
}

/** What the networks read: x/127.5 − 1, in [-1, 1]. */
export function networkInput(pixels: Uint8Array): Float32Array {
  const input = new Float32Array(pixels.length);
  writeNetworkInput(pixels, input, 0);
  return input;
}

/** The same, written into `input` from place `at` on. */
export function writeNetworkInput(pixels: Uint8Array, input: Float32Array, at: number): void {
  for (let i = 0; i < pixels.length; i += 1) input[at + i] = pixels[i]! / 127.5 - 1;
}

/**
 * Collects a batch.
 * @param images [N, area]
 * @param order positions to take, from `start` on; one batch long at least
 * @param batch [B, area], overwritten
 */
export function gatherBatch(
  images: Float32Array,
  area: number,
  order: ArrayLike<number>,
  start: number,
  batch: Float32Array,
): void {
  for (let i = 0; i * area < batch.length; i++) {
    const position = order[start + i]!;
    batch.set(images.subarray(position * area, (position + 1) * area), i * area);
  }
}
