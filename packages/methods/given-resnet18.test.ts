import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { initialise, type ParameterSpec, resnet18, toPyTorch } from '@ddad/models';
import { encodeSafetensors } from '@ddad/storage/safetensors';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { givenResnet18 } from './given-resnet18.ts';
import { inputOf } from './make-task.testing.ts';
import { pretrainedResnet18 } from './pretrained-resnet18.ts';

const { parameters } = resnet18({ inputs: 3 });
const own = initialise(parameters, 1);
/** What torchvision publishes holds the classifier, and in PyTorch's own form counts of batches. */
const published = new Map([
  ...toPyTorch(parameters, own),
  ['fc.weight', { shape: [1000, 512], data: new Float32Array(512_000) }],
  ['fc.bias', { shape: [1000], data: new Float32Array(1000) }],
  ['bn1.num_batches_tracked', { shape: [1], data: Float32Array.of(7) }],
]);

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ddad-given-'));
});
afterAll(() => rm(directory, { recursive: true }));

async function taskWith(tensors: typeof published) {
  const weights = join(directory, 'weights.safetensors');
  await writeFile(weights, encodeSafetensors(tensors));
  return { kind: 'trained-any', inputs: { pretrained: inputOf('weights', { format: 1 }, { weights }) } };
}

test('takes of a file of torchvision what the network has, under the network’s own names', async () => {
  const shapes = Object.fromEntries([...published].map(([name, { shape }]) => [name, shape]));
  // Whoever judges the run lets the same tensors pass.
  const { layout } = pretrainedResnet18({ pretrained: 'any' })!;
  expect(Object.keys(shapes).filter((name) => !(name in layout.tensors || layout.passes.test(name)))).toEqual(
    [],
  );
  const task = await taskWith(published);
  expect(await givenResnet18(task, parameters)).toEqual(own);
  const prefixed = parameters.map((one): ParameterSpec => ({ ...one, name: `encoder.${one.name}` }));
  const named = new Map([...own].map(([name, tensor]) => [`encoder.${name}`, tensor]));
  expect(await givenResnet18(task, prefixed, 'encoder.')).toEqual(named);
});

test('names what a file lacks', async () => {
  const lacking = new Map(published);
  lacking.delete('bn1.bias');
  lacking.delete('conv1.weight');
  await expect(givenResnet18(await taskWith(lacking), parameters)).rejects.toThrow(
    'weights: conv1.weight: expected 64×3×7×7, got nothing; bn1.bias: expected 64, got nothing',
  );
});
