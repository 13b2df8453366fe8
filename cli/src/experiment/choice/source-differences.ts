import { join } from 'node:path';
import { type DatasetIndex, type DatasetRecord, datasetKeys, packingsOf } from '@ddad/contract';
import { imagePieces } from '@ddad/dataset/packed-file';
import { unlabeledPool } from '@ddad/dataset/select';
import {
  type GreyMoments,
  greyMoments,
  greySharpness,
  momentSeparations,
  sharpnessSeparation,
} from '@ddad/dataset/trivial-separation';
import { type ObjectStore, readDatasetRecord } from '@ddad/storage';
import { independent, type ReferenceImages } from './reference-images.ts';

/** How well something that needs no network tells unlabeled from normal images. */
export interface SourceDifference {
  of: string;
  /** 0.5 to 1: whichever direction is better. */
  auc: number;
  /** Whether that is much, and more than chance. */
  differs: boolean;
  /**
   * What was told apart: pixels of the images that the choice is made by, or the files of all unlabeled and all normal images that
   * are not for the test.
   */
  over: 'pixels' | 'files';
}

/**
 * From here on a difference counts. Anomalies are seen in such figures too, so that little is expected: where 60 % of the
 * unlabeled images show one, as in the paper's sets, 0.6 is what a score of AUC 0.67 would give.
 */
const muchAuc = 0.6;

/** Two-sided 95 % of the normal distribution. */
const beyondChance = 1.96;

/** @param counts how many of each kind are independent, patients where they are known: none can differ where there are few */
export function sourceDifference(
  { of, auc, over }: Omit<SourceDifference, 'differs'>,
  { normal, unlabeled }: { normal: number; unlabeled: number },
): SourceDifference {
  // Of the AUC of two samples of one distribution (Mann and Whitney, 1947).
  const deviation = Math.sqrt((normal + unlabeled + 1) / (12 * normal * unlabeled));
  return { of, auc, over, differs: auc >= muchAuc && auc - 0.5 > beyondChance * deviation };
}

/**
 * What tells the unlabeled images of a run from its held-out normal ones without any network: mean grey, contrast and sharpness of
 * these very images; sizes and formats of the files of all unlabeled and all normal images, where the dataset's record has them.
 * A score may be chosen for it where it comes from the images' source.
 * @param dataset name under which the images were added
 * @param directory for the pixels while they are read
 */
export async function sourceDifferences(
  store: ObjectStore,
  dataset: string,
  images: ReferenceImages,
  directory: string,
): Promise<SourceDifference[]> {
  const record = await readDatasetRecord(store, dataset);
  const ofPixels = await greyDifferences(store, images, directory);
  const same = record !== null && packingsOf(record).some(({ digest }) => digest === images.digest);
  return [...ofPixels, ...(same ? fileDifferences(record, images.index) : [])];
}

async function greyDifferences(
  store: ObjectStore,
  { digest, index, heldOut, unlabeled }: ReferenceImages,
  directory: string,
): Promise<SourceDifference[]> {
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
  const counts = { normal: independent(index, heldOut), unlabeled: independent(index, unlabeled) };
  const all = [...momentSeparations(moments, labels), sharpnessSeparation(sharpness, labels)];
  return all.map((one) => sourceDifference({ ...one, over: 'pixels' }, counts));
}

function fileDifferences({ sourceSeparations = [] }: DatasetRecord, index: DatasetIndex): SourceDifference[] {
  const counts = {
    normal: independent(index, [...index.train, ...index.validation]),
    unlabeled: independent(index, unlabeledPool(index)),
  };
  return sourceSeparations.map((one) => sourceDifference({ ...one, over: 'files' }, counts));
}
