import { join } from 'node:path';
import {
  type Backbone,
  backbones,
  type DropoutSpec,
  dropoutLimits,
  imageSizes,
  type RefinedSpec,
  type RefinerInput,
  recipes,
} from '@ddad/contract';
import { type ArtifactPlan, type DatasetCache, type JobPlan, RequestFaults } from '@ddad/jobs';
import { JobError, type KCurveRequest, type MapRequest, type RefineRequest } from '@ddad/rpc';
import { artifactKey, fetchFile, type ObjectStore } from '@ddad/storage';
import { finishedManifest } from './finished-manifest.ts';
import type { ApplyTask, EnsembleFiles, KCurveTask, MapTask, RefineTask } from './tasks.ts';

export interface PlanDeps {
  store: ObjectStore;
  cache: DatasetCache;
  /** Intra-op threads of a scoring process. */
  threads: number;
  /** Steps a call of a refiner's training; undefined leaves them to the device. */
  stepsACall?: number | undefined;
}

async function fetchMembers(
  store: ObjectStore,
  directory: string,
  ndm: string[],
  udm: string[],
): Promise<EnsembleFiles> {
  const fetch = async (role: string, keys: string[]) => {
    const paths: string[] = [];
    for (const [index, key] of keys.entries()) {
      const path = join(directory, `${role}-${index}.safetensors`);
      await fetchFile(store, await finishedManifest(store, 'members', key), 'weights', path);
      paths.push(path);
    }
    return paths;
  };
  return { ndm: await fetch('ndm', ndm), udm: await fetch('udm', udm) };
}

const knownBackbones: readonly string[] = backbones;
const knownSizes: readonly number[] = imageSizes;
/** Of each size; scores of more would not fit into memory together. */
const mostSubsets = 1000;

interface EnsembleFields {
  recipe: number;
  backbone: string;
  ndm: string[];
  udm: string[];
  imagesDigest: string;
  imageSize: number;
  dropout?: DropoutSpec | undefined;
}

function checkEnsemble(
  faults: RequestFaults,
  spec: EnsembleFields,
  recipe: number,
  datasetDigest: string,
  mostPasses: number,
): void {
  const { backbone, ndm, udm, dropout } = spec;
  // Another version would give other bytes under the key of the one that was asked for.
  faults.expect(spec.recipe === recipe, 'recipe', `this scorer's, ${recipe}`, spec.recipe);
  faults.expect(knownBackbones.includes(backbone), 'backbone', knownBackbones.join(', '), `"${backbone}"`);
  if (dropout === undefined) faults.expect(ndm.length >= 2, 'ndm', 'at least 2 members', ndm.length);
  else {
    faults.expect(ndm.length === 1, 'ndm', '1 member with dropout', ndm.length);
    faults.expect(udm.length <= 1, 'udm', 'at most 1 member with dropout', udm.length);
    faults.dropoutRate('dropout rate', dropout.rate);
    const right = dropout.passes >= 2 && dropout.passes <= mostPasses;
    faults.expect(right, 'passes', `2 to ${mostPasses}`, dropout.passes);
    faults.expect(dropout.seed < 2 ** 48, 'dropout seed', 'less than 2^48', dropout.seed);
  }
  ndm.forEach((key, index) => {
    faults.digest(`ndm ${index}`, key);
  });
  udm.forEach((key, index) => {
    faults.digest(`udm ${index}`, key);
  });
  faults.expect(knownSizes.includes(spec.imageSize), 'image size', knownSizes.join(', '), spec.imageSize);
  faults.digest('images digest', spec.imagesDigest);
  faults.digest('dataset digest', datasetDigest);
}

/** @throws JobError `invalid` with every fault of the request */
export function mapPlan(
  { job, maps, images, datasetDigest }: MapRequest,
  { store, cache, threads }: PlanDeps,
): JobPlan {
  if (job === undefined || maps === undefined)
    throw new JobError('invalid', 'expected a job header and a map specification');
  const faults = new RequestFaults();
  checkEnsemble(faults, maps, recipes.maps, datasetDigest, dropoutLimits.passes);
  faults.expect(images.length > 0, 'images', 'at least 1', 'none');
  const { dropout, ...others } = maps;
  const spec = {
    ...others,
    backbone: maps.backbone as Backbone,
    ...(dropout === undefined ? {} : { dropout }),
  };
  // JSON, and with it a key, knows no NaN.
  if (!Number.isFinite(dropout?.rate ?? 0)) faults.throwIfAny();
  const key = artifactKey(spec);
  faults.expect(key === job.key, 'key', `the specification's own, ${key}`, `"${job.key}"`);
  faults.throwIfAny();
  return {
    kind: 'maps',
    key,
    spec,
    async prepare(directory): Promise<MapTask> {
      const members = await fetchMembers(store, directory, spec.ndm, spec.udm);
      return {
        type: 'map',
        spec,
        members,
        pixels: await cache.pixels(datasetDigest),
        images,
        directory,
        threads,
      };
    },
  };
}

