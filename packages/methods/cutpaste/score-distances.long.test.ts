import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tensorflowEnvironment } from '@ddad/compute/environment';
import { pixelsDigest } from '@ddad/dataset/packed-pixels';
import { decodeSafetensors, encodeSafetensors } from '@ddad/storage/safetensors';
import { expect, test } from 'vitest';
import { inputOf, taskOf } from '../make-task.testing.ts';
import { undisturbed } from '../undisturbed.testing.ts';
import { area, side, waveImages } from '../wave-images.testing.ts';
import { classifierKind, distancesKind, recipes } from './kinds.ts';

// TensorFlow reads its settings when it loads.
Object.assign(process.env, tensorflowEnvironment(1));
const { randomStream } = await import('@ddad/compute');
const { initialise, toPyTorch } = await import('@ddad/models');
const { classifier } = await import('./classifier.ts');
const { unitFeatures } = await import('./features.ts');
const { scoreDistances } = await import('./score-distances.ts');

const { directory, path } = await waveImages(1);
const [normals, similar, others] = [24, 5, 4];

/** Bands with a little noise; of another kind are chequers. */
function picture(kind: 'bands' | 'chequers', seed: number): Uint8Array {
  const random = randomStream(seed, kind);
  const phase = random.uniform() * 6;
  return Uint8Array.from({ length: area }, (_, i) => {
    const [x, y] = [i % side, Math.floor(i / side)];
    const wave = kind === 'bands' ? Math.sin(x / 6 + phase) : (x + y) % 2 === 0 ? 1 : -1;
    return 128 + 90 * wave + 8 * random.uniform();
  });
}
const joined = (pictures: Uint8Array[]) => Uint8Array.from(pictures.flatMap((one) => [...one]));

// A network that was not trained tells bands from chequers as well.
const { parameters } = classifier('grey');
const weights = initialise(parameters, 5);
const normalPixels = joined(Array.from({ length: normals }, (_, i) => picture('bands', i)));
const features = await unitFeatures(
  { weights, input: 'grey', images: Float32Array.from(normalPixels, (grey) => grey / 127.5 - 1), side },
  async () => true,
);
const files = { weights: join(directory, 'weights'), features: join(directory, 'features') };
await writeFile(files.weights, encodeSafetensors(toPyTorch(parameters, weights)));
await writeFile(
  files.features,
  encodeSafetensors(new Map([['features', { shape: [normals, 512], data: features! }]])),
);
const classifierInput = inputOf(classifierKind.kind, { seed: 5 }, files);

async function distances(pixels: Uint8Array, answer: 'go on' | 'stop' = 'go on') {
  await writeFile(path, pixels);
  const spec = {
    recipe: recipes.distances,
    classifier: classifierInput.manifest.key,
    imagesDigest: pixelsDigest(pixels),
    imageSize: side,
  };
  const images = Array.from({ length: pixels.length / area }, (_, i) => i);
  const task = taskOf(distancesKind, spec, {
    pixels: path,
    images,
    directory,
    inputs: { classifier: classifierInput },
  });
  const made = await scoreDistances(task, { ...undisturbed, afterStep: async () => answer });
  if (made === null) return null;
  const { tensors } = decodeSafetensors(await readFile(made.files.scores!));
  expect([...tensors.keys()]).toEqual(['mahalanobis']);
  return tensors.get('mahalanobis')!.data;
}

const test0 = joined([
  ...Array.from({ length: similar }, (_, i) => picture('bands', 100 + i)),
  ...Array.from({ length: others }, (_, i) => picture('chequers', i)),
]);

test('images unlike the normal ones lie farther away than all that are like them', async () => {
  const found = (await distances(test0))!;
  expect(found).toHaveLength(similar + others);
  const [near, far] = [found.subarray(0, similar), found.subarray(similar)];
  expect(Math.min(...far)).toBeGreaterThan(2 * Math.max(...near));
});

test('an image’s distance does not depend on the others, nor on how many there are', async () => {
  const all = (await distances(test0))!;
  const last = (await distances(test0.subarray(-area)))!;
  expect(last[0]! / all.at(-1)!).toBeCloseTo(1, 5);
  const many = (await distances(joined(Array.from({ length: 5 }, () => test0))))!;
  expect(many).toHaveLength(5 * all.length);
  expect(many.at(-1)! / all.at(-1)!).toBeCloseTo(1, 5);
});

test('stops when it is told to', async () => {
  expect(await distances(test0, 'stop')).toBeNull();
});
