import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runKeys } from '@ddad/contract';
import { smallResult } from '@ddad/contract/testing';
import { methods } from '@ddad/methods';
import { type MlflowTestServer, startMlflowTestServer } from '@ddad/mlflow/testing';
import type { ObjectStore } from '@ddad/storage';
import { StoreError } from '@ddad/storage';
import { memoryStore } from '@ddad/storage/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ExportRun } from '../export/export-in-process.ts';
import { logToMlflow } from './log-to-mlflow.ts';

let server: MlflowTestServer;
let store: ObjectStore;
let scratch: string;
let exportRun: ExportRun;
beforeEach(async () => {
  server = await startMlflowTestServer();
  store = memoryStore();
  scratch = await mkdtemp(join(tmpdir(), 'ddad-mlflow-'));
  exportRun = async (_result, file) => {
    await writeFile(file, 'model');
    return [file];
  };
  await store.put(runKeys.page('r'), '<!doctype html>');
  await store.put(runKeys.scores('r'), 'image,label,rec\npatient-7.png,0,1\nb.png,1,2\n');
});
afterEach(async () => {
  await server.close();
  await rm(scratch, { recursive: true });
});

const result = smallResult();
const log = async (address = server.address, signal?: AbortSignal) => {
  const access = { address, authorization: null };
  try {
    return await logToMlflow(
      { store, methods, mlflow: { access, exportRun, scratch } },
      result,
      'ddad-brain-1',
      signal,
    );
  } finally {
    expect(await readdir(scratch)).toEqual([]);
  }
};

test('logs report, page, card, charts and model, and no name of an image', async () => {
  expect(await log()).toEqual({ url: `${server.address}/#/experiments/1/runs/run1`, without: [] });
  const { artifacts, status } = server.runs[0]!;
  expect(status).toBe('FINISHED');
  expect([...artifacts.keys()].sort()).toEqual([
    'card.md',
    'figures/histograms.svg',
    'figures/precision-recall.svg',
    'figures/roc.svg',
    'model/model.onnx',
    'report.html',
    'report.json',
  ]);
  for (const content of artifacts.values()) expect(content.toString()).not.toContain('patient-7');
});

test('says what it went without, in a line each', async () => {
  await store.remove([runKeys.page('r')]);
  exportRun = () => Promise.reject(new Error('no member\nof role ndm'));
  const { url, without } = await log();
  expect(url).toBe(`${server.address}/#/experiments/1/runs/run1`);
  expect(without).toEqual([
    `the page: object store: expected an object ${runKeys.page('r')}, found none`,
    'the ONNX model: no member of role ndm',
  ]);
  expect([...server.runs[0]!.artifacts.keys()]).toContain('card.md');
});

test('logs nothing while the store is away: it is tried again', async () => {
  const away = new StoreError('object store: connection refused', 'ECONNREFUSED');
  exportRun = () => Promise.reject(away);
  await expect(log()).rejects.toBe(away);
  expect(server.runs).toEqual([]);
});

test('says in one failure what the server did not do', async () => {
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

test('ends while the server does not answer, where the activity is cancelled', async () => {
  const ending = new AbortController();
  const reason = new Error('cancelled');
  const silent = createServer(() => ending.abort(reason));
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  try {
    const { port } = silent.address() as AddressInfo;
    await expect(log(`http://127.0.0.1:${port}`, ending.signal)).rejects.toBe(reason);
  } finally {
    silent.closeAllConnections();
    silent.close();
  }
});
