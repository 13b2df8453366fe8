/**
 * Numbers of every kind of artifact, recorded on an x86-64 processor; others round differently, hence the tolerance.
 *
 * If one of these fails and you changed numerics on purpose (initialisation, order, masks, patches, loss, optimiser), raise
 * the kind's recipe in kinds.ts and record anew: artifacts made before would otherwise pass for the new ones.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tensorflowEnvironment } from '@ddad/compute/environment';
import { pixelsDigest } from '@ddad/dataset/packed-pixels';
import { decodeSafetensors, encodeSafetensors } from '@ddad/storage/safetensors';
import { expect } from 'vitest';
import { inputOf, taskOf } from '../make-task.testing.ts';
import { undisturbed } from '../undisturbed.testing.ts';
import { area, side, waveImages } from '../wave-images.testing.ts';
import {
  type DropoutSpec,
  dsuKind,
  earlierName,
  kCurveKind,
  type MemberSpec,
  mapKind,
  memberKind,
  type RefinerInput,
  type RefinerSpec,
  recipes,
  refinedKind,
  refinerKind,
} from './kinds.ts';
import { type MemberFiles, memberInputs, memberKeys } from './member-inputs.testing.ts';
import type { Backbone } from './settings.ts';

// TensorFlow reads its settings when it loads.
Object.assign(process.env, tensorflowEnvironment(1));
const { asrNet, backbone: network, initialise, toPyTorch } = await import('@ddad/models');
const { makeKCurve } = await import('./curve/make-k-curve.ts');
const { makeDsu } = await import('./dsu/make-dsu.ts');
const { makeMaps } = await import('./maps/make-maps.ts');
const { trainMember } = await import('./members/train-member.ts');
const { applyRefiner } = await import('./refiner/apply-refiner.ts');
const { trainRefiner } = await import('./refiner/train-refiner.ts');
const { noiseMember } = await import('./wave-member.testing.ts');

const tolerance = 1e-3;

const count = 16;
const { pixels, directory, path } = await waveImages(count);
const shared = { imagesDigest: pixelsDigest(pixels), imageSize: side };
const data = { pixels: path, images: Array.from({ length: count }, (_, i) => i), directory };

type Numbers = Record<string, number>;

/** Losses by epoch. */
async function member(
  backbone: Backbone,
  change: { dropout?: number; precision?: 'bfloat16'; epochs?: number; beta1?: number } = {},
): Promise<Numbers> {
  const settings = { role: 'ndm' as const, seed: 1234, epochs: 2, batchSize: 8, learningRate: 5e-4 };
  const spec = { recipe: recipes.member[backbone], backbone, ...settings, ...shared, ...change };
  const made = await trainMember(taskOf(memberKind, spec, data), undisturbed);
  return losses(made?.history);
}

/**
 * By the recipe steady: how far weights moved, in learning rates, where the mean of the last two epochs counts in place of the last one's
 * (2 %), and statistics of one more epoch, which tell its order and its batches, three of five images. The learning rate is small: at
 * a usual one rounding has grown past any tolerance by the time that two epochs are a tenth of all.
 */
async function steadyMember(backbone: Backbone): Promise<Numbers> {
  const [seed, learningRate] = [1234, 1e-6];
  const spec: MemberSpec = {
    ...{
      recipe: recipes.member[backbone],
      backbone,
      role: 'ndm',
      seed,
      epochs: 20,
      batchSize: 5,
      learningRate,
    },
    ...{ wideLayer: 64, steady: recipes.steadyMember, ...shared },
  };
  const { weights } = (await trainMember(taskOf(memberKind, spec, data), undisturbed))!.files;
  const { tensors } = decodeSafetensors(await readFile(weights!));
  const { parameters } = network(backbone, side, spec);
  const first = toPyTorch(parameters, initialise(parameters, seed));
  const moved = ['decoder.6.weight', 'decoder.9.weight'].map((name): [string, number] => {
    const before = first.get(name)!.data;
    const squares = tensors.get(name)!.data.map((value, i) => ((value - before[i]!) / learningRate) ** 2);
    return [`${name} moved`, Math.sqrt(meanOf(squares))];
  });
  const told = ['encoder.7.running_var', 'linear_enc.1.running_var'];
  return Object.fromEntries([...moved, ...told.map((name) => [name, meanOf(tensors.get(name)!.data)])]);
}

