import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runKeys } from '@ddad/contract';
import type { ObjectStore } from '@ddad/storage';
import { memoryStore } from '@ddad/storage/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { inventedResult } from './invented-method.testing.ts';
import { saveReport } from './report-files.ts';

let directory: string;
let store: ObjectStore;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ddad-report-files-'));
  store = memoryStore();
  await store.put(runKeys.page('r'), 'the page');
  await store.put(runKeys.scores('r'), 'image,label\n');
  for (const name of ['report.json', 'report.html', 'scores.csv', 'mine.txt'])
    await writeFile(join(directory, name), 'earlier');
});
afterEach(() => rm(directory, { recursive: true }));

const result = inventedResult({ files: { report: '', page: 'there', scores: 'there' } });
const files = async () => (await readdir(directory)).sort();

it('replaces what an earlier run left, and nothing else', async () => {
  const saved = await saveReport(store, result, directory, new AbortController().signal);
  expect(saved).toEqual({
    report: join(directory, 'report.json'),
    page: join(directory, 'report.html'),
    scores: join(directory, 'scores.csv'),
  });
  expect(await files()).toEqual(['mine.txt', 'report.html', 'report.json', 'scores.csv']);
  expect(await readFile(join(directory, 'report.html'), 'utf8')).toBe('the page');
});

it('given up, it leaves no part of a file, and nothing of an earlier run beside its own', async () => {
  const interrupted = new AbortController();
  // As the S3 store does it, which cannot be told to stop.
  const slow: ObjectStore = {
    ...store,
    async getToFile(_, path) {
      await writeFile(`${path}.part`, 'half of');
      interrupted.abort('SIGINT');
      await new Promise(() => {});
    },
  };
  await expect(saveReport(slow, result, directory, interrupted.signal)).rejects.toBe('SIGINT');
  expect(await files()).toEqual(['mine.txt', 'report.json']);
  expect(JSON.parse(await readFile(join(directory, 'report.json'), 'utf8'))).toMatchObject({ runId: 'r' });
});

it('given up before, it touches nothing', async () => {
  await expect(saveReport(store, result, directory, AbortSignal.abort('SIGTERM'))).rejects.toBe('SIGTERM');
  expect(await files()).toEqual(['mine.txt', 'report.html', 'report.json', 'scores.csv']);
  expect(await readFile(join(directory, 'report.json'), 'utf8')).toBe('earlier');
});
