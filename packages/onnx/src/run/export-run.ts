import { closeSync, openSync, writeSync } from 'node:fs';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import {
  type DatasetIndex,
  defaultImageSize,
  type HeldOutScores,
  heldOutScoresSchema,
  packingsOf,
  type RunResult,
  readingFacts,
  runKeys,
} from '@ddad/contract';
import { definitionsOf } from '@ddad/runs';
import { ObjectNotFound, type ObjectReader, readDatasetIndex, readDatasetRecord } from '@ddad/storage';
import type { OnnxExport, PipelineExport } from '../onnx-export.ts';
import type { PipelineFacts } from '../pipeline-facts.ts';
import { externalWeights, inlineWeights } from '../weight-sinks.ts';
import { artifactFiles } from './artifact-files.ts';
import { mapScales } from './map-scales.ts';

/** Weights of more bytes go into a file of their own beside the model: protobuf takes no more than 2 GB. */
const largestInline = 2 ** 30;

/** What was written. */
export interface ExportedRun {
  /** Side of the square images in pixels. */
  imageSize: number;
  /** What the model is made of, for people. */
  parts: string;
  /** Paths. */
  files: string[];
}

/**
 * Writes a finished run's whole scorer as an ONNX file, which appears only once it is whole. Where the weights are more than
 * a gigabyte they lie in FILE.data beside it.
 * @param onnx of the run's method
 * @throws NotExportable, and ArtifactNotFound where a part of the run is missing
 */
export async function exportRun(
  store: ObjectReader,
  onnx: OnnxExport,
  result: RunResult,
  file: string,
): Promise<ExportedRun> {
  const directory = await mkdtemp(join(dirname(file), '.ddad-export-'));
  const reader = artifactFiles(store, directory);
  try {
    const pipeline = await onnx.pipeline(result, reader);
    const { imageSize, parts } = pipeline;
    const facts = await pipelineFacts(store, result, pipeline, directory);
    const part = join(directory, 'model.onnx');
    if (pipeline.weightBytes <= largestInline) {
      await writeFile(part, await pipeline.build(facts, inlineWeights));
      await rename(part, file);
      return { imageSize, parts, files: [file] };
    }
    const data = `${file}.data`;
    const partOfData = join(directory, 'model.data');
    const descriptor = openSync(partOfData, 'w');
    try {
      const sink = externalWeights(basename(data), (chunk) => void writeSync(descriptor, chunk));
      await writeFile(part, await pipeline.build(facts, sink));
    } finally {
      closeSync(descriptor);
    }
    await rename(partOfData, data);
    await rename(part, file);
    return { imageSize, parts, files: [file, data] };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function pipelineFacts(
  store: ObjectReader,
  result: RunResult,
  { imageSize, facts, testMaps, leftOut = [] }: PipelineExport,
  directory: string,
): Promise<PipelineFacts> {
  const { runId, method, dataset } = result;
  const calibration = await calibrationOf(store, result);
  return {
    ...facts,
    format: 1,
    kind: 'pipeline',
    method,
    runId,
    dataset,
    imageSize,
    ...(await readingOf(store, result)),
    definitions: definitionsOf(result),
    ...(leftOut.length === 0 ? {} : { leftOut: [...leftOut] }),
    ...(testMaps.length === 0 ? {} : { scales: await mapScales(store, testMaps, directory) }),
    ...(calibration === null ? {} : { calibration }),
  };
}

/** How the run's dataset is read; nothing where it has gone, whose artifacts may be kept longer. */
async function readingOf(store: ObjectReader, result: RunResult): Promise<Pick<PipelineFacts, 'reading'>> {
  const digest = result.datasetDigest ?? (await digestByName(store, result));
  const index = digest === null ? null : await readIndexOrNull(store, digest);
  if (index === null) return {};
  const reading = readingFacts(index);
  return Object.keys(reading).length === 0 ? {} : { reading };
}

/** Of a result that does not tell its dataset's digest: what the name stands for now; null where it stands for nothing. */
async function digestByName(
  store: ObjectReader,
  { dataset, imageSize = defaultImageSize }: RunResult,
): Promise<string | null> {
  const record = await readDatasetRecord(store, dataset);
  if (record === null) return null;
  return packingsOf(record).find((one) => one.imageSize === imageSize)?.digest ?? record.digest;
}

/** Null where the dataset was removed, or moved away from this digest. */
async function readIndexOrNull(store: ObjectReader, digest: string): Promise<DatasetIndex | null> {
  try {
    return await readDatasetIndex(store, digest);
  } catch (error) {
    if (error instanceof ObjectNotFound) return null;
    throw error;
  }
}

async function calibrationOf(
  store: ObjectReader,
  { runId, calibration }: RunResult,
): Promise<PipelineFacts['calibration'] | null> {
  if (calibration === undefined) return null;
  const { falsePositiveRate, thresholds } = calibration;
  const limits = Object.entries(thresholds ?? {}).map(([name, { threshold }]) => [name, threshold] as const);
  return {
    falsePositiveRate,
    thresholds: thresholds === null ? null : Object.fromEntries(limits),
    heldOut: await heldOutScores(store, runId),
  };
}

async function heldOutScores(store: ObjectReader, runId: string): Promise<HeldOutScores> {
  const object = runKeys.heldOut(runId);
  let text: Buffer;
  try {
    text = await store.get(object);
  } catch (error) {
    // A run from before these were kept: it has thresholds, but gives no p-values.
    if (error instanceof ObjectNotFound) return {};
    throw error;
  }
  return heldOutScoresSchema.parse(JSON.parse(text.toString('utf8')));
}
