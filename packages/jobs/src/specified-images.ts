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
export async function readSpecifiedImages(what: string, images: SpecifiedImages): Promise<Float32Array> {
  const input = new Float32Array(valuesOf(images));
  await readPieces(what, images, (piece, at) => writeNetworkInput(piece, input, at));
  return input;
}

/** The same as they are packed: grey values 0 to 255. */
export async function readSpecifiedPixels(what: string, images: SpecifiedImages): Promise<Uint8Array> {
  const pixels = new Uint8Array(valuesOf(images));
  await readPieces(what, images, (piece, at) => pixels.set(piece, at));
  return pixels;
}

const valuesOf = ({ spec, images }: SpecifiedImages) => images.length * spec.imageSize ** 2;

/**
 * The same, a few at a time.
 * @param take is given the grey values of the next whole images, and how many values there were before
 * @throws ChildFault `invalid` where they are not those of the specification, once all were taken
 */
export async function readPieces(
  what: string,
  { spec, pixels: path, images }: SpecifiedImages,
  take: (piece: Uint8Array, at: number) => void | Promise<void>,
): Promise<void> {
  if (path === null)
    throw new TypeError(`${what}: expected the dataset's pixels, got none; does the kind read them?`);
  const hash = createHash('sha256');
  let at = 0;
  for await (const piece of imagePieces(path, spec.imageSize, images)) {
    hash.update(piece);
    await take(piece, at);
    at += piece.length;
  }
  const digest = hash.digest('hex');
  if (digest !== spec.imagesDigest) {
    throw new ChildFault('invalid', `${what}: expected digest ${spec.imagesDigest}, got ${digest}`);
  }
}
