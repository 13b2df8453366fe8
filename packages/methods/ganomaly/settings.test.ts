import { mainScore, type PlanBasis, withReductions } from '@ddad/contract';
import { describe, expect, it } from 'vitest';
import { faultsIn, settingsOf } from '../run-input.testing.ts';
import { ganomaly } from './method.ts';
import type { GanomalySettings } from './settings.ts';

const settings = (fields: object) => settingsOf({ method: 'ganomaly', ...fields }) as GanomalySettings;
const faults = (fields: object) => faultsIn({ method: 'ganomaly', ...fields });

it('has a default for every field but the dataset: the source’s', () => {
  expect(settings({})).toEqual({
    dataset: 'a',
    method: 'ganomaly',
    seed: 0,
    calibration: 0,
    epochs: 250,
    batchSize: 64,
    learningRate: 0.001,
  });
});

it('lists all faults at once, and says whose a field of another method is', () => {
  expect(faults({ epochs: 0, batchSize: 0, learningRate: 0, refiner: false })).toEqual([
    expect.stringMatching(/^epochs: .*, got 0$/),
    expect.stringMatching(/^batchSize: .*, got 0$/),
    expect.stringMatching(/^learningRate: .*, got 0$/),
    expect.stringMatching(/^refiner: unknown field of method ganomaly: it is one of .*ddad/),
  ]);
});

it('takes part in what the coordinator checks of batches', () => {
  expect(ganomaly.batchSizes?.({ batchSize: 7 })).toEqual([{ path: 'batchSize', size: 7 }]);
  expect(ganomaly.batchSizes?.({})).toEqual([{ path: 'batchSize', size: 64 }]);
  expect(ganomaly.batchSizes?.({ batchSize: 'many' })).toEqual([]);
});

it('says what a run is, and how it differs from its source', () => {
  expect(ganomaly.describe(ganomaly.facts(settings({ epochs: 30 })))).toBe('30 epochs, 64 images a step');
  expect(ganomaly.deviations?.(settings({}), 64)).toEqual(['incomplete last batches of an epoch left out']);
  expect(ganomaly.deviations?.(settings({ epochs: 30, batchSize: 8, learningRate: 0.0005 }), 128)).toEqual([
    'size 128 instead of 64',
    'incomplete last batches of an epoch left out',
    'epochs 30 instead of 250',
    'images a step 8 instead of 64',
    'learning rate 0.0005 instead of 0.001',
  ]);
});

it('ranks by the latent error, the residual’s map notwithstanding', () => {
  const definitions = withReductions(ganomaly.scores(settings({})));
  const all = Object.fromEntries(definitions.map(({ name }) => [name, 1]));
  expect(Object.keys(all)).toEqual([
    'latentError',
    'residual',
    'residualTop',
    'residualPeak',
    'residualRelative',
    'residualForeground',
  ]);
  expect(mainScore(definitions, all)).toBe('latentError');
});

describe('the graph', () => {
  const facts = (letter: string, count: number) => ({ digest: letter.repeat(64), count });
  const basis = (change: Partial<PlanBasis['images']> = {}): PlanBasis<GanomalySettings> => ({
    settings: settings({ seed: 5, epochs: 7, batchSize: 4 }),
    datasetDigest: 'd'.repeat(64),
    imageSize: 64,
    images: { normal: facts('a', 10), training: null, test: facts('b', 6), reference: null, ...change },
    judged: true,
    retries: {},
    lost: [],
  });

  it('needs no unlabeled images: a generator of the normal ones, and scores of those that are there', () => {
    const { nodes } = ganomaly.plan(basis());
    expect(nodes).toMatchObject([
      {
        id: 'generator',
        kind: 'trained-ganomaly',
        pool: 'train',
        images: 'normal',
        total: 7,
        imagesPerUnit: 8,
      },
      {
        id: 'scores',
        kind: 'scored-ganomaly',
        pool: 'score',
        images: 'test',
        total: 6,
        scores: [
          { score: 'latentError', images: 'test', tensor: 'latentError' },
          { score: 'residual', images: 'test', tensor: 'residual', map: 'residual' },
        ],
        needs: [{ kind: 'trained-ganomaly', key: nodes[0]!.key }],
      },
    ]);
    const ids = (of: PlanBasis<GanomalySettings>) => ganomaly.plan(of).nodes.map(({ id }) => id);
    expect(ids(basis({ reference: facts('c', 4) }))).toEqual(['generator', 'scores', 'reference scores']);
    expect(ids(basis({ test: null }))).toEqual(['generator']);
  });

  it('has another seed where one diverged', () => {
    const [first] = ganomaly.plan(basis()).nodes;
    const [again] = ganomaly.plan({ ...basis(), retries: { generator: 1 } }).nodes;
    expect(again!.id).toBe(first!.id);
    expect(again!.key).not.toBe(first!.key);
  });
});
