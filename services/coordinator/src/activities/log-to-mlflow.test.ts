import { type RunResult, runKeys } from '@ddad/contract';
import { type MlflowTestServer, startMlflowTestServer } from '@ddad/mlflow/testing';
import type { ObjectStore } from '@ddad/storage';
import { memoryStore } from '@ddad/storage/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { logToMlflow } from './log-to-mlflow.ts';

let server: MlflowTestServer;
let store: ObjectStore;
beforeEach(async () => {
  server = await startMlflowTestServer();
  store = memoryStore();
});
afterEach(() => server.close());

const result: RunResult = {
  runId: 'r',
  dataset: 'brain',
  synthetic: false,
  method: 'ddad',
  definitions: [{ name: 'rec', symbol: { letter: 'A', index: '' }, meaning: '', map: false, rank: 0 }],
  seed: 0,
  scores: { rec: { auc: 1, ap: 1 } },
  members: [],
  artifacts: {},
  seconds: { total: 1 },
  files: { report: runKeys.report('r'), page: runKeys.page('r'), scores: runKeys.scores('r') },
};
const log = (address = server.address) =>
  logToMlflow({ store, mlflow: { address, authorization: null } }, result, 'ddad-brain-1');

test('logs report, page and charts, and no name of an image', async () => {
  await store.put(runKeys.page('r'), '<!doctype html>');
  await store.put(runKeys.scores('r'), 'image,label,rec\npatient-7.png,0,1\nb.png,1,2\n');
  expect(await log()).toBe(`${server.address}/#/experiments/1/runs/run1`);
  const { artifacts, status } = server.runs[0]!;
  expect(status).toBe('FINISHED');
  expect([...artifacts.keys()].sort()).toEqual([
    'figures/histograms.svg',
    'figures/precision-recall.svg',
    'figures/roc.svg',
    'report.html',
    'report.json',
  ]);
  for (const content of artifacts.values()) expect(content.toString()).not.toContain('patient-7');
});

test('says in one failure what the server did not do', async () => {
  await store.put(runKeys.scores('r'), 'image,label,rec\na,0,1\nb,1,2\n');
  server.refused.add('report.json');
  const error: unknown = await log().catch((reason: unknown) => reason);
  expect(error).toMatchObject({
    name: 'ApplicationFailure',
    type: 'MlflowError',
    nonRetryable: false,
    message: expect.stringMatching(/report\.json: HTTP 400: INTERNAL_ERROR/),
  });
  expect((error as Error).cause).toBeUndefined();
});
