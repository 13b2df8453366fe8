import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { conformalPValues } from '@ddad/anomaly';
import type { RunResult } from '@ddad/contract';
import { type CoarseImage, imagesBelow, type RoomAhead, readAhead } from '@ddad/dataset';
import type { MethodRegistry } from '@ddad/methods';
import type { PipelineFacts } from '@ddad/onnx';
import type { ObjectStore } from '@ddad/storage';
import { CommandFailure, exitCodes } from '../failure.ts';
import { plural } from '../figures.ts';
import { exportedRun } from '../onnx/exported-runs.ts';
import { onnxOf } from '../onnx/onnx-of.ts';
import {
  openPipeline,
  type PipelineSession,
  pipelineFacts,
  type ScoredPixels,
} from '../onnx/pipeline-session.ts';
import { OutputNames } from '../output-names.ts';
import { removeMade, tryDirectory } from '../output-place.ts';
import type { Screens } from '../screen.ts';
import { coarseLines } from './dataset-notes.ts';
import { scoreCsv } from './score-csv.ts';
import { type ImageFile, inBatches, type ReadImage, readForNetwork, type Unread } from './score-images.ts';
import { writeMapObjects, writeMapPngs } from './score-maps.ts';
import { judgedBy, knownDefinitions, type Verdict, verdictLine, verdictOf } from './score-verdict.ts';

export interface ScoreDeps {
  screens: Screens;
  methods: MethodRegistry;
  /** A finished run's result; only asked for where no file is named. */
  result: (run: string) => Promise<RunResult>;
  store: () => Promise<ObjectStore>;
  /** Where exported runs are kept. */
  cache: string;
}

/** An image as it is told of: a JSON line, a CSV line, an entry of the document. */
export interface ScoredImage {
  image: string;
  /** Absent of an image that could not be read. */
  scores?: ScoredPixels['scores'];
  /** Share of normal images that score at least as high, from held-out ones; absent where there were none. */
  pValues?: Record<string, number>;
  /** Whether the score lies above its threshold; absent where there is none. */
  abnormal?: Record<string, boolean>;
  /** Files of the heat maps; absent where none were wanted. */
  maps?: Record<string, string>;
  /** Files of the heat maps as DICOM objects; absent where none were wanted, null where the image is no DICOM file. */
  dicom?: Record<string, string> | null;
  /** Why it could not be read, or has no DICOM object; absent where nothing is wrong. */
  fault?: string;
}

/** What `--json` prints. */
export interface ScoredImages {
  /** Temporal's run id of the run that the scorer is of. */
  runId: string;
  images: ScoredImage[];
  verdict: Verdict;
}

export interface ScoreOptions {
  pipeline: string;
  /** Files, and directories, of which all images at any depth are taken. */
  images: readonly string[];
  out?: string | undefined;
  dicom?: string | undefined;
  /** CSV lines in place of JSON lines. */
  csv?: boolean | undefined;
}

/**
 * `ddad score`: scores images by a finished run or an exported one, a JSON or CSV line each, with heat maps as PNGs where `out`
 * names a directory, and as DICOM objects beside their sources where `dicom` does; and a verdict of all together on the other
 * screen. What cannot be read gives a line with its fault.
 * @param options.pipeline a run, or an ONNX file of `ddad export --run`, which needs no cluster
 * @throws CommandFailure where a directory holds no image, and where heat maps are wanted of what has none; once all others are scored,
 * where some images are at fault
 */
export async function scoreImages(deps: ScoreDeps, options: ScoreOptions): Promise<ScoredImages> {
  const { out, err } = deps.screens;
  const made: string[] = [];
  if (options.out !== undefined) made.push(...(await tryDirectory('--out', options.out)));
  if (options.dicom !== undefined) made.push(...(await tryDirectory('--dicom', options.dicom)));
  const pipeline = await findPipeline(deps, options.pipeline);
  try {
    await assertMaps(deps, pipeline, options);
  } catch (error) {
    // Nothing would come into them.
    await removeMade(made);
    throw error;
  }
  const paths = await imageFiles(deps, options.images);
  const session = await openPipeline(await pipelineFile(deps, pipeline));
  try {
    const { facts, scores } = session;
    const by = judgedBy(deps.methods, facts, scores);
    const judgedScores = scores.filter((name) => facts.calibration?.heldOut[name] !== undefined);
    const csv = options.csv ? scoreCsv(scores, judgedScores, by.score) : null;
    if (csv !== null) out.write(`${csv.header}\n`);
    const lines: ScoredImage[] = [];
    const coarse: CoarseImage[] = [];
    const names = new OutputNames();
    const files = paths.map((path) => ({ path, stem: names.draw(basename(path, extname(path))) }));
    const reading = (file: ImageFile, room: RoomAhead) =>
      readForNetwork(file, facts, options.dicom !== undefined, room);
    for await (const some of inBatches(readAhead(files, reading))) {
      const found = await scored(session, some);
      for (const image of some) {
        const line = await lineOf(facts, image, found, names, options);
        lines.push(line);
        if ('coarse' in image && image.coarse !== null) coarse.push({ name: image.path, ...image.coarse });
        out.write(`${csv === null ? JSON.stringify(line) : csv.line(line)}\n`);
      }
    }
    const faults = lines.filter(({ fault }) => fault !== undefined).length;
    const withScores = lines.flatMap(({ image, scores }) =>
      scores === undefined ? [] : [{ image, scores }],
    );
    const verdict = verdictOf(facts, by, withScores, faults);
    const remedy = 'scale them as the images that were trained on, or their scores are of next to nothing';
    for (const text of coarseLines(coarse, remedy)) err.write(`${text}\n`);
    err.write(`${verdictLine(verdict)}\n`);
    const document = { runId: facts.runId, images: lines, verdict };
    if (faults > 0) {
      const message = `${faults} of ${plural(lines.length, 'image')} ${faults === 1 ? 'is' : 'are'} at fault`;
      throw new CommandFailure(message, undefined, { document });
    }
    return document;
  } finally {
    await session.close();
  }
}

