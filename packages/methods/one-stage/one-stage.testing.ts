import { pixelsDigest } from '@ddad/dataset/packed-pixels';
import { taskOf } from '../make-task.testing.ts';
import { side, waveImages } from '../wave-images.testing.ts';
import type { OneStageDefinition } from './definition.ts';
import { type NetworkSpec, oneStageKinds } from './kinds.ts';

/** NSA's definition with another name, for what all of these methods share. */
export const sample: OneStageDefinition = {
  name: 'sample',
  title: 'Sample',
  shortTitle: 'Sample',
  summary: '',
  patches: { source: 'other', place: 'resized', blend: 'poisson', label: 'intensity' },
  recipes: { network: 1, maps: 1 },
};

/** A short training on made-up images. */
export async function shortTraining(
  definition: OneStageDefinition,
  { count, ...fields }: { count: number } & Partial<NetworkSpec>,
) {
  const { pixels, directory, path } = await waveImages(count);
  const kinds = oneStageKinds(definition);
  const shared = { imagesDigest: pixelsDigest(pixels), imageSize: side };
  const data = { pixels: path, images: Array.from({ length: count }, (_, i) => i), directory };
  const spec: NetworkSpec = {
    recipe: definition.recipes.network,
    seed: 1234,
    epochs: 2,
    batchSize: 2,
    learningRate: 0.001,
    ...shared,
    ...fields,
  };
  return { kinds, spec, shared, data, task: taskOf(kinds.network, spec, data) };
}
