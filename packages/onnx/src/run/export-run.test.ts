import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { artifactKey, type DatasetIndex, type RunResult, runKeys } from '@ddad/contract';
import { smallResult } from '@ddad/contract/testing';
import {
  ArtifactNotFound,
  encodeSafetensors,
  type NamedTensor,
  type ObjectStore,
  publishArtifact,
  putDataset,
} from '@ddad/storage';
import { memoryStore } from '@ddad/storage/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { NotExportable } from '../onnx-export.ts';
import { readPipelineFacts } from '../read-facts.ts';
import { exportRun } from './export-run.ts';
import { inventedExport, inventedModel } from './invented-pipeline.testing.ts';

let directory: string;
let store: ObjectStore;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ddad-export-'));
  store = memoryStore();
});
afterEach(() => rm(directory, { recursive: true }));

const pipeline = {
  imageSize: 64,
  facts: { students: 3 },
  testMaps: [],
  weightBytes: 0,
  parts: '3 students',
  build: async (...args: Parameters<typeof inventedModel>) => inventedModel(...args),
};

const definitions: RunResult['definitions'] = [
  { name: 'far', symbol: { letter: 'F', index: '' }, meaning: 'of all students', map: true, rank: 0 },
];

/** A finished run of a method that exists in tests alone. */
const inventedResult = (changes: Partial<RunResult> = {}) =>
  smallResult({ method: 'distillation', definitions, ...changes });

/** Publishes maps of an invented kind. */
async function publishMaps(tensors: Record<string, number[]>): Promise<{ kind: string; key: string }> {
  const kind = 'scored-sums';
  const spec = { sums: 1 };
  const key = artifactKey(spec);
  const maps = join(directory, 'maps');
  const entries = Object.entries(tensors).map(([name, values]): [string, NamedTensor] => [
    name,
    { shape: [values.length], data: Float32Array.from(values) },
  ]);
  await writeFile(maps, encodeSafetensors(new Map(entries)));
  const made = { loss: null, seconds: 1, worker: 's', environment: {} };
  await publishArtifact(store, { kind, key, spec, files: { maps }, ...made });
  return { kind, key };
}

it("has the file say whose it is, what its scores are, the maps' scales and what held-out images tell", async () => {
  const maps = await publishMaps({ sums: Array.from({ length: 1000 }, (_, i) => i / 1000) });
  const thresholds = { far: { threshold: 0.75, sensitivity: null, specificity: null } };
  const result = inventedResult({ calibration: { images: 3, falsePositiveRate: 0.25, thresholds } });
  await store.put(runKeys.heldOut('r'), JSON.stringify({ far: [0.5, 0.75] }));
  const onnx = inventedExport({
    pipeline: async () => ({
      ...pipeline,
      leftOut: ['slopes'],
      testMaps: [{ ...maps, score: 'far', tensor: 'sums' }],
    }),
  });
  const file = join(directory, 'run.onnx');
  expect(await exportRun(store, onnx, result, file)).toEqual({
    imageSize: 64,
    parts: '3 students',
    files: [file],
  });
  expect(readPipelineFacts(await readFile(file))).toEqual({
    format: 1,
    kind: 'pipeline',
    method: 'distillation',
    runId: 'r',
    dataset: 'brain',
    imageSize: 64,
    students: 3,
    definitions,
    leftOut: ['slopes'],
    // All but a thousandth of the pixels lie below it.
    scales: { far: expect.closeTo(0.999, 6) as number },
    calibration: { falsePositiveRate: 0.25, thresholds: { far: 0.75 }, heldOut: { far: [0.5, 0.75] } },
  });
  expect(await readdir(directory)).toEqual(['maps', 'run.onnx']);
});

it('puts weights of more than a gigabyte beside the model', async () => {
  const onnx = inventedExport({
    pipeline: async () => ({
      ...pipeline,
      weightBytes: 2 ** 30 + 1,
      build: async (facts, sink) => {
        sink.add('w', { shape: [1], data: Float32Array.of(1) });
        return inventedModel(facts, sink);
      },
    }),
  });
  const file = join(directory, 'run.onnx');
  const { files } = await exportRun(store, onnx, inventedResult(), file);
  expect(files).toEqual([file, `${file}.data`]);
  expect(await readFile(`${file}.data`)).toHaveLength(4);
});

it('says what cannot be exported, or is not there, and leaves nothing behind', async () => {
  const file = join(directory, 'run.onnx');
  const refusing = inventedExport({ pipeline: () => Promise.reject(new NotExportable('no students')) });
  const refused = exportRun(store, refusing, inventedResult(), file);
  await expect(refused).rejects.toThrow(new NotExportable('no students'));
  const missing = { kind: 'scored-sums', key: 'a'.repeat(64), score: 'far', tensor: 'sums' };
  const onnx = inventedExport({ pipeline: async () => ({ ...pipeline, testMaps: [missing] }) });
  await expect(exportRun(store, onnx, inventedResult(), file)).rejects.toThrow(
    new ArtifactNotFound(`scored-sums ${missing.key}: expected it in the store, found nothing`),
  );
  expect(await readdir(directory)).toEqual([]);
});

it('has the file say how images of the dataset are read', async () => {
  const result = inventedResult();
  const index: DatasetIndex = {
    format: 1,
    imageSize: 64,
    images: ['a.png'],
    train: [0],
    unlabeled: { labels: 'none' },
    test: { labels: 'none' },
    validation: [],
    copies: [],
    synthetic: false,
    range: [0, 4095],
  };
  const dataset = { name: result.dataset, index, pixels: new Uint8Array(64 * 64), digest: 'a'.repeat(64) };
  await putDataset(store, dataset);
  const file = join(directory, 'run.onnx');
  const reading = async (of: typeof result) => {
    await exportRun(store, inventedExport({ pipeline: async () => pipeline }), of, file);
    return readPipelineFacts(await readFile(file)).reading;
  };
  expect(await reading(result)).toEqual({ range: [0, 4095] });

  // The name now stands for other images: a run that tells its dataset's digest is read as it was made.
  const moved = { ...index, range: [0, 255] as [number, number] };
  await putDataset(store, { ...dataset, index: moved, digest: 'b'.repeat(64) });
  expect(await reading({ ...result, datasetDigest: 'a'.repeat(64) })).toEqual({ range: [0, 4095] });
  expect(await reading({ ...result, datasetDigest: 'b'.repeat(64) })).toEqual({ range: [0, 255] });
  expect(await reading(result)).toEqual({ range: [0, 255] });
  expect(await reading({ ...result, datasetDigest: 'c'.repeat(64) })).toBeUndefined();
});