async function lineOf(
  facts: PipelineFacts,
  image: ReadImage | Unread,
  found: ReadonlyMap<ReadImage, ScoredPixels>,
  names: OutputNames,
  { out, dicom }: ScoreOptions,
): Promise<ScoredImage> {
  if ('fault' in image) return { image: image.path, fault: image.fault };
  const pixels = found.get(image)!;
  const line: ScoredImage = { image: image.path, ...judged(facts, pixels.scores) };
  const name = image.part === null ? image.stem : names.draw(`${image.stem}.${image.part}`);
  if (out !== undefined) line.maps = await writeMapPngs(facts, pixels, image, join(out, name));
  const { source } = image;
  if (source === undefined) return line;
  if (source !== null && 'fault' in source) line.fault = source.fault;
  else line.dicom = source && (await writeMapObjects(facts, pixels, source, image.part, join(dicom!, name)));
  return line;
}

/**
 * Files that were named, and those below directories that were.
 * @throws CommandFailure where a directory holds no image
 */
async function imageFiles({ screens }: ScoreDeps, named: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const path of named) {
    const found = await stat(path).catch(() => null);
    // What is not there has a line of its own, with its fault.
    if (found?.isDirectory() !== true) {
      files.push(path);
      continue;
    }
    const { images, others } = await imagesBelow(path);
    if (images.length === 0) {
      const message = `${path}: expected a directory with images, found ${others === 0 ? 'no files' : 'other files only'}`;
      throw new CommandFailure(message, exitCodes.badInput);
    }
    if (others > 0) screens.err.write(`${path}: passed over ${plural(others, 'file')}: by name no image\n`);
    files.push(...images);
  }
  return files;
}

/** A pipeline's file, or the run that it is exported from; and how either was named. */
type FoundPipeline = { name: string } & ({ file: string } | { result: RunResult });

async function findPipeline({ result }: ScoreDeps, name: string): Promise<FoundPipeline> {
  if (existsSync(name)) return { name, file: name };
  if (extname(name) === '.onnx') {
    throw new CommandFailure(`${name}: expected an ONNX file, found nothing`, exitCodes.badInput);
  }
  return { name, result: await result(name) };
}

/** @throws CommandFailure where heat maps are wanted of a pipeline that has none, before anything is read or exported for it */
async function assertMaps(
  { methods }: ScoreDeps,
  pipeline: FoundPipeline,
  { out, dicom }: ScoreOptions,
): Promise<void> {
  const wanted = [out === undefined ? [] : ['--out'], dicom === undefined ? [] : ['--dicom']].flat();
  if (wanted.length === 0) return;
  const facts = 'file' in pipeline ? await pipelineFacts(pipeline.file) : pipeline.result;
  const known = knownDefinitions(methods, facts);
  if (known === null || known.some(({ map }) => map)) return;
  const options = wanted.join(' and ');
  throw new CommandFailure(
    `${options}: expected a run with heat maps, got ${pipeline.name} of method ${facts.method}, which has none: ` +
      `without ${options} it gives its scores`,
    exitCodes.badInput,
  );
}

/** The file of a pipeline: the one that is named, or a run's own, exported once. */
async function pipelineFile(deps: ScoreDeps, pipeline: FoundPipeline): Promise<string> {
  if ('file' in pipeline) return pipeline.file;
  const { name, result } = pipeline;
  const onnx = await onnxOf(deps.methods, result.method);
  const tell = (file: string) => deps.screens.err.write(`exporting ${name} to ${file}\n`);
  return exportedRun(deps.store, onnx, result, deps.cache, tell);
}

async function scored(
  session: PipelineSession,
  images: readonly (ReadImage | Unread)[],
): Promise<Map<ReadImage, ScoredPixels>> {
  const readable = images.filter((image) => 'pixels' in image);
  if (readable.length === 0) return new Map();
  const found = await session.run(Buffer.concat(readable.map(({ pixels }) => pixels)));
  return new Map(readable.map((image, i) => [image, found[i]!]));
}

/** Scores with what held-out normal images say of them. */
function judged(
  { calibration }: PipelineFacts,
  scores: ScoredPixels['scores'],
): Omit<ScoredImage, 'image'> & {
  scores: ScoredPixels['scores'];
} {
  if (calibration === undefined) return { scores };
  const pValues: Record<string, number> = {};
  const abnormal: Record<string, boolean> = {};
  for (const [name, score] of Object.entries(scores)) {
    const heldOut = calibration.heldOut[name];
    const threshold = calibration.thresholds?.[name];
    const [pValue] = heldOut === undefined ? [] : conformalPValues(heldOut, [score]);
    if (pValue !== undefined) pValues[name] = pValue;
    if (threshold !== undefined) abnormal[name] = score > threshold;
  }
  return {
    scores,
    ...(Object.keys(pValues).length === 0 ? {} : { pValues }),
    ...(Object.keys(abnormal).length === 0 ? {} : { abnormal }),
  };
}
