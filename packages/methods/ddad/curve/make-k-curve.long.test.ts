import { readFile } from 'node:fs/promises';
import { reduceMaps } from '@ddad/anomaly';
import { tensorflowEnvironment } from '@ddad/compute/environment';
import { reducedName, reducedNames, reductions } from '@ddad/contract';
import { pixelsDigest } from '@ddad/dataset/packed-pixels';
import type { MakeTask } from '@ddad/jobs';
import { decodeSafetensors } from '@ddad/storage/safetensors';
import { describe, expect, test } from 'vitest';
import { taskOf } from '../../make-task.testing.ts';
import { undisturbed } from '../../undisturbed.testing.ts';
import { side, waveImages } from '../../wave-images.testing.ts';
import { type KCurveSpec, kCurveKind, type MapSpec, mapKind, recipes } from '../kinds.ts';
import { type MemberFiles, memberInputs, memberKeys } from '../member-inputs.testing.ts';
import type { Backbone } from '../settings.ts';

// TensorFlow reads its settings when it loads.
Object.assign(process.env, tensorflowEnvironment(1));
const { tf } = await import('@ddad/compute');
const { makeKCurve } = await import('./make-k-curve.ts');
const { makeMaps } = await import('../maps/make-maps.ts');
const { strongMember } = await import('../strong-member.testing.ts');
const { subsetStep } = await import('./subset-scores.ts');

// More than a batch of eight, and no whole number of them.
const count = 11;
const { pixels, directory, path } = await waveImages(count);

const images = Array.from({ length: count }, (_, i) => i);
const common = { imagesDigest: pixelsDigest(pixels), imageSize: side };

interface Ensemble {
  name: Backbone;
  files: MemberFiles;
}

async function ensemble(name: Backbone, ndm: number[], udm: number[]): Promise<Ensemble> {
  const files = (seeds: number[]) =>
    Promise.all(seeds.map(async (seed) => (await strongMember(directory, name, seed)).path));
  return { name, files: { ndm: await files(ndm), udm: await files(udm) } };
}

function task({ name, files }: Ensemble, of?: 'reductions'): MakeTask<KCurveSpec> {
  const all = { recipe: recipes.kCurve, backbone: name, ...memberKeys(files), ...common, subsets: 100 };
  const spec = of === undefined ? all : { ...all, of };
  return taskOf(kCurveKind, spec, { inputs: memberInputs(files), pixels: path, images, directory });
}

async function kCurve(ensemble: Ensemble, of?: 'reductions') {
  const made = await makeKCurve(task(ensemble, of), undisturbed);
  return decodeSafetensors(await readFile(made!.files.scores!)).tensors;
}

/** What a run of these members alone gives. */
async function runScores({ name, files }: Ensemble, members: number[]) {
  const pick = (paths: readonly string[]) =>
    paths.length === 0 ? [] : members.map((place) => paths[place]!);
  const own: MemberFiles = { ndm: pick(files.ndm), udm: pick(files.udm) };
  const spec: MapSpec = { recipe: recipes.maps, backbone: name, ...memberKeys(own), ...common };
  const alone = taskOf(mapKind, spec, { inputs: memberInputs(own), pixels: path, images, directory });
  const { scores, maps } = (await makeMaps(alone, undisturbed))!.files;
  const read = async (file: string | undefined) => decodeSafetensors(await readFile(file!)).tensors;
  return { scores: await read(scores), maps: await read(maps) };
}

/** The worst relative difference of what subsets' scores are from what they should be. */
function worst(found: Float32Array, wanted: ArrayLike<number>): number {
  return Math.max(...Array.from(found, (value, i) => Math.abs(value / wanted[i]! - 1)));
}

