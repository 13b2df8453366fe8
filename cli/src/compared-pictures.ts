import type { DatasetIndex, EvaluatedSource, RunResult } from '@ddad/contract';
import { greyPixels } from '@ddad/dataset';
import { testImages } from '@ddad/dataset/select';
import { tensorScale } from '@ddad/onnx/run';
import { type ComparedPictures, type Comparison, type RunMaps, shownImages } from '@ddad/report';
import {
  ObjectNotFound,
  type ObjectStore,
  openSafetensors,
  readDatasetIndex,
  readDatasetPixels,
  readManifest,
  withArtifactFile,
} from '@ddad/storage';
import { storedEvaluation } from './stored-evaluations.ts';

/** The index of what a run was made of; null where it is not known any more, as of results from before they said so. */
export async function indexOf(
  store: ObjectStore,
  { datasetDigest }: Pick<RunResult, 'datasetDigest'>,
): Promise<DatasetIndex | null> {
  if (datasetDigest === undefined) return null;
  try {
    return await readDatasetIndex(store, datasetDigest);
  } catch (error) {
    if (error instanceof ObjectNotFound) return null;
    throw error;
  }
}

/** Whose the test images are, by their names; undefined where nobody knows. */
export function patientsOf(index: DatasetIndex | null): Map<string, number> | undefined {
  if (index?.patients === undefined) return undefined;
  const { images, patients } = index;
  return new Map(
    testImages(index).images.flatMap((position) => {
      const patient = patients[position] ?? null;
      return patient === null ? [] : [[images[position]!, patient] as const];
    }),
  );
}

/**
 * Pictures and heat maps of the images that a comparison shows. Maps are read once for their scale, in pieces; the datasets and
 * artifacts of old runs may have gone: what is missing is told, and fails nothing.
 * @param index of the first run's dataset; null where it has gone
 * @param directory for files while they are read
 * @param onRun told before a run's maps are read
 * @returns null where there is nothing to show
 */
export async function comparedPictures(
  store: ObjectStore,
  comparison: Comparison,
  index: DatasetIndex | null,
  directory: string,
  onRun: (run: number) => void,
): Promise<ComparedPictures | null> {
  const shown = shownImages(comparison);
  const digest = comparison.runs[0]?.result.datasetDigest;
  if (index === null || digest === undefined || shown.length === 0) return null;
  const side = index.imageSize;
  const area = side * side;
  const { images } = testImages(index);
  const all = greyPixels(index, await readDatasetPixels(store, digest));
  const pictures = new Map(
    shown.map((place) => [place, all.slice(images[place]! * area, (images[place]! + 1) * area)] as const),
  );
  const maps: ComparedPictures['maps'] = [];
  for (const [run, { result, places }] of comparison.runs.entries()) {
    onRun(run);
    const wanted = shown.map((place) => places[place]!);
    maps.push(await mapsOf(store, result, comparison.sides.maps[run] ?? null, wanted, directory));
  }
  return { side, pixels: async (place) => pictures.get(place)!, maps };
}

/** Maps of some images; in words what is missing where there are none. @param score whose maps they are; null where no score has any */
async function mapsOf(
  store: ObjectStore,
  result: RunResult,
  score: string | null,
  places: readonly number[],
  directory: string,
): Promise<RunMaps | string> {
  if (score === null) return `method ${result.method} makes none`;
  const evaluation = await storedEvaluation(store, result);
  if ('missing' in evaluation) return evaluation.missing;
  const source = evaluation.sources.find(
    ({ score: of, images, map }) => of === score && images === 'test' && map !== undefined,
  );
  if (source?.map === undefined) return `${score} has no map`;
  if ((await readManifest(store, source.kind, source.key)) === null)
    return 'its maps are not in the store any more';
  return await readMaps(store, { ...source, map: source.map }, places, directory);
}

async function readMaps(
  store: ObjectStore,
  source: EvaluatedSource & { map: string },
  places: readonly number[],
  directory: string,
): Promise<RunMaps> {
  return await withArtifactFile(store, source, 'maps', directory, async (path) => {
    const file = await openSafetensors(path);
    try {
      const end = await tensorScale(file, source.map, source);
      const [, side = 0] = file.shapes.get(source.map) ?? [];
      const maps = new Map<number, Float32Array>();
      for (const place of places) maps.set(place, await file.read(source.map, place, 1));
      return { side, end, read: async (place) => maps.get(place)! };
    } finally {
      await file.close();
    }
  });
}
