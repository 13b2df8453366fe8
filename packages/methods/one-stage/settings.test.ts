import type { Method, PlanBasis, RunResult } from '@ddad/contract';
import { describe, expect, it } from 'vitest';
import { methods } from '../index.ts';
import { faultsIn, settingsOf } from '../run-input.testing.ts';
import type { OneStageSettings } from './settings.ts';

const names = ['nsa', 'fpi', 'pii', 'cutpaste-e2e'];
const settings = (fields: object = {}) => settingsOf({ method: 'nsa', ...fields }) as OneStageSettings;
const method = (name: string) => methods.method(name) as unknown as Method<OneStageSettings>;

it.each(names)('%s has a default for every field but the dataset, and no unlabeled images', (name) => {
  expect(settings({ method: name })).toEqual({
    dataset: 'a',
    method: name,
    seed: 0,
    unlabeled: 0,
    calibration: 0,
    epochs: 250,
    batchSize: 64,
    learningRate: 0.001,
  });
});

it.each(names)('%s says that its score learns from unlabeled images where it does', (name) => {
  const scores = (unlabeled: number) => method(name).scores(settings({ method: name, unlabeled }));
  expect(scores(0)[0]).not.toHaveProperty('learnsUnlabeled');
  expect(scores(10)[0]).toMatchObject({ name: 'predicted', learnsUnlabeled: true });
});

it('lists all faults at once', () => {
  expect(faultsIn({ method: 'nsa', epochs: 0, batchSize: 1, learningRate: 2, unlabeled: -1, k: 3 })).toEqual([
    expect.stringMatching(/^unlabeled: .*, got -1$/),
    expect.stringMatching(/^epochs: .*, got 0$/),
    expect.stringMatching(/^batchSize: .*, got 1$/),
    expect.stringMatching(/^learningRate: .*, got 2$/),
    expect.stringMatching(/^k: unknown field of method nsa: it is one of ddad/),
  ]);
});

it('has a use for a share of abnormal images only where there are unlabeled ones', () => {
  expect(faultsIn({ method: 'nsa', anomalousRate: 0.6 })).toEqual([
    'anomalousRate: expected none without unlabeled images, of which there are some with "unlabeled" above 0, got 0.6',
  ]);
  expect(faultsIn({ method: 'nsa', anomalousRate: 0.6, unlabeled: 10 })).toEqual([]);
});

it('takes part in what the coordinator checks of batches', () => {
  expect(method('nsa').batchSizes?.({ batchSize: 7 })).toEqual([{ path: 'batchSize', size: 7 }]);
  expect(method('nsa').batchSizes?.({})).toEqual([{ path: 'batchSize', size: 64 }]);
  expect(method('nsa').batchSizes?.({ batchSize: 'many' })).toEqual([]);
});

it('says what a run is, with a star where patches come from unlabeled images as well', () => {
  const describeRun = (fields: object) => method('nsa').describe(method('nsa').facts(settings(fields)));
  expect(describeRun({})).toBe('250 epochs, 64 images a step');
  expect(describeRun({ unlabeled: 30, epochs: 5 })).toBe(
    'NSA*, patches of 30 unlabeled images as well; 5 epochs, 64 images a step',
  );
});

