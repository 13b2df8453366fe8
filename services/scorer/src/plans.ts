import { join } from 'node:path';
import { type Backbone, backbones, type RefinedSpec, type RefinerInput } from '@ddad/contract';
import type { DatasetCache, JobPlan } from '@ddad/jobs';
import { JobError, type MapRequest, type RefineRequest } from '@ddad/rpc';
import {
  type ArtifactKind,
  artifactKey,
  fetchFile,
  type Manifest,
  type ObjectStore,
  readManifest,
} from '@ddad/storage';
import type { ApplyTask, EnsembleFiles, MapTask, RefineTask } from './tasks.ts';

export interface PlanDeps {
  store: ObjectStore;
  cache: DatasetCache;
  /** Intra-op threads of a scoring process. */
  threads: number;
}

async function published(store: ObjectStore, kind: ArtifactKind, key: string): Promise<Manifest> {
  const manifest = await readManifest(store, kind, key);
  if (manifest === null)
    throw new JobError('invalid', `${kind} ${key}: expected it to be finished, found no manifest`);
  return manifest;
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
      await fetchFile(store, await published(store, 'members', key), 'weights', path);
      paths.push(path);
    }
    return paths;
  };
  return { ndm: await fetch('ndm', ndm), udm: await fetch('udm', udm) };
}

interface EnsembleFields {
  backbone: string;
  ndm: string[];
  udm: string[];
}

function ensembleFaults({ backbone, ndm, udm }: EnsembleFields): string[] {
  const faults: string[] = [];
  const known: readonly string[] = backbones;
  if (!known.includes(backbone)) faults.push(`backbone: expected ${known.join(', ')}, got "${backbone}"`);
  if (ndm.length < 2) faults.push(`ndm: expected at least 2 members, got ${ndm.length}`);
  const odd = [...ndm, ...udm].filter((key) => !/^[0-9a-f]{64}$/.test(key));
  if (odd.length > 0)
    faults.push(`members: expected keys of 64 hexadecimal digits, got ${odd.length} others`);
  return faults;
}

function assertKey(faults: string[], spec: object, got: string): string {
  const key = artifactKey(spec);
  if (key !== got) faults.push(`key: expected the specification's own, ${key}, got ${got}`);
  if (faults.length > 0) throw new JobError('invalid', faults.join('; '));
  return key;
}

/** @throws JobError `invalid` with every fault of the request */
export function mapPlan(
  { job, maps, images, datasetDigest }: MapRequest,
  { store, cache, threads }: PlanDeps,
): JobPlan {
  if (job === undefined || maps === undefined)
    throw new JobError('invalid', 'expected a job header and a map specification');
  const faults = ensembleFaults(maps);
  if (images.length === 0) faults.push('images: expected at least 1, got none');
  const spec = { ...maps, backbone: maps.backbone as Backbone };
  const key = assertKey(faults, spec, job.key);
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
export function refinePlan(request: RefineRequest, { store, cache, threads }: PlanDeps): JobPlan {
  const { job, refiner, images, datasetDigest } = request;
  if (job === undefined || refiner === undefined) {
    throw new JobError('invalid', 'expected a job header and a refiner specification');
  }
  const faults = ensembleFaults(refiner);
  if (!['dual', 'intra'].includes(refiner.input))
    faults.push(`input: expected dual or intra, got "${refiner.input}"`);
  if (refiner.input === 'dual' && refiner.udm.length === 0)
    faults.push('udm: expected members for input dual, got none');
  if (refiner.input === 'intra' && refiner.udm.length > 0)
    faults.push('udm: expected no members for input intra');
  if (images.length < Math.max(2, refiner.batchSize)) {
    faults.push(`images: expected at least a batch of ${refiner.batchSize}, got ${images.length}`);
  }
  const spec = { ...refiner, backbone: refiner.backbone as Backbone, input: refiner.input as RefinerInput };
  const key = assertKey(faults, spec, job.key);
  return {
    kind: 'refiners',
    key,
    spec,
    async prepare(directory, checkpoint): Promise<RefineTask> {
      const members = await fetchMembers(store, directory, spec.ndm, spec.udm);
      const pixels = await cache.pixels(datasetDigest);
      return { type: 'refine', spec, members, pixels, images, directory, checkpoint, threads };
    },
    next:
      request.mapsKey === ''
        ? undefined
        : applyPlan(request, key, spec.input, spec.imageSize, { store, threads }),
  };
}

function applyPlan(
  { mapsKey, refinedKey }: RefineRequest,
  refiner: string,
  input: RefinerInput,
  imageSize: number,
  { store, threads }: Omit<PlanDeps, 'cache'>,
): JobPlan {
  const spec: RefinedSpec = { maps: mapsKey, refiner };
  const key = assertKey([], spec, refinedKey);
  return {
    kind: 'refined',
    key,
    spec,
    async prepare(directory): Promise<ApplyTask> {
      const paths = {
        refiner: join(directory, 'refiner.safetensors'),
        maps: join(directory, 'maps.safetensors'),
      };
      await fetchFile(store, await published(store, 'refiners', refiner), 'weights', paths.refiner);
      await fetchFile(store, await published(store, 'maps', mapsKey), 'maps', paths.maps);
      return { type: 'apply', input, imageSize, ...paths, directory, threads };
    },
  };
}
