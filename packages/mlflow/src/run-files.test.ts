import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunResult, runKeys } from '@ddad/contract';
import { smallResult } from '@ddad/contract/testing';
import { methods } from '@ddad/methods';
import type { ObjectStore } from '@ddad/storage';
import { memoryStore } from '@ddad/storage/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runFiles } from './run-files.ts';

let directory: string;
let store: ObjectStore;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ddad-mlflow-'));
  store = memoryStore();
});
afterEach(() => rm(directory, { recursive: true }));

const result = smallResult();

test('are report, card, page, charts, and the model with weights beside it; no name of an image is in them', async () => {
  await store.put(runKeys.page('r'), '<!doctype html>');
  await store.put(runKeys.scores('r'), 'image,label,rec\npatient-7.png,0,1\nb.png,1,2\n');
  const exportOnnx = async (_: RunResult, file: string) => {
    for (const written of [file, `${file}.data`]) await writeFile(written, 'model');
    return [file, `${file}.data`];
  };
  const { files, missing } = await runFiles({ store, methods, exportOnnx }, result, directory);
  expect(missing).toEqual([]);
  expect(files.map(({ path }) => path)).toEqual([
    'report.json',
    'card.md',
    'report.html',
    'figures/roc.svg',
    'figures/precision-recall.svg',
    'figures/histograms.svg',
    'model/model.onnx',
    'model/model.onnx.data',
  ]);
  for (const { content } of files) {
    const text = typeof content === 'object' && 'file' in content ? await readFile(content.file) : content;
    expect(text.toString()).not.toContain('patient-7');
  }
});

test('goes without what cannot be had, and says what and why', async () => {
  const refused = new Error('refused');
  const exportOnnx = () => Promise.reject(refused);
  const { files, missing } = await runFiles({ store, methods, exportOnnx }, result, directory);
  expect(files.map(({ path }) => path)).toEqual(['report.json', 'card.md']);
  expect(missing.map(({ what }) => what)).toEqual(['the page', 'figures', 'the ONNX model']);
  expect(missing.at(-1)?.error).toBe(refused);
});

test('asks no method for a model that exports none', async () => {
  const exportOnnx = () => Promise.reject(new Error('asked'));
  const files = { ...result.files, page: null, scores: null };
  const other = { ...result, method: 'of another deployment', files };
  expect((await runFiles({ store, methods, exportOnnx }, other, directory)).missing).toEqual([]);
});
