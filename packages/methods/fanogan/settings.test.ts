import { mainScore, type PlanBasis, withReductions } from '@ddad/contract';
import { describe, expect, it } from 'vitest';
import { faultsIn, settingsOf } from '../run-input.testing.ts';
import { fanogan } from './method.ts';
import type { FanoganSettings } from './settings.ts';

const settings = (fields: object) => settingsOf({ method: 'fanogan', ...fields }) as FanoganSettings;
const faults = (fields: object) => faultsIn({ method: 'fanogan', ...fields });

it('has a default for every field but the dataset', () => {
  expect(settings({})).toEqual({
    dataset: 'a',
    method: 'fanogan',
    seed: 0,
    calibration: 0,
    width: 16,
    batchSize: 16,
    generatorSteps: 3000,
    encoderSteps: 10_000,
    learningRate: 1e-4,
    encoderLearningRate: 5e-5,
  });
});

it('lists all faults at once, and says whose a field of another method is', () => {
  expect(faults({ width: 0, batchSize: 1, generatorSteps: 0.5, refiner: false })).toEqual([
    expect.stringMatching(/^width: .*, got 0$/),
    expect.stringMatching(/^batchSize: .*, got 1$/),
    expect.stringMatching(/^generatorSteps: .*, got 0.5$/),
    expect.stringMatching(/^refiner: unknown field of method fanogan: it is one of .*ddad/),
  ]);
});

it('takes part in what the coordinator checks of batches and sizes', () => {
  expect(fanogan.batchSizes?.({ batchSize: 7 })).toEqual([{ path: 'batchSize', size: 7 }]);
  expect(fanogan.batchSizes?.({ batchSize: 'many' })).toEqual([]);
  expect(fanogan.imageSizes).toEqual([64]);
});

it('says what a run is, and how it differs from its source', () => {
  expect(fanogan.describe(fanogan.facts(settings({})))).toBe(
    'width 16, 3000 steps of the generator, 10000 of the encoder',
  );
  expect(fanogan.deviations?.(settings({}), 64)).toEqual([
    'width 16 instead of 64',
    'images a step 16 instead of 64',
    // Of no length at all is it the source's, which depends on its images.
    expect.stringMatching(/^GAN of 3000 steps of the generator, a budget of ours/),
    'steps of the encoder 10000 instead of 50000',
    expect.stringMatching(/batch normalisation/),
    expect.stringMatching(/RMSProp/),
    expect.stringMatching(/mirrored/),
  ]);
  const whole = settings({ width: 64, batchSize: 64, generatorSteps: 3000, encoderSteps: 50_000 });
  expect(fanogan.deviations?.(whole, 64)).toHaveLength(4);
  const rates = { learningRate: 2e-4, encoderLearningRate: 1e-4 };
  expect(fanogan.deviations?.({ ...whole, ...rates }, 64)).toEqual(
    expect.arrayContaining([
      'learning rate 0.0002 instead of 0.0001',
      'learning rate of the encoder 0.0001 instead of 0.00005',
    ]),
  );
});

it('ranks by the source’s own score, the residual’s map notwithstanding', () => {
  const definitions = withReductions(fanogan.scores(settings({})));
  const all = Object.fromEntries(definitions.map(({ name }) => [name, 1]));
  expect(Object.keys(all)).toEqual([
    'izif',
    'residual',
    'residualTop',
    'residualPeak',
    'residualRelative',
    'residualForeground',
  ]);
  expect(mainScore(definitions, all)).toBe('izif');
});

describe('the graph', () => {
  const facts = (letter: string, count: number) => ({ digest: letter.repeat(64), count });
  const basis = (change: Partial<PlanBasis['images']> = {}): PlanBasis<FanoganSettings> => ({
    settings: settings({ seed: 5, generatorSteps: 40, encoderSteps: 60, batchSize: 4 }),
    datasetDigest: 'd'.repeat(64),
    imageSize: 64,
    images: { normal: facts('a', 10), training: null, test: facts('b', 6), reference: null, ...change },
    judged: true,
    retries: {},
    lost: [],
  });

  it('is a GAN of the normal images, an encoder that needs it, and scores of those that are there', () => {
    const { nodes } = fanogan.plan(basis());
    const [gan, encoder] = nodes;
    expect(nodes).toMatchObject([
      { id: 'gan', kind: 'trained-fanogan', pool: 'train', images: 'normal', total: 2, imagesPerUnit: 400 },
      {
        id: 'encoder',
        kind: 'trained-fanogan-encoder',
        pool: 'train',
        images: 'normal',
        total: 3,
        imagesPerUnit: 80,
        needs: [{ kind: 'trained-fanogan', key: gan!.key }],
      },
      {
        id: 'scores',
        kind: 'scored-fanogan',
        pool: 'score',
        images: 'test',
        total: 6,
        scores: [
          { score: 'izif', images: 'test', tensor: 'izif' },
          { score: 'residual', images: 'test', tensor: 'residual', map: 'residual' },
        ],
        needs: [
          { kind: 'trained-fanogan', key: gan!.key },
          { kind: 'trained-fanogan-encoder', key: encoder!.key },
        ],
      },
    ]);
    const ids = (of: PlanBasis<FanoganSettings>) => fanogan.plan(of).nodes.map(({ id }) => id);
    expect(ids(basis({ reference: facts('c', 4) }))).toEqual([
      'gan',
      'encoder',
      'scores',
      'reference scores',
    ]);
    expect(ids(basis({ test: null }))).toEqual(['gan', 'encoder']);
  });

  it('has another seed where one diverged: of the GAN, another encoder follows; of the encoder, the GAN stays', () => {
    const keys = (retries: Record<string, number>) =>
      fanogan.plan({ ...basis(), retries }).nodes.map(({ key }) => key);
    const [gan, encoder] = keys({});
    const [other, follows] = keys({ gan: 1 });
    expect(other).not.toBe(gan);
    expect(follows).not.toBe(encoder);
    const [same, again] = keys({ encoder: 1 });
    expect(same).toBe(gan);
    expect(again).not.toBe(encoder);
  });
});
