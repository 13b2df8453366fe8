import { runKeys } from '@ddad/contract';
import { type MlflowTestServer, startMlflowTestServer } from '@ddad/mlflow/testing';
import type { ObjectStore } from '@ddad/storage';
import { memoryStore } from '@ddad/storage/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { inventedMethods, inventedResult } from '../invented-method.testing.ts';
import { logToMlflow } from './log-to-mlflow.ts';

let server: MlflowTestServer;
let store: ObjectStore;
let said: string[];
beforeEach(async () => {
  server = await startMlflowTestServer();
  store = memoryStore();
  said = [];
});
afterEach(() => server.close());

const page = runKeys.page('r');
const result = inventedResult({
  files: { report: runKeys.report('r'), page, scores: runKeys.scores('r') },
  scores: { near: { auc: 1, ap: 1 } },
});
const csv = 'image,label,near,far,fused\npatient-7.png,0,1,,\nb.png,1,2,,\n';
const log = (address = server.address) =>
  logToMlflow(
    { store, methods: inventedMethods, say: (line) => said.push(line) },
    { address, authorization: null },
    { result, workflowId: 'ddad-brain-1' },
  );

test('logs report, page, card and charts, and no name of an image', async () => {
  await store.put(page, '<!doctype html>');
  await store.put(runKeys.scores('r'), csv);
  const url = `${server.address}/#/experiments/1/runs/run1`;
  expect(await log()).toEqual({ url, whole: true });
  const [run] = server.runs;
  expect([...run!.artifacts.keys()].sort()).toEqual([
    'card.md',
    'figures/histograms.svg',
    'figures/precision-recall.svg',
    'figures/roc.svg',
    'report.html',
    'report.json',
  ]);
  expect(JSON.parse(run!.artifacts.get('report.json')!.toString())).toEqual(result);
  expect(run!.artifacts.get('report.html')!.toString()).toBe('<!doctype html>');
  for (const content of run!.artifacts.values()) expect(content.toString()).not.toContain('patient-7');
  expect(said).toEqual([`mlflow: ${server.address}/#/experiments/1/runs/run1`]);
});

test('does without what cannot be had, and says so', async () => {
  expect(await log()).toMatchObject({ whole: false });
  expect([...server.runs[0]!.artifacts.keys()].sort()).toEqual(['card.md', 'report.json']);
  expect(said.map((line) => line.split(':').slice(0, 2).join(':'))).toEqual([
    'mlflow: without the page',
    'mlflow: without figures',
    'mlflow: http',
  ]);
});

test('a server that is away is said, and throws nothing', async () => {
  await store.put(page, '');
  await store.put(runKeys.scores('r'), csv);
  expect(await log('http://127.0.0.1:1')).toEqual({ url: null, whole: false });
  expect(said).toEqual([
    expect.stringMatching(
      /^mlflow: the run could not be logged: MLflow at http:\/\/127\.0\.0\.1:1, .*no answer/,
    ),
  ]);
});
