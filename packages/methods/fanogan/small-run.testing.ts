import { pixelsDigest } from '@ddad/dataset/packed-pixels';
import { taskOf } from '../make-task.testing.ts';
import { side, waveImages } from '../wave-images.testing.ts';
import { type EncoderSpec, encoderKind, type GanSpec, ganKind, recipes } from './kinds.ts';

/** Tasks of a small GAN and of its encoder, on made-up images that are there until the tests are over. */
export async function smallRun(count: number) {
  const { pixels, directory, path } = await waveImages(count);
  const shared = { imagesDigest: pixelsDigest(pixels), imageSize: side };
  const data = { pixels: path, images: Array.from({ length: count }, (_, i) => i), directory };
  const form = { width: 2, batchSize: 2, ...shared };
  const ganSpec: GanSpec = { recipe: recipes.gan, seed: 1234, steps: 2, learningRate: 1e-4, ...form };
  const gan = taskOf(ganKind, ganSpec, data);
  const encoderSpec: EncoderSpec = {
    recipe: recipes.encoder,
    seed: 1235,
    gan: gan.key,
    steps: 4,
    learningRate: 5e-5,
    ...form,
  };
  return { gan, encoder: taskOf(encoderKind, encoderSpec, data), data, shared };
}
