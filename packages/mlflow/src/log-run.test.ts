import type { RunResult } from '@ddad/contract';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MlflowClient } from './client.ts';
import { type LoggedFile, logRun } from './log-run.ts';
import { type MlflowTestServer, startMlflowTestServer } from './mlflow-server.testing.ts';

let server: MlflowTestServer;
beforeEach(async () => {
  server = await startMlflowTestServer();
});
afterEach(() => server.close());

const result: RunResult = {
  runId: 'a-run',
  dataset: 'brain',
  synthetic: false,
  method: 'ddad',
  definitions: [],
  input: { dataset: 'brain', k: 3 },
  seed: 0,
  scores: { rec: { auc: 0.75, ap: 0.5 } },
  members: [],
  artifacts: {},
  seconds: { total: 60 },
  files: { report: 'r', page: null, scores: null },
};
const files: LoggedFile[] = [
  { path: 'report.json', content: '{}' },
  { path: 'figures/roc.svg', content: '<svg/>' },
];
const log = (some: readonly LoggedFile[] = files) =>
  logRun(new MlflowClient({ address: server.address, authorization: null }), {
    result,
    workflowId: 'ddad-brain-1',
    files: some,
    now: 1_000_000,
  });

test('a run is logged once, into the experiment of its dataset', async () => {
  const { url } = await log();
  expect(url).toBe(`${server.address}/#/experiments/1/runs/run1`);
  expect(server.experiments).toEqual(['ddad brain']);
  const [run] = server.runs;
  expect(run).toMatchObject({
    name: 'ddad-brain-1',
    status: 'FINISHED',
    params: { dataset: 'brain', k: '3' },
    metrics: { 'auc/rec': 0.75, 'ap/rec': 0.5, 'seconds/total': 60 },
    tags: { 'ddad.run': 'a-run', 'ddad.method': 'ddad' },
  });
  expect([...run!.artifacts].map(([path, content]) => [path, content.toString()])).toEqual([
    ['report.json', '{}'],
    ['figures/roc.svg', '<svg/>'],
  ]);
  expect((await log()).url).toBe(url);
  expect(server.runs).toHaveLength(1);
});

test('who tries again goes on: what is there stays, what is missing is added', async () => {
  server.refused.add('figures/roc.svg');
  await expect(log()).rejects.toThrow('INTERNAL_ERROR');
  expect(server.runs[0]!.status).toBe('RUNNING');
  server.refused.clear();
  await log([{ path: 'report.json', content: 'other' }, files[1]!]);
  expect(server.runs).toHaveLength(1);
  const [{ status, artifacts }] = server.runs as [MlflowTestServer['runs'][number]];
  expect(status).toBe('FINISHED');
  expect(artifacts.get('report.json')?.toString()).toBe('{}');
  await log([...files, { path: 'model/model.onnx', content: Buffer.from('onnx') }]);
  expect([...artifacts.keys()]).toEqual(['report.json', 'figures/roc.svg', 'model/model.onnx']);
});
