import { createHash } from 'node:crypto';
import { datasetKeys, recipes } from '@ddad/contract';
import {
  artifactKey,
  type Damage,
  memberSeed,
  type ObjectStore,
  publishArtifact,
  readDatasetRecord,
} from '@ddad/storage';
import { memoryStore } from '@ddad/storage/testing';
import { ApplicationFailure } from '@temporalio/common';
import { beforeEach, describe, expect, it } from 'vitest';
import { DatasetCatalog } from '../dataset-catalog.ts';
import { addDataset, addPackings, datasetCache } from '../datasets.testing.ts';
import type { PresentTrainer } from './auto-k.ts';
import { planRun, type RunPlan } from './plan.ts';

let store: ObjectStore;
let damages: Damage[];
let trainers: PresentTrainer[];
/** What a manifest says of the work beside what was made. */
const work = { loss: 1, seconds: 1, worker: 't', environment: {} };
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

function planOf(raw: unknown): Promise<RunPlan> {
  const catalog = new DatasetCatalog(store, datasetCache(store));
  const deps = { store, catalog, searchAttributes: false, heartbeatTimeoutMs: 1000, onDamage };
  return planRun({ ...deps, presentTrainers: () => trainers, now: () => noon }, raw);
}

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
      refiner: { batchSize: 2 },
    });
    // The pixels of image p are 16 bytes of value p; NDM: images 0 to 5, UDM: 0 to 10.
    const digestTo = (end: number) =>
      createHash('sha256')
        .update(Uint8Array.from({ length: 16 * end }, (_, at) => Math.floor(at / 16)))
        .digest('hex');
    expect(plan.members.map(({ role, index }) => `${role} ${index}`)).toEqual([
      'ndm 0',
      'ndm 1',
      'udm 0',
      'udm 1',
    ]);
    const spec = {
      recipe: recipes.member,
      backbone: 'ae',
      role: 'udm',
      seed: memberSeed(5, 'udm', 1),
      epochs: 3,
      batchSize: 4,
      learningRate: 5e-4,
      imagesDigest: digestTo(11),
      imageSize: 4,
    };
    expect(plan.members[3]).toEqual({
      role: 'udm',
      index: 1,
      seed: spec.seed,
      key: artifactKey(spec),
      spec,
      finished: false,
      // 11 images in batches of 4.
      imagesPerEpoch: 8,
    });
    expect(plan.members[0]!.spec.imagesDigest).toBe(digestTo(6));
    expect(new Set(plan.members.map(({ key }) => key)).size).toBe(4);
  });

  it('tells members and refiners a precision that is not the default, and maps none', async () => {
    const wanted = { dataset: 'tiny', k: 2, batchSize: 4, refiner: { batchSize: 2 } };
    const [plan, exact] = [await planOf({ ...wanted, precision: 'bfloat16' }), await planOf(wanted)];
    const precisions = ({ members, maps, refiners }: RunPlan) =>
      [...members, maps!, ...refiners].map(({ spec }) => ('precision' in spec ? spec.precision : 'none'));
    const trained = Array.from({ length: 4 }, () => 'bfloat16');
    expect(precisions(plan)).toEqual([...trained, 'none', 'bfloat16', 'bfloat16']);
    expect(new Set(precisions(exact))).toEqual(new Set(['none']));
  });

  it('names maps, both refiners and their refined maps before anything is trained', async () => {
    const plan = await planOf({ dataset: 'tiny', k: 2, batchSize: 4, refiner: { batchSize: 2 } });
    const keys = plan.members.map(({ key }) => key);
    expect(plan.maps!.spec).toMatchObject({ ndm: keys.slice(0, 2), udm: keys.slice(2) });
    expect(plan.refiners.map(({ input, spec }) => [input, spec.ndm.length, spec.udm.length])).toEqual([
      ['dual', 2, 2],
      ['intra', 2, 0],
    ]);
    for (const { input, spec, key, refinedKey } of plan.refiners) {
      expect(spec.seed).toBe(memberSeed(0, `refiner-${input}`, 0));
      expect(refinedKey).toBe(artifactKey({ maps: plan.maps!.key, refiner: key }));
    }
  });

  it('keeps the members of a smaller K in a larger one, and shares none with another seed', async () => {
    const keysOf = async (more: object) =>
      (await planOf({ dataset: 'tiny', batchSize: 4, refiner: { batchSize: 2 }, ...more })).members.map(
        ({ key }) => key,
      );
    const small = await keysOf({ k: 2 });
    const large = await keysOf({ k: 3 });
    expect(large).toEqual(expect.arrayContaining(small));
    const other = await keysOf({ k: 3, seed: 1 });
    expect(large.filter((key) => other.includes(key))).toEqual([]);
  });

  it.each([
    ['unlabeled: 0', { dataset: 'tiny', unlabeled: 0 }],
    ['a dataset without unlabeled images', { dataset: 'plain' }],
  ])('is one-class with %s', async (_, input) => {
    const plan = await planOf({ ...input, k: 2, batchSize: 4, refiner: { batchSize: 2 } });
    expect(plan.members.map(({ role }) => role)).toEqual(['ndm', 'ndm']);
    expect(plan.refiners.map(({ input: kind }) => kind)).toEqual(['intra']);
  });

  it('settles K by half of the trainers that are there, where that is left to it', async () => {
    const there = (seconds: number) => ({
      leaving: false,
      since: new Date(noon - seconds * 1000).toISOString(),
    });
    const input = { dataset: 'tiny', k: 'auto', batchSize: 4, refiner: { batchSize: 2 } };
    trainers = [...Array.from({ length: 9 }, () => there(61)), there(59), { ...there(3600), leaving: true }];
    const plan = await planOf(input);
    expect(plan.input.k).toBe(4);
    expect(plan.input).not.toHaveProperty('maxK');
    expect(plan.members).toHaveLength(8);
    expect((await planOf({ ...input, maxK: 3 })).input.k).toBe(3);
    // As if K had been asked for: artifacts know nothing of how it came about.
    expect(plan.members).toEqual((await planOf({ ...input, k: 4 })).members);

    expect(await faultsAt({ ...input, minMembers: 5 })).toEqual(['minMembers']);
    trainers = [];
    expect((await planOf(input)).input.k).toBe(3);
    trainers = Array.from({ length: 40 }, () => there(3600));
    expect((await planOf(input)).input.k).toBe(15);
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
    expect(plan.refiners).toEqual([]);
    const refined = await planOf({ dataset: 'tiny', k: 2, batchSize: 4, refiner: { batchSize: 2 } });
    expect(plan.maps).toEqual(refined.maps);
  });

  it('with MC Dropout has one network per role, and specifications of its own', async () => {
    const sizes = { batchSize: 4, refiner: { batchSize: 2 } };
    const input = { dataset: 'tiny', seed: 5, uncertainty: 'dropout', ...sizes };
    const plan = await planOf({ ...input, dropout: { rate: 0.2 } });
    expect(plan.input).toMatchObject({ k: 1, dropout: { rate: 0.2, passes: 256, refinerPasses: 16 } });
    const [ndm, udm] = plan.members;
    expect(plan.members.map(({ role, index, spec }) => [role, index, spec.dropout])).toEqual([
      ['ndm', 0, 0.2],
      ['udm', 0, 0.2],
    ]);
    const seed = memberSeed(5, 'dropout', 0);
    expect(plan.maps!.spec).toMatchObject({
      ndm: [ndm!.key],
      udm: [udm!.key],
      dropout: { rate: 0.2, passes: 256, seed },
    });
    for (const { spec } of plan.refiners) {
      expect(spec).toMatchObject({ ndm: [ndm!.key], dropout: { rate: 0.2, passes: 16, seed } });
    }
    // Another number of passes needs no other networks; an ensemble has none of these members, and no such field.
    const fewer = await planOf({ ...input, dropout: { rate: 0.2, passes: 8 } });
    expect(fewer.members.map(({ key }) => key)).toEqual([ndm!.key, udm!.key]);
    expect(fewer.maps!.key).not.toBe(plan.maps!.key);
    const ensemble = await planOf({ dataset: 'tiny', seed: 5, ...sizes });
    expect(ensemble.members.map(({ key }) => key)).not.toContain(ndm!.key);
    for (const spec of [ensemble.members[0]!.spec, ensemble.maps!.spec, ensemble.refiners[0]!.spec])
      expect(Object.keys(spec)).not.toContain('dropout');
  });

  it('gives the UDM other members where there are new unlabeled images, and leaves the NDM as it is', async () => {
    // The same normal images; of the unlabeled ones of `tiny`, 9 and 10 are new.
    const sizes = { k: 2, batchSize: 4, refiner: { batchSize: 2 } };
    const keysOf = async (dataset: string) =>
      (await planOf({ dataset, ...sizes })).members.map(({ key }) => key);
    const [before, after] = [await keysOf('flat'), await keysOf('tiny')];
    expect(after.slice(0, 2)).toEqual(before.slice(0, 2));
    for (const key of after.slice(2)) expect(before).not.toContain(key);
  });

  it('has no maps without test images', async () => {
    const plan = await planOf({ dataset: 'plain', batchSize: 4, refiner: { batchSize: 2 } });
    expect(plan.maps).toBeNull();
    expect(plan.refiners[0]!.refinedKey).toBeNull();
  });

  it('keeps held-out images out of training, and plans what is made of them and the unlabeled ones', async () => {
    const settings = { k: 2, batchSize: 4, refiner: { batchSize: 2 }, falsePositiveRate: 0.4 };
    const bare = await planOf({ dataset: 'tiny', k: 2, batchSize: 4, refiner: { batchSize: 2 } });
    expect(bare.reference).toBeUndefined();
    expect(bare.refiners[0]).not.toHaveProperty('referenceRefinedKey');

    const plan = await planOf({ ...settings, dataset: 'tiny', calibration: 0.34 });
    // Of 0 to 5, floor(0.34 (g + 1)) grows at g = 2 and 5.
    const digestOf = (...images: number[]) =>
      createHash('sha256')
        .update(Uint8Array.from({ length: 16 * images.length }, (_, at) => images[Math.floor(at / 16)]!))
        .digest('hex');
    expect(plan.selection).toEqual({ calibration: 0.34 });
    expect(plan.members[0]!.spec.imagesDigest).toBe(digestOf(0, 1, 3, 4));
    expect(plan.members[2]!.spec.imagesDigest).toBe(digestOf(0, 1, 3, 4, 6, 7, 8, 9, 10));
    expect(plan.refiners[0]!.spec.imagesDigest).toBe(digestOf(0, 1, 3, 4));
    expect(plan.maps!.spec.imagesDigest).toBe(bare.maps!.spec.imagesDigest);
    const { spec, key } = plan.reference!;
    expect(spec).toEqual({ ...plan.maps!.spec, imagesDigest: digestOf(2, 5, 6, 7, 8, 9, 10) });
    for (const { key: refiner, referenceRefinedKey } of plan.refiners) {
      expect(referenceRefinedKey).toBe(artifactKey({ maps: key, refiner }));
    }

    const validated = await planOf({ ...settings, dataset: 'validated' });
    expect(validated.reference!.spec.imagesDigest).toBe(digestOf(14, 15, 6, 7, 8, 9, 10));
    expect(validated.members.map((member) => member.key)).toEqual(bare.members.map((member) => member.key));
  });

  it('takes the packing of the size that is asked for, else the usual one', async () => {
    const sizes = { k: 2, batchSize: 4, refiner: { batchSize: 2 } };
    const [small, large] = await addPackings(store, 'both', [64, 128]);
    await addPackings(store, 'large', [128]);
    const planned = async (input: object) => {
      const { datasetDigest, members, maps } = await planOf({ ...sizes, ...input });
      return [datasetDigest, members[0]!.spec.imageSize, maps!.spec.imageSize];
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

  it('goes on with datasets that were added before there were several sizes', async () => {
    const { packings: _, ...old } = (await readDatasetRecord(store, 'tiny'))!;
    await store.put(datasetKeys.record('tiny'), JSON.stringify(old));
    const sizes = { dataset: 'tiny', k: 2, batchSize: 4, refiner: { batchSize: 2 } };
    expect((await planOf(sizes)).datasetDigest).toBe(old.digest);
    expect((await planOf({ ...sizes, imageSize: 64 })).datasetDigest).toBe(old.digest);
    expect((await refusal({ ...sizes, imageSize: 128 })).message).toMatch(/^imageSize: expected 64, /);
  });

  it('knows which members are finished', async () => {
    const input = { dataset: 'tiny', k: 2, batchSize: 4, refiner: { batchSize: 2 } };
    const { key, spec } = (await planOf(input)).members[1]!;
    await publishArtifact(store, { kind: 'members', key, spec, files: {}, ...work });
    expect((await planOf(input)).members.map(({ finished }) => finished)).toEqual([
      false,
      true,
      false,
      false,
    ]);
  });
});

describe('a published member whose objects are missing', () => {
  it('is set aside, and planned as one that is to be trained', async () => {
    const input = { dataset: 'tiny', k: 2, batchSize: 4, refiner: { batchSize: 2 } };
    const { key, spec } = (await planOf(input)).members[2]!;
    // An empty file, whose object goes.
    const files = { weights: '/dev/null' };
    const { manifest } = await publishArtifact(store, { kind: 'members', key, spec, files, ...work });
    const { object } = manifest.files.weights!;
    await store.remove([object]);
    const { members } = await planOf(input);
    const replaced = `${object}: expected 0 bytes, found none`;
    expect(members[2]).toMatchObject({ key, finished: false, replaced });
    expect(members[1]!.replaced).toBeUndefined();
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
    expect(plan.reference).toBeDefined();
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
