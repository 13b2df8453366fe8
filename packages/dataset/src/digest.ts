import { createHash, type Hash } from 'node:crypto';
import { canonicalJson, type DatasetIndex } from '@ddad/contract';
import { filePieces, imagePieces } from './packed-file.ts';
import { pickImages, pixelsDigest } from './packed-pixels.ts';

/** Of an index that went through a store as of the one that was put: fields have one order. */
function digestOfIndex(index: DatasetIndex): Hash {
  return createHash('sha256').update(canonicalJson(index)).update('\n');
}

/** SHA-256 (hex) over the index as JSON with sorted keys, a line break, and the pixels. */
export function datasetDigest(index: DatasetIndex, pixels: Uint8Array): string {
  return digestOfIndex(index).update(pixels).digest('hex');
}

/** `datasetDigest` of pixels in a file, read in pieces. */
export async function packedFileDigest(index: DatasetIndex, pixelsPath: string): Promise<string> {
  const hash = digestOfIndex(index);
  for await (const piece of filePieces(pixelsPath)) hash.update(piece);
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

/**
 * Adds images of a packed dataset's file, in the order given, to digests under way; the file is read once for all of them,
 * and in pieces. A new digest then is what `imagesDigest` gives.
 * @throws RangeError on a position that the dataset does not have
 */
export async function digestImages(
  hashes: readonly Hash[],
  pixelsPath: string,
  imageSize: number,
  positions: readonly number[],
): Promise<void> {
  for await (const piece of imagePieces(pixelsPath, imageSize, positions)) {
    for (const hash of hashes) hash.update(piece);
  }
}
