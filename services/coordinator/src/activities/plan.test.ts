import { createHash } from 'node:crypto';
import {
  artifactKey,
  commonFields,
  datasetKeys,
  type Method,
  mainScore,
  type RunSettings,
  seedOf,
  weightsRecordKey,
} from '@ddad/contract';
import { MethodRegistry, methods } from '@ddad/methods';
import { type Damage, type ObjectStore, readDatasetRecord } from '@ddad/storage';
import { memoryStore } from '@ddad/storage/testing';
import { ApplicationFailure } from '@temporalio/common';
import { beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { DatasetCatalog } from '../dataset-catalog.ts';
import { addDataset, addPackings, datasetCache } from '../datasets.testing.ts';
import { foreseeRun } from './foresee.ts';
import { type Plan, type PlannedNode, planRun, type RunPlan, replan } from './plan.ts';
import type { PresentTrainer } from './settled-trainers.ts';

let store: ObjectStore;
let damages: Damage[];
let trainers: PresentTrainer[];
const noon = Date.parse('2026-11-24T12:00:00Z');
const onDamage = (damage: Damage) => void damages.push(damage);

beforeEach(async () => {
  store = memoryStore();
  damages = [];
  trainers = [];
  await addDataset(store, 'tiny');
  await addDataset(store, 'flat', { unlabeled: { labels: 'unknown', images: [6, 7, 8] } });
  await addDataset(store, 'plain', { unlabeled: { labels: 'none' }, test: { labels: 'none' } });
  await addDataset(store, 'lonely', { train: [0] });
  await addDataset(store, 'validated', { validation: [14, 15] });
});

function planOf(raw: unknown, known = methods): Promise<RunPlan> {
  const catalog = new DatasetCatalog(store, datasetCache(store));
  const deps = {
    store,
    catalog,
    methods: known,
    searchAttributes: false,
    heartbeatTimeoutMs: 1000,
    onDamage,
  };
  return planRun({ ...deps, presentTrainers: () => trainers, now: () => noon }, raw);
}

/** A node's specification, its fields open. */
type Spec = Record<string, unknown>;
const specOf = ({ spec }: PlannedNode) => spec as Spec;
const membersOf = ({ nodes }: RunPlan) => nodes.filter(({ member }) => member !== undefined);
const keysOf = (plan: RunPlan) => membersOf(plan).map(({ key }) => key);
const find = ({ nodes }: RunPlan, id: string) => nodes.find((node) => node.id === id);
function nodeOf(plan: RunPlan, id: string): PlannedNode {
  const found = find(plan, id);
  if (found === undefined) throw new Error(`expected a node ${id}, got ${plan.nodes.map((node) => node.id)}`);
  return found;
}
const refinersOf = ({ nodes }: RunPlan) => nodes.filter(({ kind }) => kind === 'refiners');

/** What the input is refused with. */
async function refusal(raw: unknown): Promise<ApplicationFailure> {
  const error: unknown = await planOf(raw).then(
    () => expect.fail('the input was taken'),
    (failure: unknown) => failure,
  );
  if (!(error instanceof ApplicationFailure)) throw error;
  expect(error).toMatchObject({ type: 'InvalidInput', nonRetryable: true });
  return error;
}

async function faultsAt(raw: unknown): Promise<string[]> {
  const faults = (await refusal(raw)).details![0] as { path: string }[];
  return faults.map(({ path }) => path).sort();
}

describe('a plan', () => {
  it('has K members per role whose keys cover training pixels, seed and settings', async () => {
    const plan = await planOf({
      dataset: 'tiny',
      k: 2,
      seed: 5,
      epochs: 3,
      batchSize: 4,
      recipe: 'paper',
      refiner: { batchSize: 2 },
    });
    // The pixels of image p are 4096 bytes of value p; NDM: images 0 to 5, UDM: 0 to 10.
    const digestTo = (end: number) =>
      createHash('sha256')
        .update(Uint8Array.from({ length: 4096 * end }, (_, at) => Math.floor(at / 4096)))
        .digest('hex');
    expect(membersOf(plan).map(({ id }) => id)).toEqual([
      'member ndm 0',
      'member ndm 1',
      'member udm 0',
      'member udm 1',
    ]);
    const spec = {
      recipe: 2,
      backbone: 'ae',
      role: 'udm',
      seed: seedOf(5, 'udm', 1),
      epochs: 3,
      batchSize: 4,
      learningRate: 5e-4,
      imagesDigest: digestTo(11),
      imageSize: 64,
    };
    expect(membersOf(plan)[3]).toEqual({
      id: 'member udm 1',
      kind: 'members',
      pool: 'train',
      member: { role: 'udm', index: 1, seed: spec.seed },
      group: 'udm',
      key: artifactKey(spec),
      spec,
      needs: [],
      images: 'training',
      stage: 'train',
      total: 3,
      unit: 'epoch',
      finished: false,
      // 11 images in batches of 4.
      imagesPerUnit: 8,
    });
    expect(specOf(membersOf(plan)[0]!).imagesDigest).toBe(digestTo(6));
    expect(new Set(keysOf(plan)).size).toBe(4);
  });

  it('tells members and refiners a precision that is not the default, and maps none', async () => {
    const wanted = { dataset: 'tiny', k: 2, batchSize: 4, refiner: { batchSize: 2 } };
    const [plan, exact] = [await planOf({ ...wanted, precision: 'bfloat16' }), await planOf(wanted)];
    const precisions = (of: RunPlan) =>
      [...membersOf(of), nodeOf(of, 'maps'), ...refinersOf(of)].map(
        (node) => specOf(node).precision ?? 'none',
      );
    const trained = Array.from({ length: 4 }, () => 'bfloat16');
    expect(precisions(plan)).toEqual([...trained, 'none', 'bfloat16', 'bfloat16']);
    expect(new Set(precisions(exact))).toEqual(new Set(['none']));
  });

  it('tells what holds weights of a latent size and a wide layer that are not the paper’s', async () => {
    const wanted = { dataset: 'tiny', k: 3, batchSize: 4, refiner: { batchSize: 2 } };
    const [plan, paper] = [await planOf({ ...wanted, latentSize: 8, wideLayer: 512 }), await planOf(wanted)];
    const explicit = await planOf({ ...wanted, latentSize: 16, wideLayer: 2048 });
    expect(explicit.nodes.map(({ key }) => key)).toEqual(paper.nodes.map(({ key }) => key));
    const told = (of: RunPlan) =>
      of.nodes.filter(({ spec }) => 'backbone' in spec).map((node) => specOf(node).latentSize ?? 'none');
    expect(told(plan)).toEqual(told(plan).map(() => 8));
    expect(told(paper)).toEqual(told(plan).map(() => 'none'));
    expect(specOf(nodeOf(plan, 'maps'))).toMatchObject({ latentSize: 8, wideLayer: 512 });
  });

  it('tells members of the recipe that averages weights, and none of the paper’s', async () => {
    const wanted = { dataset: 'tiny', k: 2, batchSize: 4, refiner: { batchSize: 2 } };
    const [plan, paper] = [await planOf(wanted), await planOf({ ...wanted, recipe: 'paper' })];
    expect(membersOf(plan).map((node) => specOf(node).steady)).toEqual([1, 1, 1, 1]);
    const { steady: _, ...rest } = specOf(membersOf(plan)[0]!);
    expect(rest).toEqual(specOf(membersOf(paper)[0]!));
    const alone = await planOf({ dataset: 'tiny', method: 'ae', k: 2, batchSize: 4 });
    expect(keysOf(alone)).toEqual(keysOf(plan).slice(0, 2));
  });

  it('names maps, both refiners and their refined maps before anything is trained', async () => {
    const plan = await planOf({ dataset: 'tiny', k: 2, batchSize: 4, refiner: { batchSize: 2 } });
    const keys = keysOf(plan);
    const maps = nodeOf(plan, 'maps');
    expect(maps.spec).toMatchObject({ ndm: keys.slice(0, 2), udm: keys.slice(2) });
    expect(maps.needs).toEqual(keys.map((key) => ({ kind: 'members', key })));
    expect(refinersOf(plan).map(({ spec }) => spec)).toMatchObject([
      { input: 'dual', ndm: keys.slice(0, 2), udm: keys.slice(2), seed: seedOf(0, 'refiner-dual', 0) },
      { input: 'intra', ndm: keys.slice(0, 2), udm: [], seed: seedOf(0, 'refiner-intra', 0) },
    ]);
    for (const input of ['dual', 'intra']) {
      const spec = { maps: maps.key, refiner: nodeOf(plan, `refiner ${input}`).key };
      expect(nodeOf(plan, `refined ${input}`)).toMatchObject({ spec, key: artifactKey(spec) });
    }
  });

  it('with repulsion has a chain of members in each role, the first of which is as without', async () => {
    const wanted = { dataset: 'tiny', k: 3, batchSize: 4, refiner: { batchSize: 2 } };
    const [plan, plain] = [await planOf({ ...wanted, repulsion: 1 }), await planOf(wanted)];
    const chainOf = (of: RunPlan) =>
      membersOf(of).map((node) => [
        node.id,
        (specOf(node).repulsion as { earlier: string[] })?.earlier ?? [],
      ]);
    const keyOf = (id: string) => nodeOf(plan, id).key;
    const chain = (role: string) => [
      [`member ${role} 0`, []],
      [`member ${role} 1`, [keyOf(`member ${role} 0`)]],
      [`member ${role} 2`, [keyOf(`member ${role} 0`), keyOf(`member ${role} 1`)]],
    ];
    expect(chainOf(plan)).toEqual([...chain('ndm'), ...chain('udm')]);
    expect(nodeOf(plan, 'member udm 2').needs).toEqual(
      [0, 1].map((index) => ({ kind: 'members', key: keyOf(`member udm ${index}`) })),
    );
    expect(keyOf('member ndm 0')).toBe(nodeOf(plain, 'member ndm 0').key);
    expect(keyOf('member ndm 1')).not.toBe(nodeOf(plain, 'member ndm 1').key);
    // More members leave the others as they are.
    const larger = await planOf({ ...wanted, k: 4, repulsion: 1 });
    expect(keysOf(larger)).toEqual(expect.arrayContaining(keysOf(plan)));
    const weaker = await planOf({ ...wanted, repulsion: 0.5 });
    expect(keysOf(weaker).filter((key) => keysOf(plan).includes(key))).toHaveLength(2);
  });

  it('with repulsion plans what comes after a member that was lost, or has another seed, anew, and nothing before it', async () => {
    const { basis, ...plan } = await planOf({
      ...{ dataset: 'tiny', k: 4, minMembers: 2, batchSize: 4, refiner: { batchSize: 2 } },
      repulsion: 1,
    });
    const again = (change: object) =>
      replan({ methods, store, onDamage }, { ...basis, ...change }) as Promise<Plan>;
    const keyIn = (of: Pick<Plan, 'nodes'>, id: string) => of.nodes.find((one) => one.id === id)!.key;
    const earlierIn = (of: Pick<Plan, 'nodes'>, id: string) =>
      (specOf(of.nodes.find((one) => one.id === id)!).repulsion as { earlier: string[] }).earlier;

    const without = await again({ lost: ['member ndm 1'] });
    const [first, second] = ['member ndm 0', 'member ndm 2'].map((id) => keyIn(without, id));
    expect(earlierIn(without, 'member ndm 2')).toEqual([first]);
    expect(earlierIn(without, 'member ndm 3')).toEqual([first, second]);
    // The lost one stays what it was, and so does the other role.
    for (const id of ['member ndm 0', 'member ndm 1', 'member udm 3'])
      expect(keyIn(without, id)).toBe(keyIn(plan, id));
    const maps = without.nodes.find(({ id }) => id === 'maps')!;
    expect((specOf(maps).ndm as string[])[1]).toBe(second);

    const reseeded = await again({ retries: { 'member ndm 1': 1 } });
    expect(keyIn(reseeded, 'member ndm 1')).not.toBe(keyIn(plan, 'member ndm 1'));
    expect(earlierIn(reseeded, 'member ndm 2')).toEqual([
      keyIn(plan, 'member ndm 0'),
      keyIn(reseeded, 'member ndm 1'),
    ]);
  });

  it('has the dual-space uncertainty of the NDM alone, unless it is not wanted, and none with MC Dropout', async () => {
    const wanted = { dataset: 'tiny', k: 2, batchSize: 4, refiner: { batchSize: 2 } };
    const plan = await planOf(wanted);
    const node = nodeOf(plan, 'dual-space uncertainty');
    const [ndm, maps] = [keysOf(plan).slice(0, 2), nodeOf(plan, 'maps')];
    expect(node.spec).toEqual({
      recipe: 1,
      backbone: 'ae',
      ndm,
      imagesDigest: specOf(maps).imagesDigest,
      imageSize: 64,
    });
    expect(node.needs).toEqual(ndm.map((key) => ({ kind: 'members', key })));
    expect(plan.about.definitions.map(({ name }) => name)).toContain('dsu');
    // The unlabeled images have no part in it.
    const oneClass = await planOf({ ...wanted, unlabeled: 0 });
    expect(nodeOf(oneClass, 'dual-space uncertainty').key).toBe(node.key);

    const { k: _, ...others } = wanted;
    for (const without of [
      { ...wanted, dsu: false },
      { ...others, uncertainty: 'dropout' },
    ]) {
      const bare = await planOf(without);
      expect(find(bare, 'dual-space uncertainty')).toBeUndefined();
      expect(bare.about.definitions.map(({ name }) => name)).not.toContain('dsu');
      expect(bare.artifacts).not.toContain('dsu');
    }
  });

  it('keeps the members of a smaller K in a larger one, and shares none with another seed', async () => {
    const keysWith = async (more: object) =>
      keysOf(await planOf({ dataset: 'tiny', batchSize: 4, refiner: { batchSize: 2 }, ...more }));
    const small = await keysWith({ k: 2 });
    const large = await keysWith({ k: 3 });
    expect(large).toEqual(expect.arrayContaining(small));
    const other = await keysWith({ k: 3, seed: 1 });
    expect(large.filter((key) => other.includes(key))).toEqual([]);
  });

  it.each([
    ['unlabeled: 0', { dataset: 'tiny', unlabeled: 0 }],
    ['a dataset without unlabeled images', { dataset: 'plain' }],
  ])('is one-class with %s', async (_, input) => {
    const plan = await planOf({ ...input, k: 2, batchSize: 4, refiner: { batchSize: 2 } });
    expect(membersOf(plan).map(({ member }) => member?.role)).toEqual(['ndm', 'ndm']);
    expect(refinersOf(plan).map(({ id }) => id)).toEqual(['refiner intra']);
  });

  it('settles K by half of the trainers that are there, where that is left to it', async () => {
    const there = (seconds: number) => ({
      leaving: false,
      since: new Date(noon - seconds * 1000).toISOString(),
    });
    const input = { dataset: 'tiny', k: 'auto', batchSize: 4, refiner: { batchSize: 2 } };
    trainers = [...Array.from({ length: 9 }, () => there(61)), there(59), { ...there(3600), leaving: true }];
    const plan = await planOf(input);
    expect(plan.basis.settings.k).toBe(4);
    expect(plan.basis.settings).not.toHaveProperty('maxK');
    expect(membersOf(plan)).toHaveLength(8);
    expect((await planOf({ ...input, maxK: 3 })).basis.settings.k).toBe(3);
    // As if K had been asked for: artifacts know nothing of how it came about.
    expect(plan.nodes).toEqual((await planOf({ ...input, k: 4 })).nodes);

    expect(await faultsAt({ ...input, minMembers: 5 })).toEqual(['minMembers']);
    trainers = [];
    expect((await planOf(input)).basis.settings.k).toBe(3);
    trainers = Array.from({ length: 40 }, () => there(3600));
    expect((await planOf(input)).basis.settings.k).toBe(15);
  });

  it('is refused with maxK where K is given, and with a K that is none', async () => {
    expect(
      await faultsAt({ dataset: 'tiny', k: 3, maxK: 5, batchSize: 4, refiner: { batchSize: 2 } }),
    ).toEqual(['maxK']);
    const { message } = await refusal({ dataset: 'tiny', k: 'many', maxK: 2 });
    expect(message).toMatch(/^k: expected (int|number).*got "many"$/m);
    expect(message).toMatch(/^maxK: .*got 2$/m);
  });

  it('has no refiner where none is wanted, and maps all the same; few images are enough then', async () => {
    const plan = await planOf({ dataset: 'tiny', k: 2, batchSize: 4, refiner: false });
    expect(refinersOf(plan)).toEqual([]);
    const refined = await planOf({ dataset: 'tiny', k: 2, batchSize: 4, refiner: { batchSize: 2 } });
    expect(nodeOf(plan, 'maps')).toEqual(nodeOf(refined, 'maps'));
  });

  it('with MC Dropout has one network per role, and specifications of its own', async () => {
    const sizes = { batchSize: 4, refiner: { batchSize: 2 } };
    const input = { dataset: 'tiny', seed: 5, uncertainty: 'dropout', ...sizes };
    const plan = await planOf({ ...input, dropout: { rate: 0.2 } });
    expect(plan.basis.settings).toMatchObject({
      k: 1,
      dropout: { rate: 0.2, passes: 256, refinerPasses: 16 },
    });
    const [ndm, udm] = membersOf(plan);
    expect(membersOf(plan).map((node) => [node.id, specOf(node).dropout])).toEqual([
      ['member ndm 0', 0.2],
      ['member udm 0', 0.2],
    ]);
    const seed = seedOf(5, 'dropout', 0);
    expect(nodeOf(plan, 'maps').spec).toMatchObject({
      ndm: [ndm!.key],
      udm: [udm!.key],
      dropout: { rate: 0.2, passes: 256, seed },
    });
    for (const { spec } of refinersOf(plan)) {
      expect(spec).toMatchObject({ ndm: [ndm!.key], dropout: { rate: 0.2, passes: 16, seed } });
    }
    // Another number of passes needs no other networks; an ensemble has none of these members, and no such field.
    const fewer = await planOf({ ...input, dropout: { rate: 0.2, passes: 8 } });
    expect(keysOf(fewer)).toEqual([ndm!.key, udm!.key]);
    expect(nodeOf(fewer, 'maps').key).not.toBe(nodeOf(plan, 'maps').key);
    const ensemble = await planOf({ dataset: 'tiny', seed: 5, ...sizes });
    expect(keysOf(ensemble)).not.toContain(ndm!.key);
    for (const id of ['member ndm 0', 'maps', 'refiner dual'])
      expect(Object.keys(specOf(nodeOf(ensemble, id)))).not.toContain('dropout');
  });

  it('gives the UDM other members where there are new unlabeled images, and leaves the NDM as it is', async () => {
    // The same normal images; of the unlabeled ones of `tiny`, 9 and 10 are new.
    const sizes = { k: 2, batchSize: 4, refiner: { batchSize: 2 } };
    const keysOn = async (dataset: string) => keysOf(await planOf({ dataset, ...sizes }));
    const [before, after] = [await keysOn('flat'), await keysOn('tiny')];
    expect(after.slice(0, 2)).toEqual(before.slice(0, 2));
    for (const key of after.slice(2)) expect(before).not.toContain(key);
  });

  it('has no maps without test images', async () => {
    const plan = await planOf({ dataset: 'plain', batchSize: 4, refiner: { batchSize: 2 } });
    expect(find(plan, 'maps')).toBeUndefined();
    expect(plan.nodes.map(({ id }) => id).slice(-2)).toEqual(['refiner intra', 'evaluation']);
  });

  it('plans the same artifacts whatever score is the headline, which outranks all others in the result', async () => {
    const settings = { dataset: 'tiny', k: 2, batchSize: 4, refiner: { batchSize: 2 } };
    const [bare, plan] = [await planOf(settings), await planOf({ ...settings, headline: 'recEnsemble' })];
    expect(plan.nodes.map(({ key }) => key)).toEqual(bare.nodes.map(({ key }) => key));
    const has = Object.fromEntries(plan.about.definitions.map(({ name }) => [name, true]));
    expect(mainScore(plan.about.definitions, has)).toBe('recEnsemble');
    expect(mainScore(bare.about.definitions, has)).toBe('rDualTop');
  });

  it('refuses a headline that is no score, or none that the run gives, and names those that there are', async () => {
    const settings = { dataset: 'tiny', batchSize: 2, refiner: { batchSize: 2 } };
    expect((await refusal({ ...settings, headline: 'rDuel' })).message).toMatch(
      /headline: expected one of rec, .*rDual, rDualTop, rDualPeak, rDualRelative, rDualForeground; got "rDuel"/,
    );
    expect((await refusal({ ...settings, unlabeled: 0, headline: 'rDual' })).message).toMatch(
      /headline: expected (one of|a score that this run gives:) rec, .*; got "?rDual/,
    );
  });

  it('keeps held-out images out of training, and plans what is made of them and the unlabeled ones', async () => {
    const settings = { k: 2, batchSize: 4, refiner: { batchSize: 2 }, falsePositiveRate: 0.4 };
    const bare = await planOf({ dataset: 'tiny', k: 2, batchSize: 4, refiner: { batchSize: 2 } });
    expect(bare.nodes.filter(({ images }) => images === 'reference')).toEqual([]);

    const plan = await planOf({ ...settings, dataset: 'tiny', calibration: 0.34 });
    // Of 0 to 5, floor(0.34 (g + 1)) grows at g = 2 and 5.
    const digestOf = (...images: number[]) =>
      createHash('sha256')
        .update(Uint8Array.from({ length: 4096 * images.length }, (_, at) => images[Math.floor(at / 4096)]!))
        .digest('hex');
    const digestIn = (id: string) => specOf(nodeOf(plan, id)).imagesDigest;
    expect(digestIn('member ndm 0')).toBe(digestOf(0, 1, 3, 4));
    expect(digestIn('member udm 0')).toBe(digestOf(0, 1, 3, 4, 6, 7, 8, 9, 10));
    expect(digestIn('refiner dual')).toBe(digestOf(0, 1, 3, 4));
    expect(digestIn('maps')).toBe(specOf(nodeOf(bare, 'maps')).imagesDigest);
    const { spec, key } = nodeOf(plan, 'reference maps');
    expect(spec).toEqual({
      ...specOf(nodeOf(plan, 'maps')),
      imagesDigest: digestOf(2, 5, 6, 7, 8, 9, 10),
    });
    expect(specOf(nodeOf(plan, 'reference dual-space uncertainty'))).toEqual({
      ...specOf(nodeOf(plan, 'dual-space uncertainty')),
      imagesDigest: digestOf(2, 5, 6, 7, 8, 9, 10),
    });
    for (const input of ['dual', 'intra']) {
      const refiner = nodeOf(plan, `refiner ${input}`).key;
      expect(nodeOf(plan, `reference refined ${input}`).key).toBe(artifactKey({ maps: key, refiner }));
    }

    const validated = await planOf({ ...settings, dataset: 'validated' });
    expect(specOf(nodeOf(validated, 'reference maps')).imagesDigest).toBe(digestOf(14, 15, 6, 7, 8, 9, 10));
    expect(keysOf(validated)).toEqual(keysOf(bare));
  });

  it('takes the packing of the size that is asked for, else the usual one', async () => {
    const sizes = { k: 2, batchSize: 4, refiner: { batchSize: 2 } };
    const [small, large] = await addPackings(store, 'both', [64, 128]);
    await addPackings(store, 'large', [128]);
    const planned = async (input: object) => {
      const plan = await planOf({ ...sizes, ...input });
      const sizeIn = (id: string) => specOf(nodeOf(plan, id)).imageSize;
      return [plan.basis.datasetDigest, sizeIn('member ndm 0'), sizeIn('maps')];
    };
    expect(await planned({ dataset: 'both' })).toEqual([small, 64, 64]);
    expect(await planned({ dataset: 'both', imageSize: 128 })).toEqual([large, 128, 128]);
    expect(await planned({ dataset: 'large' })).toEqual([large, 128, 128]);
    expect((await refusal({ dataset: 'large', ...sizes, imageSize: 64 })).message).toBe(
      'imageSize: expected 128, which large is packed at ("ddad dataset add large DIR --image-size ..." packs it at ' +
        'others), got 64',
    );
    expect((await refusal({ dataset: 'both', ...sizes, imageSize: 100 })).message).toMatch(
      /^imageSize: .*64.*128.*, got 100$/,
    );
  });

  it('has a size named of a dataset that is packed at several, and not at the usual one', async () => {
    const sizes = { dataset: 'big', k: 2, batchSize: 4, refiner: { batchSize: 2 } };
    const [, large] = await addPackings(store, 'big', [256, 128]);
    expect((await refusal({ ...sizes, batchSize: 9 })).message.split('\n')).toEqual([
      'imageSize: expected 128 or 256: big is packed at several sizes, and not at 64 ("ddad dataset add big DIR ' +
        '--image-size ..." packs it at others), got none',
      expect.stringMatching(/^batchSize: /),
    ]);
    expect(await faultsAt({ ...sizes, imageSize: 'large' })).toEqual(['imageSize']);
    expect((await planOf({ ...sizes, imageSize: 128 })).basis).toMatchObject({
      ...{ imageSize: 128, datasetDigest: large },
    });
  });

  it('refuses a size that the method does not take, beside every other fault, whoever chose it', async () => {
    await addPackings(store, 'huge', [256]);
    const message = (got: number) =>
      `imageSize: expected 64 or 128 with method ddad, whose networks take no other size, got ${got}`;
    expect((await refusal({ dataset: 'huge', k: 1, batchSize: 4 })).message.split('\n')).toEqual([
      expect.stringMatching(/^k: expected at least 2 members/),
      expect.stringMatching(/^refiner.batchSize: /),
      message(256),
    ]);
    expect((await refusal({ dataset: 'tiny', imageSize: 224, k: 1, batchSize: 4 })).message).toMatch(
      message(224),
    );
    const { basis } = await planOf({ dataset: 'huge', method: 'cutpaste', batchSize: 4 });
    expect(basis.imageSize).toBe(256);
  });

  it('begins with pretrained weights that were added, once every tensor fits the network', async () => {
    const input = { dataset: 'tiny', method: 'cutpaste', batchSize: 4, unlabeled: 0 };
    const named = { ...input, pretrained: 'mine' };
    expect((await refusal(named)).message).toBe(
      'pretrained: expected the name of weights that were added by "ddad weights add" (there is none yet), got "mine"',
    );
    const { tensors } = methods.method('cutpaste').pretrained!(
      (methods.parseRunInput(named) as { input: RunSettings }).input,
    )!.layout;
    // Every fault at once: weights are looked up whatever else is at fault, but for what cannot be their name.
    expect((await refusal({ ...named, steps: -1 })).message.split('\n')).toEqual([
      expect.stringMatching(/^steps: /),
      expect.stringMatching(/^pretrained: expected the name of weights that were added .* got "mine"$/),
    ]);
    expect(await faultsAt({ ...named, pretrained: 7 })).toEqual(['pretrained']);
    const add = async (of: Readonly<Record<string, readonly number[]>>) => {
      const record = { name: 'mine', key: 'e'.repeat(64), file: 'f'.repeat(64), tensors: of };
      await store.put(
        weightsRecordKey('mine'),
        JSON.stringify({ ...record, addedAt: new Date(0).toISOString() }),
      );
    };
    const { 'bn1.bias': _, ...others } = tensors;
    await add({ ...others, 'conv1.weight': [64, 1, 7, 7], 'layer1.2.conv1.weight': [64, 64, 3, 3] });
    const fault = (text: string) => `pretrained: weights mine: tensor ${text}`;
    expect((await refusal({ ...named, batchSize: 900 })).message.split('\n')).toEqual([
      expect.stringMatching(/^batchSize: /),
      fault('conv1.weight: expected [64, 3, 7, 7] for the ResNet18 of torchvision, got [64, 1, 7, 7]'),
      fault('bn1.bias: expected [64] for the ResNet18 of torchvision, got none'),
      fault(
        'layer1.2.conv1.weight: expected none of this name for the ResNet18 of torchvision, got [64, 64, 3, 3]',
      ),
    ]);
    await add({ ...tensors, 'fc.weight': [1000, 512] });
    const plan = await planOf(named);
    expect(nodeOf(plan, 'classifier').needs).toEqual([{ kind: 'weights', key: 'e'.repeat(64) }]);
    expect(plan.about.deviations).not.toContain('no pretrained weights');
    expect((await planOf(input)).about.deviations).toContain('no pretrained weights');
    expect((await planOf(input)).basis).not.toHaveProperty('pretrained');
  });

  it('takes no unlabeled images where a method has none by default, and those that are asked for', async () => {
    const own = { dataset: 'tiny', method: 'nsa', batchSize: 4 };
    const plain = await planOf(own);
    const { normal, training } = plain.basis.images;
    expect(training).toBeNull();
    expect(plain.nodes[0]).toMatchObject({ kind: 'trained-nsa', images: 'normal' });
    const starred = await planOf({ ...own, unlabeled: 2 });
    expect(starred.basis.images.training?.count).toBe(normal!.count + 2);
    expect(starred.nodes[0]).toMatchObject({ kind: 'trained-nsa', images: 'training' });
    expect(starred.nodes[0]!.spec).toMatchObject({ normals: normal!.count });
  });

  it('says whether anything is trained on the unlabeled images, which methods that have no use for them score alone', async () => {
    const told = async (input: object) => {
      const { trainsOnUnlabeled, unlabeled } = (await planOf({ dataset: 'tiny', ...input })).data!;
      return [trainsOnUnlabeled, unlabeled.images > 0];
    };
    expect(await told({ batchSize: 4, refiner: { batchSize: 2 } })).toEqual([true, true]);
    expect(await told({ method: 'ae', batchSize: 4 })).toEqual([false, true]);
    expect(await told({ method: 'cutpaste', batchSize: 4 })).toEqual([false, true]);
    expect(await told({ method: 'nsa', batchSize: 4 })).toEqual([false, false]);
    expect(await told({ method: 'nsa', batchSize: 4, unlabeled: 2 })).toEqual([true, true]);
  });

  it('asks the method how it differs from its source at the size that the images have', async () => {
    await addPackings(store, 'both', [64, 128]);
    const method: Method = {
      ...methods.method('ddad'),
      deviations: (_settings, imageSize) => [`${imageSize} px in place of 256`],
    };
    const known = new MethodRegistry([{ method, makers: async () => ({}) }]);
    const wanted = { dataset: 'both', batchSize: 4, refiner: false };
    const { about } = await planOf(wanted, known);
    expect(about.deviations).toEqual(['64 px in place of 256']);
    const large = await planOf({ ...wanted, imageSize: 128 }, known);
    expect(large.about.deviations).toEqual(['128 px in place of 256']);
    const deps = {
      ...{ store, catalog: new DatasetCatalog(store, datasetCache(store)), methods: known, onDamage },
      ...{ searchAttributes: false, heartbeatTimeoutMs: 1000, presentTrainers: () => [], now: () => noon },
      workers: { train: { workers: [] }, score: { workers: [] } },
    };
    expect((await foreseeRun(deps, wanted)).deviations).toEqual(['64 px in place of 256']);
  });

  it('goes on with datasets that were added before there were several sizes', async () => {
    const { packings: _, ...old } = (await readDatasetRecord(store, 'tiny'))!;
    await store.put(datasetKeys.record('tiny'), JSON.stringify(old));
    const sizes = { dataset: 'tiny', k: 2, batchSize: 4, refiner: { batchSize: 2 } };
    expect((await planOf(sizes)).basis.datasetDigest).toBe(old.digest);
    expect((await planOf({ ...sizes, imageSize: 64 })).basis.datasetDigest).toBe(old.digest);
    expect((await refusal({ ...sizes, imageSize: 128 })).message).toMatch(/^imageSize: expected 64, /);
  });

  it('names masks in the evaluation alone, of methods that have maps; all that was trained keeps its key', async () => {
    const small = { k: 2, batchSize: 4, refiner: { batchSize: 2 } };
    await addDataset(store, 'masked', { masks: { digest: 'e'.repeat(64), images: [13] } });
    const evaluationOf = ({ nodes }: RunPlan) => nodes.find(({ id }) => id === 'evaluation')!;
    const [without, masked] = [
      await planOf({ dataset: 'tiny', ...small }),
      await planOf({ dataset: 'masked', ...small }),
    ];
    expect(evaluationOf(masked).spec).toMatchObject({ masks: 'e'.repeat(64) });
    expect(evaluationOf(without).spec).not.toHaveProperty('masks');
    const others = ({ nodes }: RunPlan) =>
      nodes.filter(({ id }) => id !== 'evaluation').map(({ key }) => key);
    expect(others(masked)).toEqual(others(without));
    const mapless = await planOf({ dataset: 'masked', method: 'cutpaste', batchSize: 4 });
    expect(evaluationOf(mapless).spec).not.toHaveProperty('masks');
  });

  it('knows which nodes are finished', async () => {
    const input = { dataset: 'tiny', k: 2, batchSize: 4, refiner: { batchSize: 2 } };
    const { kind, key, spec } = membersOf(await planOf(input))[1]!;
    await store.put(`members/${key}/manifest.json`, JSON.stringify(manifestOf(kind, key, spec)));
    const finished = (await planOf(input)).nodes.flatMap((node) => (node.finished ? [node.id] : []));
    expect(finished).toEqual(['member ndm 1']);
  });
});

/** A manifest of an artifact without files, as a worker publishes it. */
function manifestOf(kind: string, key: string, spec: object, files: object = {}): object {
  const made = {
    loss: 0.5,
    seconds: 1,
    worker: 't',
    finishedAt: '2026-11-24T12:00:00.000Z',
    environment: {},
  };
  return { format: 1, kind, key, spec, files, ...made };
}

describe('a published member whose objects are missing', () => {
  it('is set aside, and planned as one that is to be trained', async () => {
    const input = { dataset: 'tiny', k: 2, batchSize: 4, refiner: { batchSize: 2 } };
    const { kind, key, spec } = membersOf(await planOf(input))[2]!;
    const sha256 = 'ab'.repeat(32);
    const object = `members/${key}/${sha256}`;
    const manifest = manifestOf(kind, key, spec, { weights: { object, sha256, bytes: 7 } });
    await store.put(`members/${key}/manifest.json`, JSON.stringify(manifest));
    const plan = await planOf(input);
    const replaced = `${object}: expected 7 bytes, found none`;
    expect(membersOf(plan)[2]).toMatchObject({ key, finished: false, replaced });
    expect(membersOf(plan)[1]!.replaced).toBeUndefined();
    expect(damages).toMatchObject([{ kind: 'members', key, fault: replaced }]);
    expect(await store.exists(damages[0]!.setAside)).toBe(true);
  });
});

describe('a faulty input', () => {
  it('is refused with all of its faults, those of the schema and those against the dataset', async () => {
    const failure = await refusal({
      dataset: 'tiny',
      backbone: 'vae',
      k: 1,
      epochs: -5,
      colour: 'red',
      batchSize: 7,
      unlabeled: 6,
      refiner: { batchSize: 8, epochs: 'many' },
    });
    const paths = (failure.details![0] as { path: string }[]).map(({ path }) => path).sort();
    expect(paths).toEqual(
      [
        'backbone',
        'batchSize',
        'colour',
        'epochs',
        'k',
        'refiner.batchSize',
        'refiner.epochs',
        'unlabeled',
      ].sort(),
    );
    expect(failure.message.split('\n')).toHaveLength(8);
    expect(failure.message).toContain(
      'batchSize: expected at most 6, the number of normal training images of tiny, got 7',
    );
  });

  it('says how many images a threshold takes', async () => {
    const sizes = { batchSize: 2, refiner: { batchSize: 2 } };
    expect((await refusal({ dataset: 'tiny', ...sizes, calibration: 0.34 })).message).toBe(
      'calibration: expected at least 19 held-out normal images for a false-positive rate of 0.05 (from "calibration", ' +
        "a share of the normal training images, or the dataset's validation images), got 2",
    );
    // Nobody asked for one: the run gives what two images can give.
    const plan = await planOf({ dataset: 'validated', ...sizes });
    expect(find(plan, 'reference maps')).toBeDefined();
  });

  it('names the methods there are where one is unknown, and whose a field is that the method does not know', async () => {
    expect((await refusal({ dataset: 'tiny', method: 'vae' })).message).toBe(
      `method: expected one of ${methods.names.join(', ')}, got "vae"`,
    );
    const other: Method = {
      ...methods.method('ddad'),
      name: 'other',
      kinds: [],
      schema: z.strictObject(commonFields),
    };
    const both = new MethodRegistry(
      [methods.method('ddad'), other].map((method) => ({ method, makers: async () => ({}) })),
    );
    const parsed = both.parseRunInput({ dataset: 'tiny', method: 'other', minMembers: 2, colour: 'red' });
    expect(parsed).toEqual({
      faults: [
        {
          path: 'minMembers',
          message: 'unknown field of method other: it is one of ddad (methods: ddad, other)',
        },
        { path: 'colour', message: 'unknown field' },
      ],
    });
  });

  it('names the datasets there are where one is unknown', async () => {
    expect((await refusal({ dataset: 'brian', k: 0 })).message).toMatch(
      /dataset: expected the name of a dataset that was added \(flat, lonely, plain, tiny, validated\), got "brian"/,
    );
  });

  it.each([
    ['nothing at all', undefined, ['']],
    [
      'a refiner that is neither settings nor false',
      { dataset: 'tiny', batchSize: 4, refiner: true },
      ['refiner'],
    ],
    ['a list', [1], ['']],
    [
      'more members wanted at least than there are, beside another fault',
      { dataset: 'tiny', batchSize: 4, refiner: { batchSize: 2 }, k: 3, minMembers: 4, epochs: 0 },
      ['epochs', 'minMembers'],
    ],
    [
      'MC Dropout of several networks, beside other faults',
      {
        dataset: 'tiny',
        batchSize: 4,
        refiner: { batchSize: 2 },
        uncertainty: 'dropout',
        k: 3,
        minMembers: 2,
        dropout: { rate: 0, passes: 1 },
      },
      ['dropout.passes', 'dropout.rate', 'k', 'minMembers'],
    ],
    [
      'settings of MC Dropout for an ensemble',
      { dataset: 'tiny', batchSize: 4, refiner: { batchSize: 2 }, dropout: {} },
      ['dropout'],
    ],
    ['no dataset', {}, ['dataset']],
    ['defaults that are too large for the dataset', { dataset: 'tiny' }, ['batchSize', 'refiner.batchSize']],
    [
      'a rate where nobody knows the labels',
      { dataset: 'flat', batchSize: 2, refiner: { batchSize: 2 }, anomalousRate: 0.5 },
      ['anomalousRate'],
    ],
    [
      'a single normal image',
      { dataset: 'lonely', batchSize: 2, refiner: { batchSize: 1 } },
      ['batchSize', 'dataset'],
    ],
    [
      'a threshold without held-out images',
      { dataset: 'tiny', batchSize: 2, refiner: { batchSize: 2 }, falsePositiveRate: 0.5 },
      ['falsePositiveRate'],
    ],
    [
      'too few held-out images, and a batch larger than what is left to train on',
      { dataset: 'tiny', batchSize: 4, refiner: { batchSize: 2 }, calibration: 0.5, unlabeled: 'all' },
      ['batchSize', 'calibration', 'unlabeled'],
    ],
    [
      'shares that are none',
      { dataset: 'tiny', batchSize: 4, refiner: { batchSize: 2 }, calibration: 1, falsePositiveRate: 0 },
      ['calibration', 'falsePositiveRate'],
    ],
    [
      'a selection that cannot be read',
      { dataset: 'tiny', batchSize: 2, refiner: { batchSize: 2 }, unlabeled: 'all', anomalousRate: 1 },
      ['unlabeled'],
    ],
  ])('is refused: %s', async (_, input, paths) => {
    expect(await faultsAt(input)).toEqual(paths);
  });
});
