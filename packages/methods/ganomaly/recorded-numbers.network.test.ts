/**
 * Numbers of both kinds of artifacts, recorded on an x86-64 processor; others round differently, hence the tolerance.
 *
 * If one of these fails and you changed numerics on purpose (initialisation, order, loss, optimiser), raise the kind's recipe in
 * kinds.ts and record anew: artifacts made before would otherwise pass for the new ones.
 */
import { readFile } from 'node:fs/promises';
import { tensorflowEnvironment } from '@ddad/compute/environment';
import { pixelsDigest } from '@ddad/dataset/packed-pixels';
import { decodeSafetensors } from '@ddad/storage/safetensors';
import { expect, test } from 'vitest';
import { inputOf, taskOf } from '../make-task.testing.ts';
import { undisturbed } from '../undisturbed.testing.ts';
import { side, waveImages } from '../wave-images.testing.ts';
import { generatorKind, recipes, scoresKind } from './kinds.ts';
import { ganomaly } from './method.ts';

// TensorFlow reads its settings when it loads.
Object.assign(process.env, tensorflowEnvironment(1));
const { scoreImages } = await import('./score-images.ts');
const { trainGenerator } = await import('./train-generator.ts');

const tolerance = 2e-3;

const count = 8;
const { pixels, directory, path } = await waveImages(count);
const shared = { imagesDigest: pixelsDigest(pixels), imageSize: side };
const data = { pixels: path, images: Array.from({ length: count }, (_, i) => i), directory };

const settings = { recipe: recipes.generator, seed: 1234, epochs: 2, batchSize: 4, learningRate: 0.001 };
const trained = await trainGenerator(taskOf(generatorKind, { ...settings, ...shared }, data), undisturbed);
const generator = inputOf(generatorKind.kind, settings, trained!.files);
const spec = { recipe: recipes.scores, generator: generator.manifest.key, ...shared };
const scored = await scoreImages(taskOf(scoresKind, spec, { ...data, inputs: { generator } }), undisturbed);

async function mean(file: string, name: string): Promise<number> {
  const values = decodeSafetensors(await readFile(file)).tensors.get(name)!.data;
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

const recorded: Record<string, Record<string, [found: number, expected: number]>> = {
  'trained-ganomaly': {
    loss: [trained!.loss!, 54.1309],
    weights: [await mean(trained!.files.weights!, 'netg.encoder1.linear_enc.2.bias'), 0.00417853],
  },
  'scored-ganomaly': {
    latentError: [await mean(scored!.files.scores!, 'latentError'), 0.914652],
    residual: [await mean(scored!.files.scores!, 'residual'), 0.807261],
    map: [await mean(scored!.files.maps!, 'residual'), 0.807261],
  },
};

test('every kind of the method has recorded numbers', () => {
  expect(Object.keys(recorded)).toEqual(ganomaly.kinds.map(({ kind }) => kind));
});

test.each(Object.entries(recorded))('numbers of %s are as recorded', (_kind, numbers) => {
  const wrong = Object.entries(numbers).filter(
    ([, [found, expected]]) => !(Math.abs(found / expected - 1) < tolerance),
  );
  expect(wrong.map(([name, [found]]) => `${name}: ${found}`)).toEqual([]);
});