/** Kept away from one that is made up. */
async function memberAway(): Promise<Numbers> {
  const weights = await noiseMember(directory, 'ae', 1);
  const input = inputOf(memberKind.kind, {}, { weights });
  const spec = {
    ...{ recipe: recipes.member.ae, backbone: 'ae' as const, role: 'ndm' as const, seed: 1234 },
    ...{ epochs: 2, batchSize: 8, learningRate: 5e-4, ...shared },
    repulsion: { recipe: recipes.repulsion, weight: 1, earlier: [input.manifest.key] },
  };
  const task = taskOf(memberKind, spec, { ...data, inputs: { [earlierName(0)]: input } });
  return losses((await trainMember(task, undisturbed))?.history);
}

function losses(history: readonly number[] = []): Numbers {
  return Object.fromEntries(history.map((loss, epoch) => [`epoch ${epoch + 1}`, loss]));
}

/** Mean of every tensor of a file. */
async function means(file: string | undefined): Promise<Numbers> {
  const { tensors } = decodeSafetensors(await readFile(file!));
  return Object.fromEntries([...tensors].map(([name, { data: values }]) => [name, meanOf(values)]));
}

const meanOf = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length;

async function members(backbone: Backbone, ndm: number, udm: number): Promise<MemberFiles> {
  const files = (first: number, of: number) =>
    Promise.all(Array.from({ length: of }, (_, i) => noiseMember(directory, backbone, first + i)));
  return { ndm: await files(1, ndm), udm: await files(10, udm) };
}

const ensembleOf = (backbone: Backbone, files: MemberFiles) => ({
  backbone,
  ...memberKeys(files),
  ...shared,
});

async function maps(backbone: Backbone, dropout?: DropoutSpec): Promise<Numbers> {
  const files = await members(backbone, dropout === undefined ? 2 : 1, 1);
  const spec = {
    recipe: recipes.maps,
    ...ensembleOf(backbone, files),
    ...(dropout === undefined ? {} : { dropout }),
  };
  const made = await makeMaps(taskOf(mapKind, spec, { ...data, inputs: memberInputs(files) }), undisturbed);
  return means(made?.files.scores);
}

/** In millionths: slopes of a mean over 4,096 pixels are small. */
async function dsu(backbone: Backbone): Promise<Numbers> {
  const files = await members(backbone, 3, 0);
  const { udm: _, ...ensemble } = ensembleOf(backbone, files);
  const spec = { recipe: recipes.dsu, ...ensemble };
  const made = await makeDsu(taskOf(dsuKind, spec, { ...data, inputs: memberInputs(files) }), undisturbed);
  const found = await means(made?.files.scores);
  return Object.fromEntries(Object.entries(found).map(([name, value]) => [name, value * 1e6]));
}

async function kCurve(backbone: Backbone, of?: 'reductions'): Promise<Numbers> {
  const files = await members(backbone, 3, 3);
  // Two of the three subsets of two, and so the recipe has them drawn.
  const spec = {
    recipe: recipes.kCurve,
    ...ensembleOf(backbone, files),
    subsets: 2,
    ...(of === undefined ? {} : { of }),
  };
  const made = await makeKCurve(
    taskOf(kCurveKind, spec, { ...data, inputs: memberInputs(files) }),
    undisturbed,
  );
  return means(made?.files.scores);
}

async function refiner(
  input: RefinerInput,
  { dropout, steady }: Pick<RefinerSpec, 'dropout' | 'steady'> = {},
): Promise<Numbers> {
  const files = await members('ae', dropout === undefined ? 2 : 1, input === 'dual' ? 1 : 0);
  const settings = { input, seed: 1234, epochs: 1, batchSize: 4, learningRate: 1e-4, weightDecay: 1e-4 };
  const spec = {
    recipe: recipes.refiner,
    ...ensembleOf('ae', files),
    ...settings,
    ...(dropout === undefined ? {} : { dropout }),
    // 24 steps: a mean over fewer would be the last weights.
    ...(steady === undefined ? {} : { steady, epochs: 3, batchSize: 2 }),
  };
  const task = taskOf(refinerKind, spec, { ...data, inputs: memberInputs(files) });
  const made = await trainRefiner(task, undisturbed);
  if (steady === undefined) return losses(made?.history);
  // Losses tell nothing of the weights that are published, and means of weights are too near 0 to be a measure.
  const found = await means(made?.files.weights);
  const told = ['model.1.running_var', 'model.4.running_var'];
  return { ...losses(made?.history), ...Object.fromEntries(told.map((name) => [name, found[name]!])) };
}

