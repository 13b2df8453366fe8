import { methods } from '@ddad/methods';
import type { ObjectStore } from '@ddad/storage';
import { memoryStore } from '@ddad/storage/testing';
import { ApplicationFailure } from '@temporalio/common';
import { beforeEach, expect, it } from 'vitest';
import { DatasetCatalog } from '../dataset-catalog.ts';
import { addDataset, datasetCache } from '../datasets.testing.ts';
import { planExperiment } from './experiment.ts';

let store: ObjectStore;

beforeEach(async () => {
  store = memoryStore();
  await addDataset(store, 'tiny');
  await addDataset(store, 'plain', { unlabeled: { labels: 'none' }, test: { labels: 'none' } });
  await addDataset(store, 'validated', { validation: [14, 15] });
});

const plan = (raw: unknown) => {
  const catalog = new DatasetCatalog(store, datasetCache(store));
  return planExperiment({ catalog, methods, presentTrainers: () => [], now: () => 0 }, raw);
};

async function faultsOf(raw: unknown): Promise<string[]> {
  const error: unknown = await plan(raw).then(
    () => expect.fail('the experiment was taken'),
    (failure: unknown) => failure,
  );
  if (!(error instanceof ApplicationFailure)) throw error;
  const faults = error.details![0] as { path: string; message: string }[];
  return faults.map(({ path, message }) => `${path}: ${message}`);
}

const axes = { epochs: [1, 2] };
const base = (fields: object) => ({ batchSize: 4, refiner: false, ...fields });

it('takes a choice where images are held out and there are unlabeled ones', async () => {
  const held = { base: base({ dataset: 'validated' }), axes, choose: 'axes' };
  expect((await plan(held)).runs).toHaveLength(2);
  const shared = {
    base: base({ dataset: 'tiny', batchSize: 2, calibration: 0.4, falsePositiveRate: 0.5 }),
    axes,
  };
  expect((await plan({ ...shared, choose: 'scores' })).experiment.choose).toBe('scores');
});

it('refuses a choice without them, with every other fault', async () => {
  const without = { base: base({ dataset: 'tiny', unlabeled: 0, batchSize: 9 }), axes, choose: 'axes' };
  expect(await faultsOf(without)).toEqual([
    'base.batchSize: expected at most 6, the number of normal training images of tiny, got 9',
    'base.calibration: expected held-out normal images, against which unlabeled ones are compared to choose (from "calibration", ' +
      "a share of the normal training images, or the dataset's validation images), got none",
    'base.unlabeled: expected unlabeled images, which are compared with held-out normal ones to choose, got 0',
  ]);
  const plain = { base: base({ dataset: 'plain' }), axes: { ...axes, dataset: ['plain'] }, choose: 'axes' };
  const told = await faultsOf(plain);
  expect(told[0]).toMatch(/^axes\.dataset: expected no such axis/);
  expect(told).toContainEqual(expect.stringMatching(/^base\.unlabeled: .*got none in plain$/));
});

it('asks for them where a choice is wanted alone', async () => {
  expect((await plan({ base: base({ dataset: 'tiny', unlabeled: 0 }), axes })).runs).toHaveLength(2);
});

it('refuses a published dataset that there is none of, as the command line does', async () => {
  const input = { base: base({ dataset: 'tiny' }), axes, published: 'brats' };
  expect(await faultsOf(input)).toEqual([
    'published: expected one of rsna, vindr, cxad, brain, lag, got "brats"',
  ]);
  expect((await plan({ ...input, published: 'brain' })).runs).toHaveLength(2);
});
