import type { PlanBasis } from '@ddad/contract';
import { describe, expect, it } from 'vitest';
import { faultsIn, settingsOf } from '../run-input.testing.ts';
import { cutPaste } from './method.ts';
import type { CutPasteSettings } from './settings.ts';

const settings = (fields: object) => settingsOf({ method: 'cutpaste', ...fields }) as CutPasteSettings;
const faults = (fields: object) => faultsIn({ method: 'cutpaste', ...fields });

it('has a default for every field but the dataset', () => {
  expect(settings({})).toEqual({
    dataset: 'a',
    method: 'cutpaste',
    seed: 0,
    calibration: 0,
    steps: 2000,
    batchSize: 32,
    learningRate: 0.03,
    pretrained: null,
  });
});

it('lists all faults at once, and says whose a field of another method is', () => {
  expect(faults({ steps: 0, batchSize: 1, learningRate: 2, refiner: false, k: 3 })).toEqual([
    expect.stringMatching(/^steps: .*, got 0$/),
    expect.stringMatching(/^batchSize: .*, got 1$/),
    expect.stringMatching(/^learningRate: .*, got 2$/),
    expect.stringMatching(
      /^refiner: unknown field of method cutpaste: it is one of ddad \(methods: .*cutpaste.*\)$/,
    ),
    expect.stringMatching(/^k: unknown field of method cutpaste: it is one of ddad/),
  ]);
});

it('may begin with weights that were added, which are looked up and held against the network', () => {
  const own = settings({ pretrained: 'imagenet' });
  expect(settings({})).toMatchObject({ pretrained: null });
  expect(cutPaste.pretrained!(settings({}))).toBeNull();
  expect(cutPaste.pretrained!(own)).toMatchObject({ path: 'pretrained', name: 'imagenet' });
  expect(Object.keys(cutPaste.pretrained!(own)!.layout.tensors)).toHaveLength(100);
  expect(faults({ pretrained: '../x' })).toEqual([expect.stringMatching(/^pretrained: /)]);
  expect(cutPaste.describe(cutPaste.facts(own))).toBe('2000 steps of 32 images, weights imagenet');
  expect(cutPaste.deviations!(own, 256)).toEqual([
    'grey images in three equal channels instead of colours, jitter of brightness and contrast alone',
    'steps 2000 instead of 10000',
    'images a step 32 instead of 64',
  ]);
});

it('takes part in what the coordinator checks of batches', () => {
  expect(cutPaste.batchSizes?.({ batchSize: 7 })).toEqual([{ path: 'batchSize', size: 7 }]);
  expect(cutPaste.batchSizes?.({})).toEqual([{ path: 'batchSize', size: 32 }]);
  expect(cutPaste.batchSizes?.({ batchSize: 'many' })).toEqual([]);
});

it('says what a run is, and how it differs from its source', () => {
  const own = settings({ steps: 300 });
  expect(cutPaste.describe(cutPaste.facts(own))).toBe('300 steps of 32 images');
  expect(cutPaste.deviations?.(own, 64)).toEqual([
    'size 64 instead of 256',
    'no pretrained weights',
    expect.stringMatching(/^grey values/),
    'steps 300 instead of 10000',
    'images a step 32 instead of 64',
  ]);
  const whole = settings({ steps: 10_000, batchSize: 64 });
  expect(cutPaste.deviations?.(whole, 128)[0]).toBe('size 128 instead of 256');
  expect(cutPaste.deviations?.(whole, 256)).toHaveLength(2);
});

describe('the graph', () => {
  const facts = (letter: string, count: number) => ({ digest: letter.repeat(64), count });
  const basis = (change: Partial<PlanBasis['images']> = {}): PlanBasis<CutPasteSettings> => ({
    settings: settings({ seed: 5, steps: 100, batchSize: 4 }),
    datasetDigest: 'd'.repeat(64),
    imageSize: 64,
    images: { normal: facts('a', 10), training: null, test: facts('b', 6), reference: null, ...change },
    judged: true,
    retries: {},
    lost: [],
  });
  const ids = (of: PlanBasis<CutPasteSettings>) => cutPaste.plan(of).nodes.map(({ id }) => id);

  it('needs no unlabeled images: a classifier of the normal ones, and distances of those that are there', () => {
    const { nodes } = cutPaste.plan(basis());
    expect(nodes).toMatchObject([
      {
        id: 'classifier',
        kind: 'trained-cutpaste',
        pool: 'train',
        images: 'normal',
        total: 5,
        imagesPerUnit: 80,
      },
      {
        id: 'distances',
        kind: 'scored-cutpaste',
        pool: 'score',
        images: 'test',
        total: 6,
        scores: [{ score: 'mahalanobis', images: 'test', tensor: 'mahalanobis' }],
        needs: [{ kind: 'trained-cutpaste', key: nodes[0]!.key }],
      },
    ]);
    expect(ids(basis({ reference: facts('c', 4) }))).toEqual([
      'classifier',
      'distances',
      'reference distances',
    ]);
    expect(ids(basis({ test: null }))).toEqual(['classifier']);
  });

  it('names pretrained weights in the classifier’s specification, whose key is another then', () => {
    const [plain] = cutPaste.plan(basis()).nodes;
    expect(plain!.spec).not.toHaveProperty('pretrained');
    const weights = 'e'.repeat(64);
    const [pretrained] = cutPaste.plan({ ...basis(), pretrained: weights }).nodes;
    expect(pretrained!.spec).toEqual({ ...plain!.spec, pretrained: { recipe: 1, weights } });
    expect(pretrained!.needs).toEqual([{ kind: 'weights', key: weights }]);
  });

  it('has another seed where one diverged', () => {
    const [first] = cutPaste.plan(basis()).nodes;
    const [again] = cutPaste.plan({ ...basis(), retries: { classifier: 1 } }).nodes;
    expect(again!.id).toBe(first!.id);
    expect(again!.key).not.toBe(first!.key);
  });
});
