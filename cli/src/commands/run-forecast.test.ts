import { type DatasetRecord, datasetKeys, type RunForecast } from '@ddad/contract';
import { memoryStore } from '@ddad/storage/testing';
import { expect, it } from 'vitest';
import { exitCodes } from '../failure.ts';
import { Interruption } from '../interruption.ts';
import { inventedMethods } from '../invented-method.testing.ts';
import { mergeRunInput } from '../run-input.ts';
import { recordedScreens } from '../screens-for-tests.ts';
import type { TemporalRuns } from '../temporal-runs.ts';
import { documentOf, forecastRun, tellForecast } from './run-forecast.ts';

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

it('prints no forecast that comes after an interruption, and hands the signal on', async () => {
  const store = memoryStore();
  const counts = { train: 1, unlabeled: 0, test: 0, validation: 0, copies: 0 };
  const record: DatasetRecord = {
    ...{
      name: 'brain',
      digest: 'a'.repeat(64),
      addedAt: '2026-01-01T00:00:00.000Z',
      counts,
      synthetic: false,
    },
  };
  await store.put(datasetKeys.record('brain'), JSON.stringify(record));
  const screens = recordedScreens();
  const interruption = new Interruption();
  const handed: AbortSignal[] = [];
  const runs: Partial<TemporalRuns> = {
    async foresee(_id, _input, signal) {
      handed.push(signal);
      interruption.come('SIGINT');
      return forecast([node('a')]);
    },
  };
  const input = mergeRunInput(inventedMethods, { dataset: 'brain', method: 'distillation' }, {});
  const deps = {
    ...{ runs: runs as TemporalRuns, methods: inventedMethods, store: () => store, screens, interruption },
    ...{ live: () => Promise.reject(new Error('no NATS')), now: () => 0, newRunName: () => 'one' },
    ...{ page: () => null, progressPage: () => null },
  };
  await expect(forecastRun(deps, input)).rejects.toMatchObject({
    message: 'interrupted: nothing was started',
    exitCode: exitCodes.interrupted,
  });
  expect([handed, screens.out.text()]).toEqual([[interruption.signal], '']);
});

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

it('tells how the method differs from its source before the jobs', () => {
  const screens = recordedScreens();
  const deviations = ['no pretrained weights', 'size 64 instead of 256'];
  const document = documentOf({ ...forecast([node('a')]), deviations });
  expect(document.deviations).toEqual(deviations);
  tellForecast(screens, inventedMethods, document);
  expect(screens.out.text().split('\n').slice(1, 4)).toEqual([
    'differs from its source: no pretrained weights',
    'differs from its source: size 64 instead of 256',
    '',
  ]);
});

it('has no such line of a method as its source has it, nor of a coordinator that does not tell', () => {
  const screens = recordedScreens();
  tellForecast(screens, inventedMethods, documentOf({ ...forecast([node('a')]), deviations: [] }));
  tellForecast(screens, inventedMethods, documentOf(forecast([node('a')])));
  expect(screens.out.text()).not.toContain('differs');
});
