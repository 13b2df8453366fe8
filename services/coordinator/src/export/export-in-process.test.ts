import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunResult } from '@ddad/contract';
import { smallResult } from '@ddad/contract/testing';
import { readPipelineFacts } from '@ddad/onnx';
import { encodeSafetensors, type ObjectStore, StoreError } from '@ddad/storage';
import { memoryStore, publishContent } from '@ddad/storage/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { exportInProcess } from './export-in-process.ts';

const module = new URL('./small-export.testing.ts', import.meta.url).href;

let directory: string;
let store: ObjectStore;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ddad-export-'));
  store = memoryStore();
});
afterEach(() => rm(directory, { recursive: true }));

const resultOf = (artifacts: RunResult['artifacts']) => smallResult({ method: 'small', artifacts });

function publishWeights(): Promise<string> {
  const weights = encodeSafetensors(new Map([['weights', { shape: [3], data: Float32Array.of(1, 2, 3) }]]));
  return publishContent(store, { kind: 'trained-small', spec: { loss: 1 }, files: { weights } });
}

const exportSmall = (artifacts: RunResult['artifacts'], signal?: AbortSignal) =>
  exportInProcess(store, [module])(resultOf(artifacts), join(directory, 'model.onnx'), signal);

test('writes the scorer of a run by what its parent reads out of the store', async () => {
  const weights = await publishWeights();
  const [first, second] = await Promise.all([exportSmall({ weights }), exportSmall({ weights })]);
  expect([first, second]).toEqual([[join(directory, 'model.onnx')], [join(directory, 'model.onnx')]]);
  expect(readPipelineFacts(await readFile(join(directory, 'model.onnx')))).toMatchObject({
    method: 'small',
    runId: 'r',
    weights: 3,
  });
});

test('says why a run cannot be exported, and leaves nothing behind', async () => {
  await expect(exportSmall({})).rejects.toThrow('expected an artifact weights, got none');
  const key = 'a'.repeat(64);
  await expect(exportSmall({ weights: key })).rejects.toThrow(
    `trained-small ${key}: expected it in the store, found nothing`,
  );
  const none = exportInProcess(store, [])(resultOf({}), join(directory, 'model.onnx'));
  await expect(none).rejects.toThrow('method small has no export to ONNX');
  expect(await readdir(directory)).toEqual([]);
});

test('fails with the error of a store that is away', async () => {
  const weights = await publishWeights();
  const away = new StoreError('object store: connection refused', 'ECONNREFUSED');
  store.getToFile = () => Promise.reject(away);
  await expect(exportSmall({ weights })).rejects.toBe(away);
});

test('ends when it is told to, and lets the next one work', async () => {
  const exportRun = exportInProcess(store, [module]);
  const file = join(directory, 'model.onnx');
  const told = new AbortController();
  const stuck = exportRun(resultOf({ weights: null }), file, told.signal);
  const next = exportRun(resultOf({ weights: await publishWeights() }), file);
  setTimeout(() => told.abort(new Error('cancelled')), 300);
  await expect(stuck).rejects.toThrow('cancelled');
  expect(await next).toEqual([file]);
});
