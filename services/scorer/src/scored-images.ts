import { networkInput, pixelsDigest, readImages } from '@ddad/dataset/packed-pixels';
import { ChildFault } from '@ddad/jobs/child';
import type { MapTask } from './tasks.ts';

/**
 * The images to score as the networks read them, [T·H·W].
 * @throws ChildFault where they are not those of the specification
 */
export async function readScoredImages(
  task: Pick<MapTask, 'pixels' | 'images' | 'spec'>,
): Promise<Float32Array> {
  const { spec } = task;
  const pixels = await readImages(task.pixels, spec.imageSize, task.images);
  const digest = pixelsDigest(pixels);
  if (digest !== spec.imagesDigest) {
    throw new ChildFault('invalid', `images: expected digest ${spec.imagesDigest}, got ${digest}`);
  }
  return networkInput(pixels);
}
