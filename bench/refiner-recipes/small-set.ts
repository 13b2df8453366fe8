/**
 * A part of a dataset with a short-trained ensemble, kept in a folder: what refiners are tried on where whole ones would take days.
 * Everything follows from the dataset alone, so that a folder that is there already is taken as it is.
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { artifactKey } from '@ddad/contract';
import { imagesDigest, packDataset, selectTrainingImages, testImages } from '@ddad/dataset';
import type { MakeTask } from '@ddad/jobs';
import { decodeSafetensors } from '@ddad/storage/safetensors';
import { z } from 'zod';
import { type MemberSpec, memberKind, type Role, recipes } from '../../packages/methods/ddad/kinds.ts';
import { ensembleOf } from '../../packages/methods/ddad/maps/ensemble.ts';
import { ensembleMapMaker } from '../../packages/methods/ddad/maps/ensemble-maps.ts';
import type { Backbone } from '../../packages/methods/ddad/settings.ts';
import { undisturbed } from '../../packages/methods/undisturbed.testing.ts';

/** Images of each kind, at most, evenly over the dataset's lists. A multiple of 8, a refiner's batch. */
const most = { normal: 304, testNormal: 150, testAbnormal: 150 };
/** So many unlabeled images, or as many as there are at this share of abnormal ones. */
const unlabeled = { most: 250, anomalousRate: 0.6 };
const k = 3;
/** Of members: some 150 steps, where the paper's have ten times as many. */
const memberEpochs: Record<Role, number> = { ndm: 16, udm: 9 };
const memberBatch = 32;
const memberRate = 1e-3;
const side = 64;
const area = side ** 2;

const positions = z.array(z.int());
const setSchema = z.object({ normal: positions, training: positions, test: positions, labels: positions });

/** Whose images these are, by position among `pixels.u8`; labels are those of the test images. */
export type SmallSet = z.infer<typeof setSchema>;

/** `count` of `all` at equal distances. */
function spread<T>(all: readonly T[], count: number): T[] {
  if (all.length <= count) return [...all];
  return Array.from({ length: count }, (_, i) => all[Math.floor((i * all.length) / count)]!);
}

/** Packs a dataset into the folder, once. */
export async function packSmallSet(dataset: string, folder: string): Promise<SmallSet> {
  const file = join(folder, 'set.json');
  if (existsSync(file)) return setSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  await mkdir(folder, { recursive: true });
  const packed = await packDataset(dataset, { masks: false });
  if ('faults' in packed) throw new Error(JSON.stringify(packed.faults));
  const { index, pixels } = packed;
  const { anomalousRate } = unlabeled;
  const pool = index.unlabeled;
  if (pool.labels !== 'known') throw new Error('expected unlabeled images of known labels');
  const available = Math.min(
    Math.floor(pool.normal.length / (1 - anomalousRate)),
    Math.floor(pool.abnormal.length / anomalousRate),
  );
  const chosen = selectTrainingImages(index, {
    unlabeled: Math.min(unlabeled.most, available),
    anomalousRate,
  });
  if ('faults' in chosen) throw new Error(JSON.stringify(chosen.faults));
  const { images, labels } = testImages(index);
  if (labels === null) throw new Error('expected test images with labels');
  const of = (label: 0 | 1, count: number) =>
    spread(
      images.filter((_, i) => labels[i] === label),
      count,
    );
  const normal = spread(chosen.normal, most.normal);
  const [healthy, ill] = [of(0, most.testNormal), of(1, most.testAbnormal)];
  const set: SmallSet = {
    normal,
    training: [...normal, ...chosen.unlabeled],
    test: [...healthy, ...ill],
    labels: [...healthy.map(() => 0), ...ill.map(() => 1)],
  };
  await writeFile(join(folder, 'pixels.u8'), pixels);
  await writeFile(file, JSON.stringify(set));
  return set;
}

