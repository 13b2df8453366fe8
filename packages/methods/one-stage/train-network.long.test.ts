import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { tensorflowEnvironment } from '@ddad/compute/environment';
import type { ChildProgress, MakeTask } from '@ddad/jobs';
import { decodeSafetensors } from '@ddad/storage/safetensors';
import { beforeAll, expect, test } from 'vitest';
import { undisturbed } from '../undisturbed.testing.ts';
import { area, side } from '../wave-images.testing.ts';
import type { NetworkSpec } from './kinds.ts';
import { sample, shortTraining } from './one-stage.testing.ts';

// TensorFlow reads its settings when it loads.
Object.assign(process.env, tensorflowEnvironment(1));
const { initialise, residualEncoderDecoder, toPyTorch } = await import('@ddad/models');
const { largestDifference } = await import('@ddad/models/testing');
const { anomalyBatches } = await import('./anomaly-batches.ts');
const { networkStep, trainNetwork } = await import('./train-network.ts');

// Five normal images in batches of two, and one that is unlabeled.
const { task } = await shortTraining(sample, { count: 6, normals: 5, epochs: 2 });

/** Trains in this process; `answer` is what its parent wants after a call. */
async function train(
  change: Partial<MakeTask<NetworkSpec>> = {},
  answer: (call: number) => 'go on' | 'checkpoint' | 'stop' = () => 'go on',
  threads = 0,
) {
  const checkpoints: string[] = [];
  const progress: ChildProgress[] = [];
  let calls = 0;
  const result = await trainNetwork(
    sample,
    { ...task, ...change },
    {
      ...undisturbed,
      progress: (figures) => progress.push(figures),
      afterStep: async () => answer(++calls),
      checkpoint: (_done, file) => checkpoints.push(file),
    },
    threads,
  );
  const content = result === null ? Buffer.alloc(0) : await readFile(result.files.weights!);
  return {
    result,
    checkpoints,
    progress,
    content,
    sha256: createHash('sha256').update(content).digest('hex'),
  };
}

let first: Awaited<ReturnType<typeof train>>;
beforeAll(async () => {
  first = await train();
});

test('gives weights under the source’s names and layouts', () => {
  const { result, progress, content } = first;
  expect(progress.map(({ done, total }) => [done, total])).toEqual([
    [1, 2],
    [2, 2],
  ]);
  expect(result!.history).toHaveLength(2);
  expect(result!.loss).toBe(result!.history!.at(-1));
  const { metadata, tensors } = decodeSafetensors(content);
  expect(metadata).toEqual({ format: 'pt', recipe: '1' });
  expect(tensors.get('layer4.1.bn2.running_var')!.shape).toEqual([512]);
  expect(tensors.get('uplayer1.0.conv1.weight')!.shape).toEqual([128, 64, 3, 3]);
  expect(tensors.get('convtranspose1.weight')!.shape).toEqual([16, 1, 7, 7]);
});

test('takes the batches of its seed in a row, two steps an epoch of five normal images', async () => {
  const { seed, batchSize } = task.spec;
  const write = anomalyBatches({
    images: await readFile(task.pixels!),
    side,
    normals: 5,
    patches: sample.patches,
    seed,
    batchSize,
  });
  const { parameters } = residualEncoderDecoder();
  const step = networkStep(task.spec, 2, { mode: 'graph' });
  try {
    step.write(initialise(parameters, seed));
    const values = () => new Float32Array(batchSize * area);
    const batch = { images: values(), labels: values() };
    for (let at = 0; at < 4; at += 1) {
      write(at, batch);
      step.run('find', batch);
    }
    const { tensors } = decodeSafetensors(first.content);
    for (const [name, { data }] of toPyTorch(parameters, step.read()))
      expect(largestDifference(tensors.get(name)!.data, data), name).toBe(0);
  } finally {
    step.dispose();
  }
});

test('gives the same bytes stopped in the middle of an epoch and resumed with several steps a call and threads that make batches', async () => {
  const stopped = await train({}, (call) => (call === 3 ? 'stop' : 'go on'));
  expect(stopped.result).toBeNull();
  expect(stopped.checkpoints).toEqual([expect.stringMatching(/checkpoint-3\.safetensors$/)]);
  const resumed = await train({ checkpoint: stopped.checkpoints[0]!, stepsACall: 2 }, () => 'go on', 2);
  expect(resumed.sha256).toBe(first.sha256);
  expect(resumed.result!.history).toEqual(first.result!.history);
});

test('refuses images other than those that the specification names', async () => {
  await expect(train({ images: [...task.images].reverse() })).rejects.toMatchObject({
    kind: 'invalid',
    message: expect.stringMatching(/^training images: expected digest/),
  });
});
