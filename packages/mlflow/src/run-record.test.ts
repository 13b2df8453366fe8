import type { RunResult } from '@ddad/contract';
import { expect, test } from 'vitest';
import { runRecord } from './run-record.ts';

const key = 'a'.repeat(64);
const separation = { auc: 0.9, ap: 0.8 };
const result: RunResult = {
  runId: 'a-run',
  dataset: 'brain',
  datasetDigest: key,
  synthetic: true,
  method: 'invented',
  definitions: [
    { name: 'near', symbol: { letter: 'N', index: '' }, meaning: '', map: false, rank: 0 },
    { name: 'far', symbol: { letter: 'F', index: '' }, meaning: '', map: true, rank: 1 },
  ],
  input: { dataset: 'brain', seed: 3, refiner: { epochs: 20, recipe: 'paper' }, list: [1, 2] },
  seed: 3,
  scores: {
    near: separation,
    far: {
      ...separation,
      aucInterval: { low: 0.85, high: 0.95 },
      sensitivityAt: [{ at: 0.95, value: 0.5, low: 0.4, high: 0.6 }],
    },
  },
  pathologies: {
    normals: 5,
    each: [{ name: 'mass: left/right', images: 4, unlabeled: 0, seen: null, scores: { far: separation } }],
  } as unknown as NonNullable<RunResult['pathologies']>,
  calibration: {
    images: 20,
    falsePositiveRate: 0.05,
    thresholds: { far: { threshold: 1.5, sensitivity: 0.7, specificity: null } },
  },
  members: [],
  artifacts: {},
  seconds: { train: 60, total: 90 },
  files: { report: 'r', page: null, scores: null },
};

test('the input becomes parameters, nested fields by their paths', () => {
  expect(runRecord(result, null).params).toEqual([
    { key: 'dataset', value: 'brain' },
    { key: 'seed', value: '3' },
    { key: 'refiner.epochs', value: '20' },
    { key: 'refiner.recipe', value: 'paper' },
    { key: 'list', value: '[1,2]' },
  ]);
});

test('figures become metrics with the ends of their intervals; what is not known is left out', () => {
  const metrics = Object.fromEntries(
    runRecord(result, null).metrics.map((metric) => [metric.key, metric.value]),
  );
  expect(metrics).toEqual({
    'auc/near': 0.9,
    'ap/near': 0.8,
    'auc/far': 0.9,
    'auc_low/far': 0.85,
    'auc_high/far': 0.95,
    'ap/far': 0.8,
    'sensitivity_at_95_specificity/far': 0.5,
    'sensitivity_at_95_specificity_low/far': 0.4,
    'sensitivity_at_95_specificity_high/far': 0.6,
    'auc/pathology/mass_ left_right/far': 0.9,
    'ap/pathology/mass_ left_right/far': 0.8,
    'threshold/far': 1.5,
    'sensitivity/far': 0.7,
    'seconds/train': 60,
    'seconds/total': 90,
  });
  // What MLflow takes for a key.
  for (const name of Object.keys(metrics)) expect(name).toMatch(/^[/\w.\- ]+$/);
});

test('tags say whose run it is', () => {
  const { name, tags } = runRecord(result, 'ddad-brain-1');
  expect(name).toBe('ddad-brain-1');
  const found = Object.fromEntries(tags.map((tag) => [tag.key, tag.value]));
  expect(found).toMatchObject({
    'ddad.run': 'a-run',
    'ddad.workflow': 'ddad-brain-1',
    'ddad.main_score': 'far',
  });
});
