import type { RunForecast } from '@ddad/contract';
import { expect, it } from 'vitest';
import { documentOf } from './run-forecast.ts';

const node = (
  id: string,
  changes: Partial<RunForecast['nodes'][number]> = {},
): RunForecast['nodes'][number] => ({
  ...{ id, kind: 'trained-nets', key: id, stage: 'training', unit: 'epoch', madeBy: 'trainer', total: 40 },
  ...{ found: false, resumes: false },
  ...changes,
});
const forecast = (nodes: RunForecast['nodes'], trainer = 1): RunForecast => ({
  input: { dataset: 'brain', method: 'distillation', seed: 0 } as RunForecast['input'],
  datasetDigest: 'd',
  stages: ['training', 'scoring'],
  nodes,
  workers: { trainer, scorer: 1 },
});
const scores = node('scores', { stage: 'scoring', madeBy: 'scorer', unit: 'image', expectedSeconds: 10 });

it('takes as long as what is not found, over the workers that are there', () => {
  const nodes = [
    node('a', { found: true, expectedSeconds: 60 }),
    node('b', { expectedSeconds: 60 }),
    node('c', { expectedSeconds: 60 }),
    scores,
  ];
  expect(documentOf(forecast(nodes))).toMatchObject({ seconds: 130, atLeast: false });
  expect(documentOf(forecast(nodes, 2))).toMatchObject({ seconds: 70, atLeast: false });
});

it('says what is not known', () => {
  expect(documentOf(forecast([node('a'), scores]))).toMatchObject({ seconds: 10, atLeast: true });
  expect(documentOf(forecast([node('a')]))).toMatchObject({ seconds: null });
  expect(documentOf(forecast([node('a', { found: true })]))).toMatchObject({ seconds: 0, atLeast: false });
});
