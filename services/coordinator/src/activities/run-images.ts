import { describeFaults } from '@ddad/contract';
import { ApplicationFailure } from '@temporalio/activity';
import type { DatasetCatalog, RunImages, Selection } from '../dataset-catalog.ts';
import { failureTypes } from '../failure-types.ts';

/** The images of a run that was planned: its selection is known to be good. */
export async function imagesOf(
  catalog: DatasetCatalog,
  datasetDigest: string,
  selection: Selection,
): Promise<RunImages> {
  const images = await catalog.images(datasetDigest, selection);
  if ('faults' in images) {
    throw ApplicationFailure.nonRetryable(describeFaults(images.faults), failureTypes.invalidJob);
  }
  return images;
}
