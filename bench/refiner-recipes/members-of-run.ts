/** A finished run's members and its images, copied out of a local cluster into a folder: what refiners are tried on. */
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runKeys, runResultSchema } from '@ddad/contract';
import { selectTrainingImages, testImages } from '@ddad/dataset';
import { readImages } from '@ddad/dataset/packed-file';
import { networkInput as packedInput } from '@ddad/dataset/packed-pixels';
import {
  fetchFile,
  publishedManifest,
  readDatasetIndex,
  readDatasetPixels,
  readDatasetRecord,
} from '@ddad/storage';
import { decodeSafetensors } from '@ddad/storage/safetensors';
import { z } from 'zod';
import { memberKind, type Role } from '../../packages/methods/ddad/kinds.ts';
import { type Ensemble, ensembleOf } from '../../packages/methods/ddad/maps/ensemble.ts';
import { ensembleMapMaker } from '../../packages/methods/ddad/maps/ensemble-maps.ts';
import { backboneSchema } from '../../packages/methods/ddad/settings.ts';
import { openLocalStore } from '../local-store.ts';

const side = 64;
const area = side ** 2;
const positions = z.array(z.int());
const setSchema = z.object({
  dataset: z.string(),
  backbone: backboneSchema,
  k: z.int(),
  normal: positions,
  test: positions,
  labels: positions,
});

/** Whose images these are, by position among `pixels.u8`; labels are those of the test images: 1 abnormal, 0 normal. */
export type RunSet = z.infer<typeof setSchema>;

const setFile = (folder: string) => join(folder, 'set.json');
const pixelsFile = (folder: string) => join(folder, 'pixels.u8');
const memberFile = (folder: string, role: Role, index: number) =>
  join(folder, `${role}-${index}.safetensors`);

/** Copies a run's members and images into the folder. @throws Error where it is no run of an ensemble with labelled test images */
export async function copyRun(folder: string, runId: string): Promise<RunSet> {
  const store = openLocalStore();
  await mkdir(folder, { recursive: true });
  const result = runResultSchema.parse(JSON.parse((await store.get(runKeys.report(runId))).toString()));
  const record = await readDatasetRecord(store, result.dataset);
  if (record === null) throw new Error(`expected dataset ${result.dataset}, found none`);
  const index = await readDatasetIndex(store, record.digest);
  const chosen = selectTrainingImages(index, { unlabeled: 0 });
  if ('faults' in chosen) throw new Error(JSON.stringify(chosen.faults));
  const { images: test, labels } = testImages(index);
  if (labels === null) throw new Error('expected test images with labels');
  const given = z.object({ backbone: backboneSchema }).parse(result.input);
  for (const { role, index: place, key } of result.members) {
    const manifest = await publishedManifest(store, { kind: memberKind.kind, key });
    await fetchFile(store, manifest, 'weights', memberFile(folder, role as Role, place));
  }
  const k = result.members.filter(({ role }) => role === 'ndm').length;
  const set: RunSet = {
    dataset: result.dataset,
    backbone: given.backbone,
    k,
    normal: [...chosen.normal],
    test: [...test],
    labels: [...labels],
  };
  await writeFile(pixelsFile(folder), await readDatasetPixels(store, record.digest));
  await writeFile(setFile(folder), JSON.stringify(set));
  return set;
}

/** @throws Error where `copyRun` has not been there */
export async function readSet(folder: string): Promise<RunSet> {
  if (!existsSync(setFile(folder)))
    throw new Error(`expected a folder that "members" has filled, got ${folder}`);
  return setSchema.parse(JSON.parse(await readFile(setFile(folder), 'utf8')));
}

/** Pixels of some images, 0 to 255, [N·H·W]. */
export async function greyValues(folder: string, images: readonly number[]): Promise<Uint8Array> {
  return await readImages(pixelsFile(folder), side, images);
}

/** The same in [-1,1], as networks read them. */
export async function networkInput(folder: string, images: readonly number[]): Promise<Float32Array> {
  return packedInput(await greyValues(folder, images));
}

/** The members of a folder, all of them or those of the NDM alone, ready to score. */
export async function loadMembers(folder: string, { backbone, k }: RunSet, roles: readonly Role[]) {
  const models = await import('@ddad/models');
  const model = models.backbone(backbone, side);
  const members = async (role: Role) =>
    Promise.all(
      Array.from({ length: roles.includes(role) ? k : 0 }, async (_, index) => {
        const { tensors } = decodeSafetensors(await readFile(memberFile(folder, role, index)));
        return model.fold(models.fromPyTorch(model.parameters, tensors));
      }),
    );
  return ensembleOf(model, { ndm: await members('ndm'), udm: await members('udm') });
}

/** Discrepancy maps of the test images by name, [T·H·W] each. */
export async function testMaps(folder: string, set: RunSet, ensemble: Ensemble) {
  const pixels = await networkInput(folder, set.test);
  const maker = ensembleMapMaker(ensemble, side);
  const maps = new Map<string, Float32Array>();
  try {
    const batch = new Float32Array(maker.batchSize * area);
    for (let start = 0; start < set.test.length; start += maker.batchSize) {
      const end = Math.min(start + maker.batchSize, set.test.length) * area;
      batch.fill(0);
      batch.set(pixels.subarray(start * area, end));
      const found = await maker.make(batch, async () => true);
      for (const [name, values] of Object.entries(found!)) {
        if (!name.startsWith('map.')) continue;
        const all = maps.get(name.slice(4)) ?? new Float32Array(pixels.length);
        all.set(values.subarray(0, end - start * area), start * area);
        maps.set(name.slice(4), all);
      }
    }
  } finally {
    maker.dispose();
  }
  return maps;
}