it('says how it differs from its source', () => {
  const whole = { epochs: 250 };
  const rounds = 'sources of patches in rounds of all images instead of the image read before';
  const leftOut = 'incomplete last batches of an epoch left out';
  expect(method('nsa').deviations?.(settings(whole), 224)).toEqual([
    'whole images instead of their inner seven eighths',
    rounds,
    leftOut,
  ]);
  // Of unlabeled images they are in rounds in the DDAD authors' code as well.
  expect(method('nsa').deviations?.(settings({ ...whole, unlabeled: 5 }), 224)).toEqual([
    'whole images instead of their inner seven eighths',
    leftOut,
  ]);
  expect(method('nsa').deviations?.(settings({ epochs: 100, batchSize: 32 }), 64)).toEqual([
    'size 64 instead of 224',
    'windows and margins of the synthetic anomalies in proportion to the size',
    'whole images instead of their inner seven eighths',
    rounds,
    leftOut,
    'epochs 100 instead of 250',
    'images a step 32 instead of 64',
  ]);
  const last = (name: string, fields: object = {}) =>
    method(name)
      .deviations?.(settings({ method: name, ...fields }), 224)
      .at(-1);
  expect(last('fpi')).toMatch(/^NSA’s patches and network/);
  expect(last('cutpaste-e2e', whole)).toBe(leftOut);
  // Its patches are the image's own.
  expect(method('cutpaste-e2e').deviations?.(settings({ method: 'cutpaste-e2e' }), 224)).not.toContain(
    rounds,
  );
  expect(last('cutpaste-e2e', { unlabeled: 5 })).toMatch(/^patches come from other images/);
});

it('stands in the paper’s table where it belongs, by the mean of its map', () => {
  const rows = (name: string, facts: object) =>
    methods.entry(name)?.comparedAs?.({ method: name, ...facts } as unknown as RunResult);
  expect(rows('nsa', {})).toEqual([{ row: 'nsa', score: 'predicted' }]);
  expect(rows('cutpaste-e2e', { unlabeled: 5 })).toEqual([
    { row: 'cutpaste-e2e-unlabeled', score: 'predicted' },
  ]);
});

describe('the graph', () => {
  const facts = (letter: string, count: number) => ({ digest: letter.repeat(64), count });
  const basis = (
    change: Partial<PlanBasis['images']> = {},
    fields: object = {},
  ): PlanBasis<OneStageSettings> => ({
    settings: settings({ seed: 5, epochs: 7, batchSize: 4, ...fields }),
    datasetDigest: 'd'.repeat(64),
    imageSize: 64,
    images: {
      normal: facts('a', 10),
      training: facts('a', 10),
      test: facts('b', 6),
      reference: null,
      ...change,
    },
    judged: true,
    retries: {},
    lost: [],
  });

  it('is a network of the normal images, and maps of those that are there', () => {
    const { nodes } = method('nsa').plan(basis({ reference: facts('c', 4) }));
    expect(nodes).toMatchObject([
      {
        id: 'network',
        kind: 'trained-nsa',
        pool: 'train',
        images: 'normal',
        total: 7,
        imagesPerUnit: 8,
        spec: { imagesDigest: 'a'.repeat(64) },
      },
      {
        id: 'maps',
        kind: 'scored-nsa',
        pool: 'score',
        images: 'test',
        total: 6,
        scores: [{ score: 'predicted', images: 'test', tensor: 'predicted', map: 'predicted' }],
        needs: [{ kind: 'trained-nsa', key: nodes[0]!.key }],
      },
      { id: 'reference maps', images: 'reference', total: 4 },
    ]);
    expect(nodes[0]!.spec).not.toHaveProperty('normals');
    expect(
      method('nsa')
        .plan(basis({ test: null }))
        .nodes.map(({ id }) => id),
    ).toEqual(['network']);
  });

  it('reads unlabeled images where they are asked for, and knows which ones are normal', () => {
    const [network] = method('pii').plan(basis({ training: facts('e', 16) }, { unlabeled: 6 })).nodes;
    expect(network).toMatchObject({
      kind: 'trained-pii',
      images: 'training',
      imagesPerUnit: 8,
      spec: { imagesDigest: 'e'.repeat(64), normals: 10 },
    });
  });

  it('has another seed where one diverged, and other ones for other methods', () => {
    const seed = (name: string, retries = {}) =>
      (method(name).plan({ ...basis(), retries }).nodes[0]!.spec as { seed: number }).seed;
    expect(seed('nsa', { network: 1 })).not.toBe(seed('nsa'));
    expect(new Set(names.map((name) => seed(name))).size).toBe(names.length);
  });
});
