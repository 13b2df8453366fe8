import { join } from 'node:path';
import {
  type DatasetIndex,
  type DatasetRecord,
  datasetKeys,
  packingsOf,
  type RunResult,
} from '@ddad/contract';
import { imagePieces } from '@ddad/dataset/packed-file';
import { type ImageChoice, selectTrainingImages } from '@ddad/dataset/select';
import {
  type GreyMoments,
  greyMoments,
  greySharpness,
  momentSeparations,
  sharpnessSeparation,
} from '@ddad/dataset/trivial-separation';
import { ObjectNotFound, type ObjectStore, readDatasetIndex, readDatasetRecord } from '@ddad/storage';

/** How well something that needs no network tells unlabeled from normal images. */
export interface SourceDifference {
  of: string;
  /** 0.5 to 1: whichever direction is better. */
  auc: number;
  /** Whether that is much, and more than chance. */
  differs: boolean;
}

/**
 * From here on a difference counts. Anomalies are seen in such figures too, so that little is expected: where 60 % of the
 * unlabeled images show one, as in the paper's sets, 0.6 is what a score of AUC 0.67 would give.
 */
const muchAuc = 0.6;

/** Two-sided 95 % of the normal distribution. */
const beyondChance = 1.96;

/** @param counts how many images of each kind: none can differ where there are few */
export function sourceDifference(
  { of, auc }: { of: string; auc: number },
  counts: { normal: number; unlabeled: number },
): SourceDifference {
  const { normal, unlabeled } = counts;
  // Of the AUC of two samples of one distribution (Mann and Whitney, 1947).
  const deviation = Math.sqrt((normal + unlabeled + 1) / (12 * normal * unlabeled));
  return { of, auc, differs: auc >= muchAuc && auc - 0.5 > beyondChance * deviation };
}

/**
 * What tells the unlabeled images of a run from its held-out normal ones without any network: mean grey, contrast and sharpness of
 * these very images; sizes and formats of the files of all unlabeled and all normal images, where the dataset's record has them.
 * A score may be chosen for it where it comes from the images' source.
 * @param selection what of the run's input chose its images
 * @param directory for the pixels while they are read
 * @returns null where the dataset is not in the store any more
 */
export async function sourceDifferences(
  store: ObjectStore,
  result: Pick<RunResult, 'dataset' | 'datasetDigest'>,
  selection: ImageChoice,
  directory: string,
): Promise<SourceDifference[] | null> {
  const record = await readDatasetRecord(store, result.dataset);
  const digest = result.datasetDigest ?? record?.digest;
  if (digest === undefined) return null;
  try {
    const index = await readDatasetIndex(store, digest);
    const ofPixels = await greyDifferences(store, digest, index, selection, directory);
    const same = record !== null && packingsOf(record).some((packing) => packing.digest === digest);
    return [...ofPixels, ...(same ? fileDifferences(record) : [])];
  } catch (error) {
    if (error instanceof ObjectNotFound) return null;
    throw error;
  }
}

async function greyDifferences(
  store: ObjectStore,
  digest: string,
  index: DatasetIndex,
  selection: ImageChoice,
  directory: string,
): Promise<SourceDifference[]> {
  const selected = selectTrainingImages(index, selection);
  // The run's plan has refused such a selection, so that the index is another one by now.
  if ('faults' in selected) return [];
  const { heldOut, unlabeled } = selected;
  const path = join(directory, 'pixels.u8');
  await store.getToFile(datasetKeys.pixels(digest), path);
  const moments: GreyMoments[] = [];
  const sharpness: number[] = [];
  const area = index.imageSize ** 2;
  for await (const piece of imagePieces(path, index.imageSize, [...heldOut, ...unlabeled])) {
    for (let image = 0; image * area < piece.length; image += 1) {
      moments.push(greyMoments(piece, index.imageSize, image));
      sharpness.push(greySharpness(piece, index.imageSize, image));
    }
  }
  const labels = moments.map((_moments, image) => (image < heldOut.length ? 0 : 1));
  const counts = { normal: heldOut.length, unlabeled: unlabeled.length };
  const all = [...momentSeparations(moments, labels), sharpnessSeparation(sharpness, labels)];
  return all.map((one) => sourceDifference(one, counts));
}

function fileDifferences({ sourceSeparations = [], counts }: DatasetRecord): SourceDifference[] {
  const { train, validation, unlabeled } = counts;
  return sourceSeparations.map((one) => sourceDifference(one, { normal: train + validation, unlabeled }));
}
