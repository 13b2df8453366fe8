import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tensorflowEnvironment } from '@ddad/compute/environment';
import { pixelsDigest } from '@ddad/dataset/packed-pixels';
import type { MakeTask } from '@ddad/jobs';
import { decodeSafetensors, encodeSafetensors } from '@ddad/storage/safetensors';
import { expect, test } from 'vitest';
import { inputOf, taskOf } from '../make-task.testing.ts';
import { undisturbed } from '../undisturbed.testing.ts';
import { side, waveImages } from '../wave-images.testing.ts';
import { type NetworksSpec, networksKind, recipes, residualsKind } from './kinds.ts';

// TensorFlow reads its settings when it loads.
Object.assign(process.env, tensorflowEnvironment(1));
const { initialise, resnet18, toPyTorch } = await import('@ddad/models');
const { trainNetworks } = await import('./train-networks.ts');
const { scoreResiduals } = await import('./score-residuals.ts');

const count = 3;
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

const images = Array.from({ length: count }, (_, i) => i);
/** One step of each phase an epoch, so that c and σ are renewed before the eleventh. */
const spec: NetworksSpec = {
  recipe: recipes.networks,
  seed: 1234,
  epochs: 11,
  batchSize: 2,
  learningRate: 0.001,
  width: 2,
  imagesDigest: pixelsDigest(pixels),
  imageSize: side,
  pretrained: { recipe: recipes.pretrained, weights: pretrained.manifest.key },
};
const task = taskOf(networksKind, spec, { pixels: path, images, directory, inputs: { pretrained } });

async function train(
  change: Partial<MakeTask<NetworksSpec>> = {},
  answer: (call: number) => 'go on' | 'stop' = () => 'go on',
) {
  const checkpoints: string[] = [];
  let calls = 0;
  const result = await trainNetworks(
    { ...task, ...change },
    {
      ...undisturbed,
      afterStep: async () => answer(++calls),
      checkpoint: (_done, at) => checkpoints.push(at),
    },
  );
  if (result === null) return { checkpoints, sha256: null };
  const [weights, descriptor] = await Promise.all(
    ['weights', 'descriptor'].map((name) => readFile(result.files[name]!)),
  );
  const sha256 = createHash('sha256').update(weights!).update(descriptor!).digest('hex');
  const read = (content: Buffer) => decodeSafetensors(content).tensors;
  return {
    checkpoints,
    sha256,
    files: result.files,
    weights: read(weights!),
    descriptor: read(descriptor!),
  };
}

test('a pretrained encoder stays as it is, and c and σ are renewed alike in a training that was stopped before', async () => {
  const whole = await train();
  for (const [name, { data }] of given)
    expect(whole.weights!.get(`encoder.${name}`)!.data, name).toEqual(data);
  // Behind the first codes' one batch and the 20 steps of ten epochs, or amid the next codes: what is renewed before the eleventh epoch
  // follows from the checkpoint alone.
  const stopped = await train({}, (call) => (call === 21 ? 'stop' : 'go on'));
  const amid = await train({}, (call) => (call === 22 ? 'stop' : 'go on'));
  const [checkpoint] = stopped.checkpoints;
  expect(checkpoint).toMatch(/checkpoint-20\.safetensors$/);
  expect(amid.checkpoints).toEqual([checkpoint]);
  const { tensors: before } = decodeSafetensors(await readFile(checkpoint!));
  expect(before.get('centre')!.data).not.toEqual(whole.descriptor!.get('centre')!.data);
  // The later one's, which lies in the place of the other.
  const resumed = await train({ checkpoint: amid.checkpoints[0]! });
  expect(resumed.sha256).toBe(whole.sha256);

  const networks = inputOf(networksKind.kind, spec, whole.files!);
  const scored = await scoreResiduals(
    taskOf(
      residualsKind,
      {
        recipe: recipes.residuals,
        networks: networks.manifest.key,
        width: spec.width,
        imagesDigest: spec.imagesDigest,
        imageSize: side,
      },
      { pixels: path, images, directory, inputs: { networks } },
    ),
    undisturbed,
  );
  const { data } = decodeSafetensors(await readFile(scored!.files.scores!)).tensors.get('igd')!;
  expect(data.every((value) => value > 0 && value < 1)).toBe(true);
});
