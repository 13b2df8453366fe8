import type { DatasetIndex } from '@ddad/contract';
import { testImages } from '@ddad/dataset/select';
import { type TrainingChoice, trainingPositions } from './training-positions.ts';

/** Test images, by place among the test images, that have a copy among the images that the run trained on. */
export function copiesInTraining(index: DatasetIndex, choice: TrainingChoice): Set<number> {
  const { normal, unlabeled } = trainingPositions(index, choice);
  const training = new Set([...normal, ...unlabeled]);
  const leaked = new Set(index.copies.filter((group) => group.some((p) => training.has(p))).flat());
  return new Set(testImages(index).images.flatMap((position, i) => (leaked.has(position) ? [i] : [])));
}
