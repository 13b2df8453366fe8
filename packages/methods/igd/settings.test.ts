import type { PlanBasis } from '@ddad/contract';
import { describe, expect, it } from 'vitest';
import { faultsIn, settingsOf } from '../run-input.testing.ts';
import { igd } from './method.ts';
import type { IgdSettings } from './settings.ts';
import { blocksOf, scalesOf } from './shape.ts';

const settings = (fields: object) => settingsOf({ method: 'igd', ...fields }) as IgdSettings;

it('has a default for every field but the dataset', () => {
  expect(settings({})).toEqual({
    dataset: 'a',
    method: 'igd',
    seed: 0,
    calibration: 0,
    epochs: 256,
    batchSize: 16,
    learningRate: 0.0001,
    width: 16,
    pretrained: null,
  });
});

it('lists all faults at once', () => {
  const faults = faultsIn({
    method: 'igd',
    epochs: 0,
    batchSize: 1,
    learningRate: 2,
    width: 1,
    steps: 3,
  });
  expect(faults).toHaveLength(5);
  for (const field of ['epochs', 'batchSize', 'learningRate', 'width'])
    expect(faults).toContainEqual(expect.stringMatching(new RegExp(`^${field}: .*, got \\d$`)));
  expect(faults).toContainEqual(
    expect.stringMatching(/^steps: unknown field of method igd: it is one of .*cutpaste/),
  );
  // A dataset's unlabeled images are of no use to it.
  expect(igd.usesUnlabeled).toBe(false);
});

it('takes part in what the coordinator checks of batches', () => {
  expect(igd.batchSizes?.({ batchSize: 7 })).toEqual([{ path: 'batchSize', size: 7 }]);
  expect(igd.batchSizes?.({ batchSize: 'many' })).toEqual([]);
});

it('says what a run is, and how it differs from its source', () => {
  const own = settings({ epochs: 20 });
  expect(igd.describe(igd.facts(own))).toBe('width 16, 20 epochs');
  expect(igd.deviations?.(own, 64)).toEqual([
    'size 64 instead of 256',
    'decoder and critic with fewer doublings',
    'no pretrained weights: encoder trained with the rest, c and σ by the batch’s statistics',
    'grey images as three equal channels',
    'critic given codes of behind the generator’s step',
    'incomplete last batches of an epoch left out',
    'similarity of four scales under a window of 3',
    'width 16 instead of 64',
    'epochs 20 instead of 256',
    expect.stringMatching(/^critic that tells/),
  ]);
  expect(igd.deviations?.(settings({ epochs: 256, width: 64, batchSize: 4 }), 256)).toEqual([
    'no pretrained weights: encoder trained with the rest, c and σ by the batch’s statistics',
    'grey images as three equal channels',
    'critic given codes of behind the generator’s step',
    'incomplete last batches of an epoch left out',
    'images a step 4 instead of 16',
    expect.stringMatching(/^critic that tells/),
  ]);
  const given = settings({ pretrained: 'imagenet' });
  expect(igd.describe(igd.facts(given))).toBe('width 16, 256 epochs, weights imagenet');
  expect(igd.deviations?.(given, 64).join()).not.toContain('pretrained');
  expect(igd.pretrained?.(given)).toMatchObject({ path: 'pretrained', name: 'imagenet' });
  expect(igd.pretrained?.(own)).toBeNull();
});

it('ends at the images’ size, whatever it is, and takes five scales where they fit', () => {
  for (const size of [64, 128, 224, 256]) {
    const { side, extra, blocks } = blocksOf(size);
    expect(side * 2 ** (blocks.length + (extra ? 2 : 1))).toBe(size);
  }
  expect(() => blocksOf(96)).toThrow('image size: expected 64, 128, 224 or 256, got 96');
  expect([64, 128, 224, 256].map((size) => scalesOf(size).window)).toEqual([3, 3, 11, 11]);
});

describe('the graph', () => {
  const facts = (letter: string, count: number) => ({ digest: letter.repeat(64), count });
  const basis = (change: Partial<PlanBasis['images']> = {}): PlanBasis<IgdSettings> => ({
    settings: settings({ seed: 5, epochs: 7, width: 4 }),
    datasetDigest: 'd'.repeat(64),
    imageSize: 64,
    images: { normal: facts('a', 10), training: null, test: facts('b', 6), reference: null, ...change },
    judged: true,
    retries: {},
    lost: [],
  });
  const ids = (of: PlanBasis<IgdSettings>) => igd.plan(of).nodes.map(({ id }) => id);

  it('has networks of the normal images, and residuals of those that are there', () => {
    const { nodes } = igd.plan(basis());
    expect(nodes).toMatchObject([
      { id: 'networks', kind: 'trained-igd', pool: 'train', images: 'normal', total: 7, imagesPerUnit: 10 },
      {
        id: 'residuals',
        kind: 'scored-igd',
        pool: 'score',
        images: 'test',
        total: 6,
        scores: [
          { score: 'igd', images: 'test', tensor: 'igd' },
          { score: 'residual', images: 'test', tensor: 'residual', map: 'residual' },
        ],
        needs: [{ kind: 'trained-igd', key: nodes[0]!.key }],
      },
    ]);
    expect(ids(basis({ reference: facts('c', 4) }))).toEqual([
      'networks',
      'residuals',
      'reference residuals',
    ]);
    expect(ids(basis({ test: null }))).toEqual(['networks']);
  });

  it('needs the pretrained weights that the run begins with', () => {
    const key = 'e'.repeat(64);
    const [first] = igd.plan({ ...basis(), pretrained: key }).nodes;
    expect(first!.needs).toMatchObject([{ key }]);
    expect(first!.spec).toMatchObject({ pretrained: { recipe: 1, weights: key } });
  });

  it('has another seed where one diverged', () => {
    const [first] = igd.plan(basis()).nodes;
    const [again] = igd.plan({ ...basis(), retries: { networks: 1 } }).nodes;
    expect(again!.id).toBe(first!.id);
    expect(again!.key).not.toBe(first!.key);
  });
});