/** Pixels of some images in [-1,1], [N·H·W]. */
export async function networkInput(folder: string, images: readonly number[]): Promise<Float32Array> {
  const pixels = await readFile(join(folder, 'pixels.u8'));
  const input = new Float32Array(images.length * area);
  for (const [i, position] of images.entries())
    for (let at = 0; at < area; at++) input[i * area + at] = pixels[position * area + at]! / 127.5 - 1;
  return input;
}

const memberFile = (folder: string, backbone: Backbone, role: Role, index: number) =>
  join(folder, `${backbone}-${role}-${index}.safetensors`);

/** Trains those members that are not there, one after the other, until `untilMs` is past. @returns whether all are there */
export async function trainMembers(
  folder: string,
  set: SmallSet,
  backbone: Backbone,
  untilMs: number,
): Promise<boolean> {
  const { trainMember } = await import('../../packages/methods/ddad/members/train-member.ts');
  const pixels = await readFile(join(folder, 'pixels.u8'));
  for (const role of ['ndm', 'udm'] as const) {
    for (let index = 0; index < k; index++) {
      const target = memberFile(folder, backbone, role, index);
      if (existsSync(target)) continue;
      if (performance.now() > untilMs) return false;
      const images = role === 'ndm' ? set.normal : set.training;
      const spec: MemberSpec = {
        recipe: recipes.member[backbone],
        backbone,
        role,
        seed: 100 * (role === 'ndm' ? 1 : 2) + index,
        epochs: memberEpochs[role],
        batchSize: memberBatch,
        learningRate: memberRate,
        imagesDigest: imagesDigest(pixels, side, images),
        imageSize: side,
      };
      const directory = join(folder, 'scratch');
      await mkdir(directory, { recursive: true });
      const task: MakeTask<MemberSpec> = {
        kind: memberKind.kind,
        key: artifactKey(spec),
        spec,
        inputs: {},
        pixels: join(folder, 'pixels.u8'),
        index: null,
        images,
        directory,
        checkpoint: null,
        threads: 1,
        methods: [],
      };
      const made = await trainMember(task, undisturbed);
      if (made === null) throw new Error('expected a member, was stopped');
      console.error(`${backbone} ${role} ${index}: loss ${made.loss}, ${made.seconds.toFixed(0)} s`);
      await rename(made.files.weights!, target);
    }
  }
  return true;
}

/** The members of a folder, all of them or those of the NDM alone, ready to score. */
export async function loadMembers(folder: string, backbone: Backbone, roles: readonly Role[]) {
  const models = await import('@ddad/models');
  const model = models.backbone(backbone, side);
  const members = async (role: Role) =>
    Promise.all(
      Array.from({ length: roles.includes(role) ? k : 0 }, async (_, index) => {
        const { tensors } = decodeSafetensors(await readFile(memberFile(folder, backbone, role, index)));
        return model.fold(models.fromPyTorch(model.parameters, tensors));
      }),
    );
  return ensembleOf(model, { ndm: await members('ndm'), udm: await members('udm') });
}

/** Discrepancy maps of the test images by name, [T·H·W] each. */
export async function testMaps(folder: string, set: SmallSet, backbone: Backbone) {
  const ensemble = await loadMembers(folder, backbone, ['ndm', 'udm']);
  const pixels = await networkInput(folder, set.test);
  const maker = ensembleMapMaker(ensemble, side);
  const maps = {
    aIntra: new Float32Array(pixels.length),
    aInter: new Float32Array(pixels.length),
  };
  try {
    const batch = new Float32Array(maker.batchSize * area);
    for (let start = 0; start < set.test.length; start += maker.batchSize) {
      const end = Math.min(start + maker.batchSize, set.test.length) * area;
      batch.fill(0);
      batch.set(pixels.subarray(start * area, end));
      const found = await maker.make(batch, async () => true);
      for (const name of ['aIntra', 'aInter'] as const)
        maps[name].set(found![`map.${name}`]!.subarray(0, end - start * area), start * area);
    }
  } finally {
    maker.dispose();
  }
  return maps;
}
