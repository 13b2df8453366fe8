import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { DatasetIndex } from '@ddad/contract';
import { pickImages, pixelsDigest } from './packed-pixels.ts';

/** JSON with sorted keys, so that an index that went through a store digests as before. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, canonical(inner)]),
  );
}

function digestOfIndex(index: DatasetIndex): Hash {
  return createHash('sha256')
    .update(JSON.stringify(canonical(index)))
    .update('\n');
}

/** SHA-256 (hex) over the index as JSON with sorted keys, a line break, and the pixels. */
export function datasetDigest(index: DatasetIndex, pixels: Uint8Array): string {
  return digestOfIndex(index).update(pixels).digest('hex');
}

/** `datasetDigest` of pixels in a file, read in pieces. */
export async function packedFileDigest(index: DatasetIndex, pixelsPath: string): Promise<string> {
  const hash = digestOfIndex(index);
  for await (const chunk of createReadStream(pixelsPath)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/**
 * SHA-256 (hex) over the packed bytes of some images in the order given: what a set of training or test images is
 * to the keys of artifacts. Names, labels and positions do not enter.
 *
 * @param pixels packed pixels of the dataset
 * @param imageSize side of its images in pixels
 * @param positions which images, in order
 * @throws RangeError on a position that the dataset does not have
 */
export function imagesDigest(pixels: Uint8Array, imageSize: number, positions: readonly number[]): string {
  return pixelsDigest(pickImages(pixels, imageSize, positions));
}
