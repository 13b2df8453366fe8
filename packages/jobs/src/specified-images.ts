import { createHash } from 'node:crypto';
import { imagePieces } from '@ddad/dataset/packed-file';
import { writeNetworkInput } from '@ddad/dataset/packed-pixels';
import { ChildFault } from './child.ts';

/** Which images a job is about, and what its specification says of them. */
export interface SpecifiedImages {
  spec: { imagesDigest: string; imageSize: number };
  /** The packed dataset's file. */
  pixels: string | null;
  /** Positions in it. */
  images: readonly number[];
}

/**
 * Images as the networks read them, in [-1,1], [N·H·W]. Beside that, a few MiB of the dataset are in memory at a time.
 * @param what they are, for the error
 * @throws ChildFault `invalid` where they are not those of the specification
 */
export async function readSpecifiedImages(
  what: string,
  { spec, pixels: path, images }: SpecifiedImages,
): Promise<Float32Array> {
  if (path === null)
    throw new TypeError(`${what}: expected the dataset's pixels, got none; does the kind read them?`);
  const area = spec.imageSize ** 2;
  const input = new Float32Array(images.length * area);
  const hash = createHash('sha256');
  let at = 0;
  for await (const piece of imagePieces(path, spec.imageSize, images)) {
    hash.update(piece);
    writeNetworkInput(piece, input, at);
    at += piece.length;
  }
  const digest = hash.digest('hex');
  if (digest !== spec.imagesDigest) {
    throw new ChildFault('invalid', `${what}: expected digest ${spec.imagesDigest}, got ${digest}`);
  }
  return input;
}