/** Of maps and a network that are made up. */
async function refined(input: RefinerInput): Promise<Numbers> {
  const wave = (every: number) => ({
    shape: [count, side, side],
    data: Float32Array.from({ length: count * area }, (_, i) => 0.5 + 0.5 * Math.sin(i * every)),
  });
  const mapFile = join(directory, 'wave-maps.safetensors');
  await writeFile(
    mapFile,
    encodeSafetensors(
      new Map([
        ['aIntra', wave(0.01)],
        ['aInter', wave(0.017)],
      ]),
    ),
  );
  const { parameters } = asrNet({ inputs: input === 'dual' ? 2 : 1 });
  const weights = join(directory, `wave-${input}.safetensors`);
  await writeFile(weights, encodeSafetensors(toPyTorch(parameters, initialise(parameters, 5))));
  const inputs = {
    maps: inputOf(mapKind.kind, {}, { maps: mapFile }),
    refiner: inputOf(refinerKind.kind, { input, imageSize: side }, { weights }),
  };
  const spec = { maps: inputs.maps.manifest.key, refiner: inputs.refiner.manifest.key };
  const made = await applyRefiner(taskOf(refinedKind, spec, { inputs, directory }), undisturbed);
  return { ...(await means(made?.files.scores)), ...(await means(made?.files.maps)) };
}

const dropout = { rate: 0.3, passes: 20, seed: 77 };
const fewPasses = { rate: 0.3, passes: 3, seed: 5 };

