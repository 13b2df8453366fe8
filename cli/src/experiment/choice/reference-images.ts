import type { DatasetIndex, RunResult } from '@ddad/contract';
import { type ImageChoice, selectTrainingImages } from '@ddad/dataset/select';
import { ObjectNotFound, type ObjectStore, readDatasetIndex, readDatasetRecord } from '@ddad/storage';

/** The images that a choice is made by: which of the dataset's they are. */
export interface ReferenceImages {
  /** Of the dataset's pixels. */
  digest: string;
  index: DatasetIndex;
  /** Positions in the index. */
  heldOut: readonly number[];
  unlabeled: readonly number[];
}

/**
 * Finds a run's held-out normal and unlabeled images in its dataset.
 * @param selection what of the run's input chose them
 * @returns null where the dataset is not in the store any more
 */
export async function referenceImages(
  store: ObjectStore,
  { dataset, datasetDigest }: Pick<RunResult, 'dataset' | 'datasetDigest'>,
  selection: ImageChoice,
): Promise<ReferenceImages | null> {
  const digest = datasetDigest ?? (await readDatasetRecord(store, dataset))?.digest;
  if (digest === undefined) return null;
  try {
    const index = await readDatasetIndex(store, digest);
    const selected = selectTrainingImages(index, selection);
    // The run's plan has refused such a selection, so that the index is another one by now.
    if ('faults' in selected) return null;
    const { heldOut, unlabeled } = selected;
    return { digest, index, heldOut, unlabeled };
  } catch (error) {
    if (error instanceof ObjectNotFound) return null;
    throw error;
  }
}

/** The patients of images, held-out ones first, as scores have them; null of those of which none is known. */
export function referencePatients({ index, heldOut, unlabeled }: ReferenceImages): (number | null)[] {
  return [...heldOut, ...unlabeled].map((position) => index.patients?.[position] ?? null);
}

/** How many are independent of one another: patients, and images of which no patient is known. */
export function independent({ patients }: DatasetIndex, positions: readonly number[]): number {
  const known = new Set<number>();
  let without = 0;
  for (const position of positions) {
    const patient = patients?.[position];
    if (patient == null) without += 1;
    else known.add(patient);
  }
  return known.size + without;
}
