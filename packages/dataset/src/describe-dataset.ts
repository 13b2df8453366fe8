import type { DatasetIndex } from '@ddad/contract';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { type CopiesDescription, describeCopies, type Place, placesByPosition } from './copies.ts';
import { findNearCopies, type NearCopiesProgress } from './near-copies.ts';
import { findOutliers, type Outlier } from './outliers.ts';
import { greySeparations, type TrivialSeparation } from './trivial-separation.ts';

/** One list of data.json as it lies packed. */
export interface PlaceDescription {
  place: Place;
  /** Positions, in the order of data.json. */
  images: number[];
  /** Mean and standard deviation of its pixels, 0 … 255. */
  mean: number;
  deviation: number;
  /** Share of its pixels by grey level, 256 bins. */
  levels: Float64Array;
  /** Patients of whom it has images; null where nothing is known of patients. */
  patients: number | null;
  /** Some of its positions, drawn by the seed; all where there are few. */
  sample: number[];
}

/** What a look at a packed dataset shows before anything is trained. */
export interface DatasetDescription {
  places: PlaceDescription[];
  copies: CopiesDescription;
  /** Families of images that show one picture, see `findNearCopies`. */
  nearCopies: CopiesDescription;
  /** Images by pathology and list. */
  pathologies: { name: string; images: Map<Place, number> }[];
  /** Null where nothing is known of patients. */
  patients: number | null;
  /** How well grey levels alone tell the test images' labels; empty where those are not known. */
  separations: TrivialSeparation[];
  /** Normal training images that are unlike the others. */
  outliers: Outlier[];
}

/**
 * Describes a packed dataset.
 * @param pixels [N, imageSize, imageSize], unsigned bytes
 * @param choice.sample images to draw from each list, at most
 * @param choice.seed equal seeds draw equal images
 * @param choice.onProgress how far the search for near-copies is, which takes nearly all of the time
 */
export function describeDataset(
  index: DatasetIndex,
  pixels: Uint8Array,
  choice: { sample: number; seed: number; onProgress?: NearCopiesProgress },
): DatasetDescription {
  const placeOf = placesByPosition(index);
  const byPlace = Map.groupBy(placeOf.keys(), (position) => placeOf.get(position)!);
  const { patients } = index;
  const generator = xoroshiro128plus(choice.seed);
  const draw = (images: readonly number[]): number[] => {
    const left = [...images];
    const drawn: number[] = [];
    while (drawn.length < choice.sample && left.length > 0) {
      drawn.push(...left.splice(uniformInt(generator, 0, left.length - 1), 1));
    }
    return drawn.sort((a, b) => a - b);
  };
  const patientsOf = (images: Iterable<number>) => {
    if (patients === undefined) return null;
    return new Set([...images].flatMap((position) => patients[position] ?? [])).size;
  };
  const places = [...byPlace].map(
    ([place, images]): PlaceDescription => ({
      place,
      images,
      ...greyLevels(pixels, index.imageSize, images),
      patients: patientsOf(images),
      sample: draw(images),
    }),
  );
  const near = findNearCopies(pixels, index.imageSize, index.copies, choice.onProgress);
  return {
    places,
    copies: describeCopies(index),
    nearCopies: describeCopies({ ...index, copies: near }),
    pathologies: (index.pathologies ?? []).map(({ name, images }) => {
      const groups = Map.groupBy(images, (position) => placeOf.get(position)!);
      return { name, images: new Map([...groups].map(([place, list]) => [place, list.length])) };
    }),
    patients: patientsOf(index.images.keys()),
    separations: greySeparations(index, pixels),
    outliers: findOutliers(index, pixels),
  };
}

function greyLevels(pixels: Uint8Array, imageSize: number, images: readonly number[]) {
  const area = imageSize * imageSize;
  const levels = new Float64Array(256);
  for (const position of images) {
    for (let at = position * area; at < (position + 1) * area; at++) levels[pixels[at]!]! += 1;
  }
  const count = images.length * area;
  const share = levels.map((pixelsOfLevel) => pixelsOfLevel / count);
  const mean = share.reduce((sum, part, level) => sum + part * level, 0);
  const variance = share.reduce((sum, part, level) => sum + part * (level - mean) ** 2, 0);
  return { levels: share, mean, deviation: Math.sqrt(variance) };
}
