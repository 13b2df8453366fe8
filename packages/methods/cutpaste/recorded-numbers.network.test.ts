/**
 * Numbers of both kinds of artifacts, recorded on an x86-64 processor; others round differently, hence the tolerance. Of one step alone: with
 * three the loss of two processors differed by a fiftieth.
 *
 * If one of these fails and you changed numerics on purpose (initialisation, order, augmentation, loss, optimiser), raise the kind's
 * recipe in kinds.ts and record anew: artifacts made before would otherwise pass for the new ones.
 */
import { readFile } from 'node:fs/promises';
import { tensorflowEnvironment } from '@ddad/compute/environment';
import { pixelsDigest } from '@ddad/dataset/packed-pixels';
import { decodeSafetensors } from '@ddad/storage/safetensors';
import { expect, test } from 'vitest';
import { inputOf, taskOf } from '../make-task.testing.ts';
import { undisturbed } from '../undisturbed.testing.ts';
import { side, waveImages } from '../wave-images.testing.ts';
import { classifierKind, distancesKind, recipes } from './kinds.ts';
import { cutPaste } from './method.ts';

// TensorFlow reads its settings when it loads.
Object.assign(process.env, tensorflowEnvironment(1));
const { scoreDistances } = await import('./score-distances.ts');
const { trainClassifier } = await import('./train-classifier.ts');

const tolerance = 1e-4;

const count = 8;
const { pixels, directory, path } = await waveImages(count);
const shared = { imagesDigest: pixelsDigest(pixels), imageSize: side };
const data = { pixels: path, images: Array.from({ length: count }, (_, i) => i), directory };

const settings = { recipe: recipes.classifier, seed: 1234, steps: 1, batchSize: 4, learningRate: 0.03 };
const trained = await trainClassifier(taskOf(classifierKind, { ...settings, ...shared }, data), undisturbed);
const classifier = inputOf(classifierKind.kind, settings, trained!.files);
const spec = { recipe: recipes.distances, classifier: classifier.manifest.key, ...shared };
const scored = await scoreDistances(
  taskOf(distancesKind, spec, { ...data, inputs: { classifier } }),
  undisturbed,
);

async function mean(file: string, name: string): Promise<number> {
  const values = decodeSafetensors(await readFile(file)).tensors.get(name)!.data;
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

const recorded: Record<string, Record<string, [found: number, expected: number]>> = {
  'trained-cutpaste': {
    loss: [trained!.loss!, 1.27981],
    features: [await mean(trained!.files.features!, 'features'), 0.0329427],
  },
  'scored-cutpaste': { mahalanobis: [await mean(scored!.files.scores!, 'mahalanobis'), 4.07152] },
};

test('every kind of the method has recorded numbers', () => {
  expect(Object.keys(recorded)).toEqual(cutPaste.kinds.map(({ kind }) => kind));
});

test.each(Object.entries(recorded))('numbers of %s are as recorded', (_kind, numbers) => {
  for (const [name, [found, expected]] of Object.entries(numbers))
    expect(Math.abs(found / expected - 1), `${name}: ${found}`).toBeLessThan(tolerance);
});
