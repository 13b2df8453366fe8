import type { DatasetIndex, ReportFacts } from '@ddad/contract';
import { testImages } from '@ddad/dataset';
import { trainingPositions } from './training-positions.ts';

/** Test images, by place among the test images, that have a copy among the images that the run trained on. */
export function copiesInTraining(
  index: DatasetIndex,
  facts: Pick<ReportFacts, 'input' | 'members'>,
): Set<number> {
  const { normal, unlabeled } = trainingPositions(index, facts);
  const training = new Set([...normal, ...unlabeled]);
  const leaked = new Set(index.copies.filter((group) => group.some((p) => training.has(p))).flat());
  return new Set(testImages(index).images.flatMap((position, i) => (leaked.has(position) ? [i] : [])));
}
