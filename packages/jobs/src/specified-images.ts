import { networkInput, pixelsDigest, readImages } from '@ddad/dataset/packed-pixels';
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
 * Images as the networks read them, in [-1,1], [N·H·W].
 * @param what they are, for the error
 * @throws ChildFault `invalid` where they are not those of the specification
 */
export async function readSpecifiedImages(
  what: string,
  { spec, pixels: path, images }: SpecifiedImages,
): Promise<Float32Array> {
  if (path === null)
    throw new TypeError(`${what}: expected the dataset's pixels, got none; does the kind read them?`);
  const pixels = await readImages(path, spec.imageSize, images);
  const digest = pixelsDigest(pixels);
  if (digest !== spec.imagesDigest) {
    throw new ChildFault('invalid', `${what}: expected digest ${spec.imagesDigest}, got ${digest}`);
  }
  return networkInput(pixels);
}
