import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  artifactName,
  type DatasetIndex,
  type HeldOutScores,
  heldOutScoresSchema,
  type PageSpec,
  type Pathology,
  type ShownArtifact,
} from '@ddad/contract';
import { readImages } from '@ddad/dataset/packed-file';
import { testImages } from '@ddad/dataset/select';
import type { ChildResult } from '@ddad/jobs';
import { type ChildContext, ChildFault } from '@ddad/jobs/child';
import { inputFile, type MakeTask } from '@ddad/jobs/task';
import type { ReportArtifact, TestImages } from '@ddad/report';
import { buildReport } from '@ddad/report/build-report';
import { copiesInTraining } from './copies-in-training.ts';
import { OpenMaps } from './heat-maps.ts';
import { readImageScores, valuesOf } from './image-scores.ts';
import { JobPace, plainEnvironment, Stopped } from './job-pace.ts';
import { readIndex } from './read-index.ts';

type PageTask = MakeTask<PageSpec>;

/**
 * Makes a run's page: file `page`, one HTML file that needs nothing else. Of the dataset it reads the pictures that it shows;
 * heat maps once in pieces, for their scales, and again those that it shows.
 * @throws ChildFault `invalid` where artifacts and dataset do not fit together
 */
export async function makePage(task: PageTask, context: ChildContext): Promise<ChildResult | null> {
  const { spec, directory } = task;
  const { definitions } = spec.result;
  if (definitions === undefined)
    throw new ChildFault('invalid', 'result.definitions: expected those of its scores, got none');
  if (task.index === null) throw new TypeError("page: expected the dataset's index, got none");
  const index = await readIndex(task.index);
  const count = testImages(index).images.length;
  const maps = await OpenMaps.open(task, spec.sources, [count, index.imageSize, index.imageSize]);
  try {
    context.ready();
    const pace = new JobPace(context, count, maps.count);
    const page = await buildReport({
      ...spec,
      definitions,
      artifacts: spec.artifacts.map((artifact) => reportArtifact(task, artifact)),
      ...(spec.evaluation === undefined ? {} : { heldOut: await readHeldOut(task) }),
      test: spec.sources.length === 0 ? null : await readTestImages(task, index, maps, pace),
    });
    const files = { page: join(directory, 'report.html') };
    await writeFile(files.page, page);
    return { files, loss: null, seconds: pace.seconds, environment: plainEnvironment() };
  } catch (error) {
    if (error instanceof Stopped) return null;
    throw error;
  } finally {
    await maps.close();
  }
}

async function readHeldOut(task: PageTask): Promise<HeldOutScores> {
  const text = await readFile(inputFile(task, 'evaluation', 'held-out'), 'utf8');
  return heldOutScoresSchema.parse(JSON.parse(text));
}

function reportArtifact({ kind, inputs }: PageTask, artifact: ShownArtifact): ReportArtifact {
  const name = artifactName(artifact);
  const input = inputs[name];
  if (input === undefined) throw new TypeError(`${kind}: expected an input ${name}`);
  const { spec, files, seconds, worker, finishedAt, environment, history } = input.manifest;
  return { ...artifact, spec, files, seconds, worker, finishedAt, environment, history };
}

async function readTestImages(
  task: PageTask,
  index: DatasetIndex,
  maps: OpenMaps,
  pace: JobPace,
): Promise<TestImages> {
  const { spec, pixels, masks } = task;
  if (pixels === null) throw new TypeError("page: expected the dataset's pixels, got none");
  const { images, labels } = testImages(index);
  const copies = copiesInTraining(index, spec);
  const names = (spec.result.definitions ?? []).map(({ name }) => name);
  const scores = await readImageScores(task, spec.sources, names, { exactly: images.length });
  const side = index.imageSize;
  const placeOf = new Map(index.masks?.images.map((position, place) => [position, place]));
  return {
    labels,
    copies: images.map((_position, i) => copies.has(i)),
    scores: valuesOf(scores),
    ...(index.pathologies === undefined ? {} : { pathologies: shownIn(index.pathologies, images) }),
    side,
    async pixels(places) {
      const positions = places.flatMap((place) => images[place] ?? []);
      return await readImages(pixels, side, positions);
    },
    maps: maps.byScore((read) => pace.advanceOrStop(read)),
    ...(masks === undefined
      ? {}
      : {
          async mask(image) {
            const place = placeOf.get(images[image] ?? Number.NaN);
            return place === undefined ? null : await readImages(masks, side, [place]);
          },
        }),
  };
}

/** Which test images show what, by their places; without what none of them shows. */
function shownIn(
  pathologies: readonly Pathology[],
  images: readonly number[],
): NonNullable<TestImages['pathologies']> {
  const placeOf = new Map(images.map((position, place) => [position, place]));
  return pathologies
    .map(({ name, images: positions }) => ({
      name,
      images: positions.flatMap((position) => placeOf.get(position) ?? []).sort((a, b) => a - b),
    }))
    .filter(({ images: shown }) => shown.length > 0);
}