/** @throws JobError `invalid` with every fault of the request */
export function kCurvePlan(
  { job, kCurve, images, datasetDigest }: KCurveRequest,
  { store, cache, threads }: PlanDeps,
): JobPlan {
  if (job === undefined || kCurve === undefined)
    throw new JobError('invalid', 'expected a job header and a K-curve specification');
  const { ndm, udm, subsets } = kCurve;
  const faults = new RequestFaults();
  // Passes of one network have no subsets of members.
  checkEnsemble(faults, kCurve, recipes.kCurve, datasetDigest, 0);
  const paired = udm.length === 0 || udm.length === ndm.length;
  faults.expect(paired, 'udm', `as many members as ndm, ${ndm.length}, or none`, udm.length);
  faults.expect(subsets >= 1 && subsets <= mostSubsets, 'subsets', `1 to ${mostSubsets}`, subsets);
  faults.expect(images.length > 0, 'images', 'at least 1', 'none');
  const spec = { ...kCurve, backbone: kCurve.backbone as Backbone };
  const key = artifactKey(spec);
  faults.expect(key === job.key, 'key', `the specification's own, ${key}`, `"${job.key}"`);
  faults.throwIfAny();
  return {
    kind: 'kcurves',
    key,
    spec,
    async prepare(directory): Promise<KCurveTask> {
      const members = await fetchMembers(store, directory, spec.ndm, spec.udm);
      const pixels = await cache.pixels(datasetDigest);
      return { type: 'k-curve', spec, members, pixels, images, directory, threads };
    },
  };
}

/** @throws JobError `invalid` with every fault of the request */
export function refinePlan(request: RefineRequest, { store, cache, threads, stepsACall }: PlanDeps): JobPlan {
  const { job, refiner, images, datasetDigest } = request;
  if (job === undefined || refiner === undefined) {
    throw new JobError('invalid', 'expected a job header and a refiner specification');
  }
  const { precision, dropout, ...others } = refiner;
  const { input, udm, seed, epochs, batchSize, learningRate, weightDecay } = others;
  const faults = new RequestFaults();
  checkEnsemble(faults, refiner, recipes.refiner, datasetDigest, dropoutLimits.refinerPasses);
  faults.expect(['dual', 'intra'].includes(input), 'input', 'dual or intra', `"${input}"`);
  faults.expect(input !== 'dual' || udm.length > 0, 'udm', 'members for input dual', 'none');
  faults.expect(input !== 'intra' || udm.length === 0, 'udm', 'no members for input intra', udm.length);
  faults.expect(seed < 2 ** 48, 'seed', 'less than 2^48', seed);
  faults.expect(epochs >= 1, 'epochs', 'at least 1', epochs);
  faults.expect(batchSize >= 1, 'batch size', 'at least 1', batchSize);
  // A foreign patch comes from another image.
  const needed = Math.max(2, batchSize);
  faults.expect(images.length >= needed, 'images', `at least ${needed} (a batch)`, images.length);
  const trainable = learningRate > 0 && learningRate <= 1;
  faults.expect(trainable, 'learning rate', 'more than 0 and at most 1', learningRate);
  const decays = weightDecay >= 0 && weightDecay <= 1;
  faults.expect(decays, 'weight decay', '0 to 1', weightDecay);
  const spec = {
    ...others,
    backbone: refiner.backbone as Backbone,
    input: input as RefinerInput,
    ...faults.precision(precision),
    ...(dropout === undefined ? {} : { dropout }),
  };
  // JSON, and with it a key, knows no NaN.
  if (![learningRate, weightDecay, dropout?.rate ?? 0].every(Number.isFinite)) faults.throwIfAny();
  const key = artifactKey(spec);
  faults.expect(key === job.key, 'key', `the specification's own, ${key}`, `"${job.key}"`);
  const { mapsKey, refinedKey, further } = request;
  if (mapsKey === '') {
    faults.expect(refinedKey === '', 'refined key', 'none without maps', `"${refinedKey}"`);
  }
  const refinements = [...(mapsKey === '' ? [] : [{ mapsKey, refinedKey }]), ...further];
  const refined = refinements.map((wanted): RefinedSpec => {
    faults.digest('maps key', wanted.mapsKey);
    const one = { maps: wanted.mapsKey, refiner: key };
    const own = artifactKey(one);
    const right = own === wanted.refinedKey;
    faults.expect(right, 'refined key', `the specification's own, ${own}`, `"${wanted.refinedKey}"`);
    return one;
  });
  faults.throwIfAny();
  return {
    kind: 'refiners',
    key,
    spec,
    async prepare(directory, checkpoint): Promise<RefineTask> {
      const members = await fetchMembers(store, directory, spec.ndm, spec.udm);
      const pixels = await cache.pixels(datasetDigest);
      const files = { members, pixels, images, directory, checkpoint };
      return { type: 'refine', spec, ...files, threads, stepsACall };
    },
    next: refined.map((one) => applyPlan(one, spec.input, spec.imageSize, { store, threads })),
  };
}

function applyPlan(
  spec: RefinedSpec,
  input: RefinerInput,
  side: number,
  { store, threads }: Omit<PlanDeps, 'cache'>,
): ArtifactPlan {
  return {
    kind: 'refined',
    key: artifactKey(spec),
    spec,
    async prepare(directory): Promise<ApplyTask> {
      const paths = {
        refiner: join(directory, 'refiner.safetensors'),
        maps: join(directory, 'maps.safetensors'),
      };
      await fetchFile(
        store,
        await finishedManifest(store, 'refiners', spec.refiner),
        'weights',
        paths.refiner,
      );
      await fetchFile(store, await finishedManifest(store, 'maps', spec.maps), 'maps', paths.maps);
      return { type: 'apply', input, imageSize: side, ...paths, directory, threads };
    },
  };
}
