import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tensorflowEnvironment } from '@ddad/compute/environment';
import { artifactKey } from '@ddad/contract';
import { networkInput, pixelsDigest } from '@ddad/dataset/packed-pixels';
import { decodeSafetensors, encodeSafetensors, type NamedTensor } from '@ddad/storage/safetensors';
import { describe, expect, test } from 'vitest';
import { inputOf, taskOf } from '../../make-task.testing.ts';
import { undisturbed } from '../../undisturbed.testing.ts';
import { side, waveImages } from '../../wave-images.testing.ts';
import { earlierName, type MemberSpec, memberKind, recipes } from '../kinds.ts';
import { type Backbone, backbones } from '../settings.ts';

// TensorFlow reads its settings when it loads.
Object.assign(process.env, tensorflowEnvironment(1));
const { backbone, initialise, toPyTorch } = await import('@ddad/models');
const { linearCkaReference, reference } = await import('@ddad/models/testing');
const { trainMember } = await import('./train-member.ts');

const count = 16;
const { pixels, directory, path } = await waveImages(count);
const x = networkInput(pixels);
const widths = { latentSize: 8, wideLayer: 64 };
const images = Array.from({ length: count }, (_, i) => i);

/** New weights under PyTorch's names and layouts. */
const newWeights = (name: Backbone, seed: number) => {
  const { parameters } = backbone(name, side, widths);
  return toPyTorch(parameters, initialise(parameters, seed));
};

/** Members that were trained before, as far as it matters here. */
async function earlierMembers(name: Backbone, seeds: readonly number[]) {
  return Promise.all(
    seeds.map(async (seed) => {
      const tensors = newWeights(name, seed);
      const weights = join(directory, `${name}-${seed}.safetensors`);
      await writeFile(weights, encodeSafetensors(tensors));
      return { tensors, weights, key: artifactKey({ name, seed }) };
    }),
  );
}

type Earlier = Awaited<ReturnType<typeof earlierMembers>>;

function taskAway(name: Backbone, earlier: Earlier, weight: number, change: Partial<MemberSpec> = {}) {
  const spec: MemberSpec = {
    recipe: recipes.member[name],
    backbone: name,
    role: 'udm',
    seed: 9,
    epochs: 1,
    batchSize: count,
    learningRate: 5e-4,
    imagesDigest: pixelsDigest(pixels),
    imageSize: side,
    ...widths,
    ...(earlier.length === 0
      ? {}
      : { repulsion: { recipe: recipes.repulsion, weight, earlier: earlier.map(({ key }) => key) } }),
    ...change,
  };
  const inputs = Object.fromEntries(
    earlier.map(({ weights }, index) => [earlierName(index), inputOf(memberKind.kind, {}, { weights })]),
  );
  return taskOf(memberKind, memberKind.schema.parse(spec), { inputs, pixels: path, images, directory });
}

/** Codes of all images, [count,8]. */
function codesOf(tensors: ReadonlyMap<string, NamedTensor>, training: boolean): NamedTensor {
  const input = { images: { shape: [count, 1, side, side], data: x } };
  return reference('codes', tensors, input, training ? ['--training'] : []).get('codes')!;
}

const ckaOf = (a: NamedTensor, b: NamedTensor) => linearCkaReference(a, b).get('value')!.data[0]!;
const trainedWeights = async (file: string | undefined) => decodeSafetensors(await readFile(file!)).tensors;

describe.each(backbones)('a member of %s', (name) => {
  test('has λ times the mean CKA of its codes and those of the earlier ones in its loss, as the reference finds them', async () => {
    const earlier = await earlierMembers(name, [1, 2]);
    // One batch of all images, whose order does not matter: the loss before the first step is that of the new weights.
    const lossOf = async (of: Earlier, weight: number) =>
      (await trainMember(taskAway(name, of, weight), undisturbed))!.history![0]!;
    const term = (await lossOf(earlier, 0.5)) - (await lossOf([], 0));
    const own = codesOf(newWeights(name, 9), true);
    const [first, second] = earlier.map(({ tensors }) => ckaOf(own, codesOf(tensors, false)));
    expect(first).toBeGreaterThan(0.05);
    expect(Math.abs(first! - second!)).toBeGreaterThan(1e-3);
    expect(term).toBeCloseTo((0.5 * (first! + second!)) / 2, 5);
  });

  test('ends with codes that are less like theirs than without', async () => {
    const earlier = await earlierMembers(name, [1]);
    const epochs = 12;
    const likeness = async (of: Earlier) => {
      const made = await trainMember(taskAway(name, of, 1, { epochs, batchSize: 8 }), undisturbed);
      return ckaOf(
        codesOf(await trainedWeights(made!.files.weights), false),
        codesOf(earlier[0]!.tensors, false),
      );
    };
    expect(await likeness(earlier)).toBeLessThan(0.7 * (await likeness([])));
  });
});

test('training gives the same bytes again when it was stopped and resumed, wherever the images lie', async () => {
  const earlier = await earlierMembers('memae', [1, 2]);
  const task = taskAway('memae', earlier, 1, { epochs: 3, batchSize: 4 });
  const bytes = async (change: object = {}, residentBytes = 0) =>
    readFile((await trainMember({ ...task, ...change }, undisturbed, { residentBytes }))!.files.weights!);
  const whole = await bytes();
  const checkpoints: string[] = [];
  let steps = 0;
  const stopped = await trainMember(
    task,
    {
      ...undisturbed,
      afterStep: async () => (++steps === 6 ? 'stop' : 'go on'),
      checkpoint: (_done, at) => checkpoints.push(at),
    },
    { residentBytes: 0 },
  );
  expect(stopped).toBeNull();
  const checkpoint = checkpoints[0]!;
  expect(await bytes({ checkpoint, stepsACall: 2 }, 2 ** 30)).toEqual(whole);
});

test('in bfloat16 the repulsion is much the same', async () => {
  const earlier = await earlierMembers('ae', [1]);
  const lossOf = async (precision?: 'bfloat16') =>
    (await trainMember(taskAway('ae', earlier, 1, precision && { precision }), undisturbed))!.history![0]!;
  expect((await lossOf('bfloat16')) / (await lossOf())).toBeCloseTo(1, 1);
});