describe.each(['ae', 'aeu'] as const)('subsets of %s', (name) => {
  test('score as runs of their members alone; all members together as the run itself', async () => {
    const whole = await ensemble(name, [1, 2, 3], [4, 5, 6]);
    const tensors = await kCurve(whole);
    expect([...tensors].map(([key, { shape }]) => `${key}: ${shape}`).sort()).toEqual(
      [
        ...['recEnsemble', 'aInter'].flatMap((score) =>
          [1, 2, 3].map((k) => `${score}.${k}: ${k < 3 ? 3 : 1},11`),
        ),
        'aIntra.2: 3,11',
        'aIntra.3: 1,11',
      ].sort(),
    );
    const { scores: all } = await runScores(whole, [0, 1, 2]);
    for (const [k, row, members, expected, tolerance] of [
      [3, 0, [0, 1, 2], all, 1e-6],
      // Subsets of two are 0 and 1, 0 and 2, 1 and 2.
      [2, 2, [1, 2], (await runScores(whole, [1, 2])).scores, 2e-6],
    ] as const) {
      for (const score of ['recEnsemble', 'aIntra', 'aInter'] as const) {
        const found = tensors.get(`${score}.${k}`)!.data.subarray(row * count, (row + 1) * count);
        const wanted = expected.get(score)!.data;
        expect(worst(found, wanted), `${score} of ${members}`).toBeLessThan(tolerance);
      }
    }
    // One member alone: its reconstruction error.
    const single = tensors.get('recEnsemble.1')!.data;
    for (const [row, rec] of [all.get('rec.0')!, all.get('rec.1')!].entries()) {
      rec.data.forEach((value, i) => {
        expect(single[row * count + i]! / value).toBeCloseTo(1, 5);
      });
    }
  });
});

test("the highest pixels of a subset's maps are those of a run of its members alone", async () => {
  const whole = await ensemble('ae', [1, 2, 3], [4, 5, 6]);
  const tensors = await kCurve(whole, 'reductions');
  expect([...tensors.keys()].sort()).toEqual(
    ['recEnsemble', 'aInter', 'aIntra']
      .flatMap((score) => reducedNames(score))
      .flatMap((score) => (score.startsWith('aIntra') ? [2, 3] : [1, 2, 3]).map((k) => `${score}.${k}`))
      .sort(),
  );
  const { maps } = await runScores(whole, [1, 2]);
  for (const score of ['recEnsemble', 'aIntra', 'aInter']) {
    const { data } = maps.get(score)!;
    const each = reduceMaps(data, pixels, count);
    for (const reduction of reductions) {
      const name = reducedName(score, reduction);
      const found = tensors.get(`${name}.2`)!.data.subarray(2 * count, 3 * count);
      const own = each.map((of) => of[reduction]);
      expect(worst(found, own), name).toBeLessThan(5e-6);
    }
  }
});

test('the one-class mode has no aInter', async () => {
  const tensors = await kCurve(await ensemble('ae', [1, 2, 3], []));
  expect([...tensors.keys()].sort()).toEqual([
    'aIntra.2',
    'aIntra.3',
    'recEnsemble.1',
    'recEnsemble.2',
    'recEnsemble.3',
  ]);
});

test('leaves no tensor behind', async () => {
  const whole = await ensemble('ae', [1, 2, 3], [4, 5, 6]);
  const before = tf.memory().numTensors;
  await kCurve(whole);
  expect(tf.memory().numTensors).toBe(before);
});

test('a spread that is small beside the values it lies at survives float32', () => {
  // Two members a thousandth apart near 1 (equal values would be taken for a spread by chance), a third far away.
  const step = subsetStep({
    subsets: 2,
    members: 3,
    images: 1,
    pixels: 2,
    udm: false,
    variance: false,
    of: 'means',
  });
  try {
    const { aIntra } = step.run({
      weights: Float32Array.of(0.5, 0.5, 0, 0.5, 0, 0.5),
      images: Float32Array.of(0, 0),
      ndm: Float32Array.of(1, 1, 1.002, 1.002, 1.5, 1.5),
    });
    // Eq. 3 of two: half of their distance.
    expect(aIntra![0]! / 0.001).toBeCloseTo(1, 2);
    expect(aIntra![1]!).toBeCloseTo(0.25, 6);
  } finally {
    step.dispose();
  }
});
