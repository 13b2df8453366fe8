import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tensorflowEnvironment } from '@ddad/compute/environment';
import { pixelsDigest } from '@ddad/dataset/packed-pixels';
import type { MakeTask } from '@ddad/jobs';
import { decodeSafetensors, encodeSafetensors } from '@ddad/storage/safetensors';
import { beforeAll, expect, test } from 'vitest';
import { inputOf, taskOf } from '../make-task.testing.ts';
import { undisturbed } from '../undisturbed.testing.ts';
import { area, side, waveImages } from '../wave-images.testing.ts';
import { type ClassifierSpec, classifierKind, distancesKind, recipes } from './kinds.ts';
import { frozenSteps } from './settings.ts';

// TensorFlow reads its settings when it loads.
Object.assign(process.env, tensorflowEnvironment(1));
const { initialise, resnet18, toPyTorch } = await import('@ddad/models');
const { largestDifference } = await import('@ddad/models/testing');
const { classBatches } = await import('./class-batches.ts');
const { classifier } = await import('./classifier.ts');
const { scoreDistances } = await import('./score-distances.ts');
const { classifierStep, trainClassifier } = await import('./train-classifier.ts');

const count = 4;
const { pixels, directory, path } = await waveImages(count);

// Random weights under torchvision's names stand for ImageNet's.
const { parameters } = resnet18({ inputs: 3 });
const given = toPyTorch(parameters, initialise(parameters, 9));
const file = join(directory, 'given.safetensors');
// A file of torchvision has its classifier as well.
const published = new Map([
  ...given,
  ['fc.weight', { shape: [1000, 512], data: new Float32Array(512_000) }],
  ['fc.bias', { shape: [1000], data: new Float32Array(1000) }],
]);
await writeFile(file, encodeSafetensors(published));
const pretrained = inputOf('weights', { format: 1 }, { weights: file });

const steps = frozenSteps + 2;
const images = Array.from({ length: count }, (_, i) => i);
const spec: ClassifierSpec = {
  recipe: recipes.classifier,
  seed: 1234,
  steps,
  batchSize: 2,
  learningRate: 0.03,
  imagesDigest: pixelsDigest(pixels),
  imageSize: side,
  pretrained: { recipe: recipes.pretrained, weights: pretrained.manifest.key },
};
const task = taskOf(classifierKind, spec, { pixels: path, images, directory, inputs: { pretrained } });

async function train(
  change: Partial<MakeTask<ClassifierSpec>> = {},
  answer: (call: number) => 'go on' | 'stop' = () => 'go on',
) {
  const checkpoints: string[] = [];
  let calls = 0;
  const result = await trainClassifier(
    { ...task, ...change },
    {
      ...undisturbed,
      afterStep: async () => answer(++calls),
      checkpoint: (_done, at) => checkpoints.push(at),
    },
  );
  if (result === null) return { checkpoints, sha256: null, files: null };
  const content = await readFile(result.files.weights!);
  const sha256 = createHash('sha256').update(content).digest('hex');
  const weights = decodeSafetensors(content).tensors;
  return { checkpoints, sha256, weights, files: result.files };
}

let whole: Awaited<ReturnType<typeof train>>;
beforeAll(async () => {
  whole = await train();
});

test('trains its head alone for as many steps as the source, then all, on the batches of its seed in a row', async () => {
  const grey = Float32Array.from(pixels, (value) => value / 127.5 - 1);
  const write = classBatches({ images: grey, side, seed: spec.seed, batchSize: spec.batchSize });
  const network = classifier('colours').parameters;
  const first = initialise(network, spec.seed);
  for (const [name, tensor] of initialise(parameters, 9)) first.set(name, tensor);
  const step = classifierStep(spec, { mode: 'graph' });
  try {
    step.write(first);
    const batch = new Float32Array(3 * spec.batchSize * area);
    for (let at = 0; at < steps; at += 1) {
      write(at, batch);
      step.run(at < 20 ? 'head' : 'classify', { images: batch });
    }
    for (const [name, { data }] of toPyTorch(network, step.read()))
      expect(largestDifference(whole.weights!.get(name)!.data, data), name).toBe(0);
  } finally {
    step.dispose();
  }
});

test('a classifier with pretrained weights begins with them, and is the same stopped in either phase and resumed', async () => {
  expect(whole.weights!.get('conv1.weight')!.shape).toEqual([64, 3, 7, 7]);
  const moved = (weights: typeof given) => {
    const [before, after] = [weights.get('conv1.weight')!.data, whole.weights!.get('conv1.weight')!.data];
    return Math.max(...after.map((value, i) => Math.abs(value - before[i]!)));
  };
  // Two small steps away from what was given, and far from what another seed draws.
  expect(moved(given)).toBeGreaterThan(0);
  expect(moved(given)).toBeLessThan(0.05 * moved(toPyTorch(parameters, initialise(parameters, 10))));
  for (const at of [frozenSteps - 1, frozenSteps + 1]) {
    const stopped = await train({}, (call) => (call === at ? 'stop' : 'go on'));
    const resumed = await train({ checkpoint: stopped.checkpoints[0]!, stepsACall: 2 });
    expect(resumed.sha256).toBe(whole.sha256);
  }

  const classifier = inputOf(classifierKind.kind, spec, whole.files!);
  const scored = await scoreDistances(
    taskOf(
      distancesKind,
      {
        recipe: recipes.distances,
        classifier: classifier.manifest.key,
        imagesDigest: spec.imagesDigest,
        imageSize: side,
      },
      { pixels: path, images, directory, inputs: { classifier } },
    ),
    undisturbed,
  );
  const { data } = decodeSafetensors(await readFile(scored!.files.scores!)).tensors.get('mahalanobis')!;
  expect(data.every((value) => value > 0 && value < 100)).toBe(true);
});
