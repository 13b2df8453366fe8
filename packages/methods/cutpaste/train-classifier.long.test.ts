import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { tensorflowEnvironment } from '@ddad/compute/environment';
import { pixelsDigest } from '@ddad/dataset/packed-pixels';
import type { ChildProgress, MakeTask } from '@ddad/jobs';
import { decodeSafetensors } from '@ddad/storage/safetensors';
import { beforeAll, expect, test } from 'vitest';
import { taskOf } from '../make-task.testing.ts';
import { undisturbed } from '../undisturbed.testing.ts';
import { side, waveImages } from '../wave-images.testing.ts';
import { type ClassifierSpec, classifierKind, recipes } from './kinds.ts';

// TensorFlow reads its settings when it loads.
Object.assign(process.env, tensorflowEnvironment(1));
const { trainClassifier } = await import('./train-classifier.ts');

const count = 5;
const { pixels, directory, path } = await waveImages(count);
const task = taskOf(
  classifierKind,
  {
    recipe: recipes.classifier,
    seed: 1234,
    steps: 6,
    batchSize: 2,
    learningRate: 0.03,
    imagesDigest: pixelsDigest(pixels),
    imageSize: side,
  },
  { pixels: path, images: Array.from({ length: count }, (_, i) => i), directory },
);

/** Trains in this process; `answer` is what its parent wants after a call. */
async function train(
  change: Partial<MakeTask<ClassifierSpec>> = {},
  answer: (call: number) => 'go on' | 'checkpoint' | 'stop' = () => 'go on',
) {
  const checkpoints: string[] = [];
  const progress: ChildProgress[] = [];
  let calls = 0;
  const result = await trainClassifier(
    { ...task, ...change },
    {
      ...undisturbed,
      progress: (figures) => progress.push(figures),
      afterStep: async () => answer(++calls),
      checkpoint: (_done, file) => checkpoints.push(file),
    },
  );
  const files = result === null ? [] : [result.files.weights!, result.files.features!];
  const sha256 = createHash('sha256');
  const contents = await Promise.all(files.map((file) => readFile(file)));
  for (const content of contents) sha256.update(content);
  return { result, checkpoints, progress, contents, sha256: sha256.digest('hex') };
}

let first: Awaited<ReturnType<typeof train>>;
beforeAll(async () => {
  first = await train();
});

test('gives weights under PyTorch’s names and layouts, and features of length 1 of all normal images', () => {
  const { result, progress, contents } = first;
  expect(progress).toMatchObject([{ done: 1, total: 1, loss: result!.loss }]);
  expect(result!.history).toEqual([result!.loss]);
  const [weights, features] = contents.map((content) => decodeSafetensors(content));
  expect(weights!.metadata).toEqual({ format: 'pt', recipe: String(recipes.classifier) });
  expect(weights!.tensors.get('conv1.weight')!.shape).toEqual([64, 1, 7, 7]);
  expect(weights!.tensors.get('layer4.1.bn2.running_var')!.shape).toEqual([512]);
  expect(weights!.tensors.get('head.3.weight')!.shape).toEqual([128, 512]);
  expect(weights!.tensors.get('out.bias')!.shape).toEqual([3]);
  const { shape, data } = features!.tensors.get('features')!;
  expect(shape).toEqual([count, 512]);
  for (let image = 0; image < count; image += 1) {
    expect(Math.hypot(...data.subarray(image * 512, (image + 1) * 512))).toBeCloseTo(1, 5);
  }
});

test('gives the same bytes stopped in the middle and resumed with several steps a call, and stops at features, too', async () => {
  // After step 3 of 6, in the second pass over the images.
  const stopped = await train({}, (call) => (call === 3 ? 'stop' : 'go on'));
  expect(stopped.result).toBeNull();
  expect(stopped.checkpoints).toEqual([expect.stringMatching(/checkpoint-3\.safetensors$/)]);
  const rest = { checkpoint: stopped.checkpoints[0]!, stepsACall: 2 };
  const resumed = await train(rest);
  expect(resumed.sha256).toBe(first.sha256);
  expect(resumed.result!.history).toEqual(first.result!.history);
  // Two calls for three steps: the next one is for features.
  expect((await train(rest, (call) => (call === 3 ? 'stop' : 'go on'))).result).toBeNull();
});

test('refuses images other than those that the specification names', async () => {
  await expect(train({ images: [...task.images].reverse() })).rejects.toMatchObject({
    kind: 'invalid',
    message: expect.stringMatching(/^normal images: expected digest/),
  });
});
