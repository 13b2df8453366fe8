import type { PlanBasis } from '@ddad/contract';
import { describe, expect, it } from 'vitest';
import { faultsIn, settingsOf } from '../run-input.testing.ts';
import { draem } from './method.ts';
import type { DraemSettings } from './settings.ts';

const settings = (fields: object) => settingsOf({ method: 'draem', ...fields }) as DraemSettings;

it('has a default for every field but the dataset', () => {
  expect(settings({})).toEqual({
    dataset: 'a',
    method: 'draem',
    seed: 0,
    calibration: 0,
    epochs: 700,
    batchSize: 8,
    learningRate: 0.0001,
    width: 16,
  });
});

it('lists all faults at once', () => {
  const faults = faultsIn({
    method: 'draem',
    epochs: 0,
    batchSize: 1,
    learningRate: 2,
    width: 33,
    steps: 3,
  });
  expect(faults).toHaveLength(5);
  for (const field of ['epochs', 'batchSize', 'learningRate', 'width'])
    expect(faults).toContainEqual(expect.stringMatching(new RegExp(`^${field}: .*, got \\d+$`)));
  expect(faults).toContainEqual(
    expect.stringMatching(/^steps: unknown field of method draem: it is one of .*cutpaste/),
  );
  // A dataset's unlabeled images are of no use to it.
  expect(draem.usesUnlabeled).toBe(false);
});

it('takes part in what the coordinator checks of batches', () => {
  expect(draem.batchSizes?.({ batchSize: 7 })).toEqual([{ path: 'batchSize', size: 7 }]);
  expect(draem.batchSizes?.({ batchSize: 'many' })).toEqual([]);
});

it('says what a run is, and how it differs from its source', () => {
  const own = settings({ epochs: 20 });
  expect(draem.describe(draem.facts(own))).toBe('width 16, 20 epochs');
  expect(draem.deviations?.(own, 64)).toEqual([
    'size 64 instead of 256',
    'made-up textures instead of photographs of textures',
    'grey images as three equal channels',
    'every image once an epoch instead of drawn with replacement',
    'incomplete last batches of an epoch left out',
    'width 16 instead of 128',
    'epochs 20 instead of 700',
    'window of the image score in proportion',
  ]);
  expect(draem.deviations?.(settings({ epochs: 700, width: 128, batchSize: 4 }), 256)).toEqual([
    'made-up textures instead of photographs of textures',
    'grey images as three equal channels',
    'every image once an epoch instead of drawn with replacement',
    'incomplete last batches of an epoch left out',
    'images a step 4 instead of 8',
  ]);
});

describe('the graph', () => {
  const facts = (letter: string, count: number) => ({ digest: letter.repeat(64), count });
  const basis = (change: Partial<PlanBasis['images']> = {}): PlanBasis<DraemSettings> => ({
    settings: settings({ seed: 5, epochs: 7, width: 4 }),
    datasetDigest: 'd'.repeat(64),
    imageSize: 64,
    images: { normal: facts('a', 10), training: null, test: facts('b', 6), reference: null, ...change },
    judged: true,
    retries: {},
    lost: [],
  });
  const ids = (of: PlanBasis<DraemSettings>) => draem.plan(of).nodes.map(({ id }) => id);

  it('has networks of the normal images, and probabilities of those that are there', () => {
    const { nodes } = draem.plan(basis());
    expect(nodes).toMatchObject([
      { id: 'networks', kind: 'trained-draem', pool: 'train', images: 'normal', total: 7, imagesPerUnit: 10 },
      {
        id: 'probabilities',
        kind: 'scored-draem',
        pool: 'score',
        images: 'test',
        total: 6,
        scores: [{ score: 'probability', images: 'test', tensor: 'probability', map: 'probability' }],
        needs: [{ kind: 'trained-draem', key: nodes[0]!.key }],
      },
    ]);
    expect(ids(basis({ reference: facts('c', 4) }))).toEqual([
      'networks',
      'probabilities',
      'reference probabilities',
    ]);
    expect(ids(basis({ test: null }))).toEqual(['networks']);
  });

  it('has another seed where one diverged', () => {
    const [first] = draem.plan(basis()).nodes;
    const [again] = draem.plan({ ...basis(), retries: { networks: 1 } }).nodes;
    expect(again!.id).toBe(first!.id);
    expect(again!.key).not.toBe(first!.key);
  });
});
