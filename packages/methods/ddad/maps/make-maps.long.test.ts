import { readFile } from 'node:fs/promises';
import { tensorflowEnvironment } from '@ddad/compute/environment';
import { networkInput, pixelsDigest } from '@ddad/dataset/packed-pixels';
import { decodeSafetensors } from '@ddad/storage/safetensors';
import { describe, expect, test } from 'vitest';
import { taskOf } from '../../make-task.testing.ts';
import { undisturbed } from '../../undisturbed.testing.ts';
import { area, side, waveImages } from '../../wave-images.testing.ts';
import { type MapSpec, mapKind, recipes } from '../kinds.ts';
import { type MemberFiles, memberInputs, memberKeys } from '../member-inputs.testing.ts';
import type { Backbone } from '../settings.ts';

// TensorFlow reads its settings when it loads.
Object.assign(process.env, tensorflowEnvironment(1));
const { dropoutMask, maskSeed, tf } = await import('@ddad/compute');
const { reference } = await import('@ddad/models/testing');
const { makeMaps } = await import('./make-maps.ts');
const { strongMember } = await import('../strong-member.testing.ts');

const count = 3;
const { pixels, directory, path: pixelsPath } = await waveImages(count);
const x = networkInput(pixels);

const members = new Map<string, ReturnType<typeof makeMember>>();

/** A member, made once. */
function member(name: Backbone, seed: number): ReturnType<typeof makeMember> {
  const id = `${name}-${seed}`;
  const made = members.get(id) ?? makeMember(name, seed);
  members.set(id, made);
  return made;
}

/** A member's file, and what it makes of the images: x̂ and σ² (1 where it estimates none), [count × area] each. */
async function makeMember(name: Backbone, seed: number) {
  const { model, weights, path } = await strongMember(directory, name, seed);
  return tf.tidy(() => {
    const tensors = Object.fromEntries(
      [...weights].map(([key, { data, shape }]) => [key, tf.tensor(data, shape)]),
    );
    const found = model.reconstruct(tensors, tensors, tf.tensor(x, [count, side, side, 1]));
    const variance = found.variance?.dataSync<'float32'>().slice() ?? new Float32Array(count * area).fill(1);
    return { path, image: found.image.dataSync<'float32'>().slice(), variance };
  });
}

const images = [0, 1, 2];

function mapTask(name: Backbone, files: MemberFiles, change: Partial<MapSpec> = {}) {
  const spec: MapSpec = {
    recipe: recipes.maps,
    backbone: name,
    ...memberKeys(files),
    imagesDigest: pixelsDigest(pixels),
    imageSize: side,
    ...change,
  };
  return taskOf(mapKind, spec, { inputs: memberInputs(files), pixels: pixelsPath, images, directory });
}

describe.each(['ae', 'aeu'] as const)('maps of %s', (name) => {
  test("are what the members' reconstructions make of them, pixel by pixel", async () => {
    const ndm = [await member(name, 1), await member(name, 2)];
    const udm = [await member(name, 3)];
    const files = { ndm: ndm.map(({ path }) => path), udm: udm.map(({ path }) => path) };
    const made = await makeMaps(mapTask(name, files), undisturbed);
    const read = async (file: string) => decodeSafetensors(await readFile(made!.files[file]!)).tensors;
    const [maps, scores] = [await read('maps'), await read('scores')];

    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const at = (
      values: { image: Float32Array; variance: Float32Array }[],
      what: 'image' | 'variance',
      i: number,
    ) => values.map((each) => each[what][i]!);
    const pixel = Array.from(x, (grey, i) => {
      const [muA, muB] = [mean(at(ndm, 'image', i)), mean(at(udm, 'image', i))];
      // σ² is the NDM's; that of the UDM's members has no say.
      const variance = mean(at(ndm, 'variance', i));
      const spread = mean(at(ndm, 'image', i).map((value) => (muA - value!) ** 2));
      return {
        recEnsemble: (grey - muA) ** 2 / variance,
        aIntra: Math.sqrt(spread / variance),
        aInter: Math.abs(muA - muB) / Math.sqrt(variance),
        'rec.0': (grey - ndm[0]!.image[i]!) ** 2 / ndm[0]!.variance[i]!,
        'rec.1': (grey - ndm[1]!.image[i]!) ** 2 / ndm[1]!.variance[i]!,
      };
    });
    if (name === 'aeu') {
      const variances = pixel.map((_, i) => mean(at(ndm, 'variance', i)));
      expect(Math.max(...variances) / Math.min(...variances)).toBeGreaterThan(2);
    }
    for (const map of ['recEnsemble', 'aIntra', 'aInter'] as const) {
      const tensor = maps.get(map)!;
      expect(tensor.shape).toEqual([count, side, side]);
      const worst = tensor.data.reduce(
        (most, value, i) => Math.max(most, Math.abs(value - pixel[i]![map]) / (1 + pixel[i]![map])),
        0,
      );
      expect(worst, map).toBeLessThan(1e-5);
    }
    expect([...maps.keys()].sort()).toEqual(['aInter', 'aIntra', 'recEnsemble']);
    expect([...scores.keys()].sort()).toEqual(Object.keys(pixel[0]!).sort());
    for (const [score, { data }] of scores) {
      for (const image of images) {
        const own = pixel.slice(image * area, (image + 1) * area).map((each) => each[score as 'rec.0']);
        expect(data[image]! / mean(own), score).toBeCloseTo(1, 5);
      }
    }
  });
});