const recorded: Record<string, [what: string, make: () => Promise<Numbers>, expected: Numbers][]> = {
  members: [
    ['ae', () => member('ae'), { 'epoch 1': 0.905965, 'epoch 2': 0.634459 }],
    ['ae with dropout', () => member('ae', { dropout: 0.3 }), { 'epoch 1': 0.917788, 'epoch 2': 0.699431 }],
    [
      'ae in bfloat16',
      // One epoch: without AVX-512 the products are not oneDNN's, and the second one's loss is 4e-3 off.
      () => member('ae', { precision: 'bfloat16', epochs: 1 }),
      { 'epoch 1': 0.9079 },
    ],
    ['ae with β1 0.9', () => member('ae', { beta1: 0.9 }), { 'epoch 1': 0.905965, 'epoch 2': 0.653745 }],
    ['ae with repulsion', memberAway, { 'epoch 1': 1.518687, 'epoch 2': 0.954163 }],
    ['aeu', () => member('aeu'), { 'epoch 1': 0.958024, 'epoch 2': 0.589146 }],
    ['memae', () => member('memae'), { 'epoch 1': 0.911451, 'epoch 2': 0.651914 }],
    [
      'ae, steady',
      () => steadyMember('ae'),
      {
        'decoder.6.weight moved': 46.642,
        'decoder.9.weight moved': 56.6573,
        'encoder.7.running_var': 0.0948783,
        'linear_enc.1.running_var': 0.0948959,
      },
    ],
    [
      'aeu, steady',
      () => steadyMember('aeu'),
      {
        'decoder.6.weight moved': 48.3773,
        'decoder.9.weight moved': 54.7326,
        'encoder.7.running_var': 0.0950179,
        'linear_enc.1.running_var': 0.0948374,
      },
    ],
    [
      'memae, steady',
      () => steadyMember('memae'),
      {
        'decoder.6.weight moved': 46.9627,
        'decoder.9.weight moved': 56.5271,
        'encoder.7.running_var': 0.0949528,
        'linear_enc.1.running_var': 0.0947253,
      },
    ],
  ],
  maps: [
    [
      'ae',
      () => maps('ae'),
      { aInter: 0.654914, aIntra: 0.599174, 'rec.0': 0.716682, 'rec.1': 2.90905, recEnsemble: 1.16427 },
    ],
    [
      'aeu',
      () => maps('aeu'),
      { aInter: 0.414628, aIntra: 0.404872, 'rec.0': 0.637265, 'rec.1': 5.45375, recEnsemble: 0.887034 },
    ],
    [
      'memae',
      () => maps('memae'),
      { aInter: 0.218034, aIntra: 0.191559, 'rec.0': 0.623633, 'rec.1': 0.558984, recEnsemble: 0.538289 },
    ],
    [
      'ae with MC Dropout',
      () => maps('ae', dropout),
      { aInter: 0.45807, aIntra: 0.260895, 'rec.0': 0.716682, recEnsemble: 0.731487 },
    ],
    [
      'aeu with MC Dropout',
      () => maps('aeu', dropout),
      { aInter: 0.257139, aIntra: 0.198986, 'rec.0': 0.637265, recEnsemble: 0.62439 },
    ],
  ],
  'scored-dual-space': [
    ['ae', () => dsu('ae'), { dsu: 363.361 }],
    ['aeu', () => dsu('aeu'), { dsu: 5526.43 }],
    ['memae', () => dsu('memae'), { dsu: 63.3958 }],
  ],
  kcurves: [
    [
      'ae',
      () => kCurve('ae'),
      {
        'aInter.1': 1.44092,
        'aInter.2': 0.843611,
        'aInter.3': 0.919111,
        'aIntra.2': 0.413532,
        'aIntra.3': 0.618754,
        'recEnsemble.1': 1.81287,
        'recEnsemble.2': 0.831358,
        'recEnsemble.3': 0.78882,
      },
    ],
    [
      'aeu',
      () => kCurve('aeu'),
      {
        'aInter.1': 1.25819,
        'aInter.2': 0.543031,
        'aInter.3': 0.572677,
        'aIntra.2': 0.244305,
        'aIntra.3': 0.370952,
        'recEnsemble.1': 3.04551,
        'recEnsemble.2': 0.590792,
        'recEnsemble.3': 0.562436,
      },
    ],
    [
      'ae, highest pixels',
      () => kCurve('ae', 'reductions'),
      {
        'aInterForeground.1': 1.44113,
        'aInterForeground.2': 0.844098,
        'aInterForeground.3': 0.919612,
        'aInterPeak.1': 3.80191,
        'aInterPeak.2': 2.46171,
        'aInterPeak.3': 2.58461,
        'aInterRelative.1': 11.3084,
        'aInterRelative.2': 6.71751,
        'aInterRelative.3': 7.25598,
        'aInterTop.1': 6.91389,
        'aInterTop.2': 4.10711,
        'aInterTop.3': 4.43629,
        'aIntraForeground.2': 0.413073,
        'aIntraForeground.3': 0.61801,
        'aIntraPeak.2': 0.923011,
        'aIntraPeak.3': 1.31744,
        'aIntraRelative.2': 2.74968,
        'aIntraRelative.3': 3.91536,
        'aIntraTop.2': 1.68112,
        'aIntraTop.3': 2.39382,
        'recEnsembleForeground.1': 1.72869,
        'recEnsembleForeground.2': 0.739497,
        'recEnsembleForeground.3': 0.700687,
        'recEnsemblePeak.1': 6.7324,
        'recEnsemblePeak.2': 2.32879,
        'recEnsemblePeak.3': 2.14754,
        'recEnsembleRelative.1': 26.1694,
        'recEnsembleRelative.2': 9.11882,
        'recEnsembleRelative.3': 8.62957,
        'recEnsembleTop.1': 16.0019,
        'recEnsembleTop.2': 5.575,
        'recEnsembleTop.3': 5.27697,
      },
    ],
  ],
  refiners: [
    ['dual', () => refiner('dual'), { 'epoch 1': 0.290016 }],
    ['intra', () => refiner('intra'), { 'epoch 1': 0.288165 }],
    ['dual with MC Dropout', () => refiner('dual', { dropout: fewPasses }), { 'epoch 1': 0.297243 }],
    [
      'dual, steady',
      () => refiner('dual', { steady: recipes.steadyRefiner }),
      {
        'epoch 1': 0.229491,
        'epoch 2': 0.0922581,
        'epoch 3': 0.0504121,
        'model.1.running_var': 0.105577,
        'model.4.running_var': 0.12533,
      },
    ],
  ],
  refined: [
    ['dual', () => refined('dual'), { scores: 0.491495, maps: 0.491495 }],
    ['intra', () => refined('intra'), { scores: 0.52245, maps: 0.52245 }],
  ],
};

/** A recorded case, of which kind it is, and whether it is the first one of its kind: the others are long tests. */
export interface RecordedCase {
  kind: string;
  what: string;
  first: boolean;
  make: () => Promise<Numbers>;
  expected: Numbers;
}

/** In the order of the method's kinds. */
export const recordedCases: RecordedCase[] = Object.entries(recorded).flatMap(([kind, cases]) =>
  cases.map(([what, make, expected], place) => ({ kind, what, first: place === 0, make, expected })),
);

/** Fails where a case gives other numbers than the recorded ones. */
export async function expectAsRecorded({ make, expected }: RecordedCase): Promise<void> {
  const found = await make();
  expect(Object.keys(found).sort()).toEqual(Object.keys(expected).sort());
  for (const [name, value] of Object.entries(expected))
    expect(Math.abs(found[name]! / value - 1), `${name}: ${found[name]}`).toBeLessThan(tolerance);
}
