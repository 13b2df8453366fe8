import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tensorflowEnvironment } from '@ddad/compute/environment';
import { networkInput, pixelsDigest } from '@ddad/dataset/packed-pixels';
import { decodeSafetensors, encodeSafetensors, type NamedTensor } from '@ddad/storage/safetensors';
import { describe, expect, test } from 'vitest';
import { taskOf } from '../../make-task.testing.ts';
import { undisturbed } from '../../undisturbed.testing.ts';
import { area, side, waveImages } from '../../wave-images.testing.ts';
import { dsuKind, recipes } from '../kinds.ts';
import { memberInputs, memberKeys } from '../member-inputs.testing.ts';
import { type Backbone, backbones } from '../settings.ts';

// TensorFlow reads its settings when it loads.
Object.assign(process.env, tensorflowEnvironment(1));
const { inferenceStep, tf } = await import('@ddad/compute');
const { backbone, toPyTorch } = await import('@ddad/models');
const { decidedWeights, dualSpaceReference } = await import('@ddad/models/testing');
const { makeDsu } = await import('./make-dsu.ts');
const { membersAtOnce } = await import('./dsu-maps.ts');

const count = 3;
const { pixels, directory, path: pixelsPath } = await waveImages(count);
const x = networkInput(pixels);
const widths = { latentSize: 8, wideLayer: 64 };

/** A member whose running statistics are those of the images, as a trained one's are; otherwise it would pass next to nothing on. */
async function member(name: Backbone, seed: number) {
  const model = backbone(name, side, widths);
  const weights = decidedWeights(model.parameters, seed);
  const last = weights.get('decoder.9.weight')!.data;
  // Strong, for a way through the network that has a say. Of AE-U the second channel is log σ², which must not run away: the
  // last axis is that of the inputs, [4,4,outputs,16].
  last.forEach((value, i) => {
    last[i] = value * (name !== 'aeu' ? 4 : Math.floor(i / 16) % 2 === 1 ? 0.3 : 1);
  });
  const step = inferenceStep({
    weights,
    inputs: { images: [count, side, side, 1] },
    compute: (all, { images }) => model.loss(all, all, { images: images! }).buffers,
    mode: 'graph',
  });
  try {
    // Statistics of a step are 0.9 of the old, 0 and 1 of a new network, and 0.1 of the batch's.
    for (const [key, found] of Object.entries(step.run({ images: x }))) {
      const old = key.endsWith('running_var') ? 1 : 0;
      weights.get(key)!.data.set(found.map((now) => (now - 0.9 * old) / 0.1));
    }
  } finally {
    step.dispose();
  }
  const tensors = toPyTorch(model.parameters, weights);
  const path = join(directory, `${name}-${seed}.safetensors`);
  await writeFile(path, encodeSafetensors(tensors));
  return { path, tensors };
}

async function run(name: Backbone, members: readonly { path: string }[], answer: 'go on' | 'stop' = 'go on') {
  const files = { ndm: members.map(({ path }) => path), udm: [] };
  const spec = {
    recipe: recipes.dsu,
    backbone: name,
    ndm: memberKeys(files).ndm,
    imagesDigest: pixelsDigest(pixels),
    imageSize: side,
    ...widths,
  };
  const task = taskOf(dsuKind, dsuKind.schema.parse(spec), {
    inputs: memberInputs(files),
    pixels: pixelsPath,
    images: [0, 1, 2],
    directory,
  });
  return makeDsu(task, { ...undisturbed, afterStep: async () => answer });
}

async function made(name: Backbone, members: readonly { path: string }[]) {
  const result = await run(name, members);
  const read = async (file: string) => decodeSafetensors(await readFile(result!.files[file]!)).tensors;
  return { maps: await read('maps'), scores: await read('scores') };
}

describe.each(backbones)('dual-space uncertainty of %s', (name) => {
  test.each([2, membersAtOnce + 1])(
    'is that of the independent reference, whose slopes are central differences, to 1e-5 (%i members)',
    async (k) => {
      const members = await Promise.all(Array.from({ length: k }, (_, i) => member(name, i + 1)));
      const weights = new Map(
        members.flatMap(({ tensors }, i) =>
          [...tensors].map(([key, tensor]): [string, NamedTensor] => [`${i}/${key}`, tensor]),
        ),
      );
      const expected = dualSpaceReference(weights, { shape: [count, 1, side, side], data: x });
      const figures = (key: string) => [...expected.get(key)!.data];
      expect(figures('mismatch')[0]).toBeLessThan(1e-5);
      // Nothing lies so near to a kink that rounding would decide its slope.
      const [relu, error] = figures('margin');
      expect(relu).toBeGreaterThan(1e-4);
      if (name !== 'aeu') expect(error).toBeGreaterThan(2e-7);
      // And the way through the network has a say.
      expect(figures('network')[0]).toBeGreaterThan(0.05);

      const { maps, scores } = await made(name, members);
      expect([...maps.keys(), ...scores.keys()]).toEqual(['dsu', 'dsu']);
      const { data, shape } = maps.get('dsu')!;
      const reference = expected.get('map')!.data;
      expect(shape).toEqual([count, side, side]);
      const worst = data.reduce((most, value, i) => Math.max(most, Math.abs(value - reference[i]!)), 0);
      expect(worst / Math.max(...reference)).toBeLessThan(1e-5);
      for (let image = 0; image < count; image++) {
        const own = reference.subarray(image * area, (image + 1) * area);
        const mean = own.reduce((sum, value) => sum + value, 0) / area;
        expect(scores.get('dsu')!.data[image]! / mean).toBeCloseTo(1, 5);
      }
    },
  );
});

test('of members that agree there is none', async () => {
  const one = await member('ae', 1);
  const { maps } = await made('ae', [one, one, one]);
  // Equal products, of up to some 1e-3, but for the rounding of their mean.
  const worst = maps.get('dsu')!.data.reduce((most, value) => Math.max(most, value), 0);
  expect(worst).toBeLessThan(1e-8);
});

test('stops when it is told to, and leaves no tensor behind', async () => {
  const members = await Promise.all([1, 2].map((seed) => member('ae', seed)));
  expect(await run('ae', members, 'stop')).toBeNull();
  const before = tf.memory().numTensors;
  await made('ae', members);
  expect(tf.memory().numTensors).toBe(before);
});