describe.each(['ae', 'aeu'] as const)('maps of %s with MC Dropout', (name) => {
  // Two blocks of passes, the second not a full one.
  const dropout = { rate: 0.3, passes: 20, seed: 77 };

  let first: NonNullable<Awaited<ReturnType<typeof make>>>;

  async function make(answer: 'go on' | 'checkpoint' | 'stop' = 'go on') {
    const [ndm, udm] = [await member(name, 1), await member(name, 3)];
    const task = mapTask(name, { ndm: [ndm.path], udm: [udm.path] }, { dropout });
    const made = await makeMaps(task, { ...undisturbed, afterStep: async () => answer });
    if (made === null) return null;
    const read = async (file: string) => decodeSafetensors(await readFile(made.files[file]!)).tensors;
    return { ndm, udm, maps: await read('maps'), scores: await read('scores') };
  }

  /** What the independent reference finds over the passes through a member, with the masks that they have. */
  async function passesOf(path: string, network: number) {
    const masks = [0, 1].map((site) => {
      const rows = [0, 16].flatMap((first) =>
        tf.tidy(() => [
          ...dropoutMask(
            tf.tensor1d(maskSeed(dropout.seed, 'maps', first)),
            2 * network + site,
            [16, 2048],
            dropout.rate,
          ).dataSync<'float32'>(),
        ]),
      );
      return { shape: [dropout.passes, 2048], data: Float32Array.from(rows.slice(0, dropout.passes * 2048)) };
    });
    const { tensors } = decodeSafetensors(await readFile(path));
    const found = reference('passes', tensors, {
      images: { shape: [count, 1, side, side], data: x },
      'mask/0': masks[0]!,
      'mask/1': masks[1]!,
    });
    const values = (key: string) => found.get(key)?.data ?? new Float32Array(count * area).fill(1);
    return { mean: values('mean'), deviation: values('deviation'), variance: values('variance') };
  }

  test('are mean and spread over the passes as the independent reference finds them', async () => {
    const made = (await make())!;
    first = made;
    const [ndm, udm] = [await passesOf(made.ndm.path, 0), await passesOf(made.udm.path, 1)];
    const expected = {
      recEnsemble: x.map((grey, i) => (grey - ndm.mean[i]!) ** 2 / ndm.variance[i]!),
      aIntra: ndm.deviation.map((value, i) => value / Math.sqrt(ndm.variance[i]!)),
      aInter: ndm.mean.map((value, i) => Math.abs(value - udm.mean[i]!) / Math.sqrt(ndm.variance[i]!)),
    };
    const mean = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
    for (const [map, values] of Object.entries(expected)) {
      const { data, shape } = made.maps.get(map)!;
      expect(shape).toEqual([count, side, side]);
      const worst = data.reduce((most, value, i) => Math.max(most, Math.abs(value - values[i]!)), 0);
      expect(worst / Math.max(...values), map).toBeLessThan(1e-5);
      for (let image = 0; image < count; image++) {
        const own = mean(values.subarray(image * area, (image + 1) * area));
        expect(made.scores.get(map)!.data[image]! / own, map).toBeCloseTo(1, 4);
      }
    }
    // The network itself, without dropout.
    const plain = x.map((grey, i) => (grey - made.ndm.image[i]!) ** 2 / made.ndm.variance[i]!);
    expect(made.scores.get('rec.0')!.data[0]! / mean(plain.subarray(0, area))).toBeCloseTo(1, 5);
    expect([...made.scores.keys()].sort()).toEqual(['aInter', 'aIntra', 'rec.0', 'recEnsemble']);
  });

  test.runIf(name === 'ae')(
    'are the same bytes where they take long, and stop when they are told to',
    async () => {
      const again = (await make('checkpoint'))!;
      for (const [map, { data }] of first.maps) expect(again.maps.get(map)!.data, map).toEqual(data);
      expect(await make('stop')).toBeNull();
    },
  );
});

test('of one member alone are its reconstruction error, the same as among others, and no spread', async () => {
  const { path } = await member('aeu', 1);
  const read = async (files: string[]) => {
    const made = await makeMaps(mapTask('aeu', { ndm: files, udm: [] }), undisturbed);
    const tensors = async (file: string) => decodeSafetensors(await readFile(made!.files[file]!)).tensors;
    return { maps: await tensors('maps'), scores: await tensors('scores') };
  };
  const alone = await read([path]);
  expect([...alone.maps.keys()]).toEqual(['recEnsemble']);
  expect([...alone.scores.keys()].sort()).toEqual(['rec.0', 'recEnsemble']);
  // A mean over one network is that network.
  expect(alone.scores.get('recEnsemble')!.data).toEqual(alone.scores.get('rec.0')!.data);
  const other = await member('aeu', 2);
  const both = await read([path, other.path]);
  expect(alone.scores.get('rec.0')!.data).toEqual(both.scores.get('rec.0')!.data);
});
