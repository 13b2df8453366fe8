import type { DatasetIndex, EvaluationSpec } from '@ddad/contract';
import { selectTrainingImages, type TrainingImages } from '@ddad/dataset/select';
import { ChildFault } from '@ddad/jobs/child';

/** What of a specification chooses the images that a run trained on. */
export type TrainingChoice = Pick<EvaluationSpec, 'selection' | 'trainsOnUnlabeled'>;

/** What the run trained on, D_n, and D_u where it trained on that, and the normal images that it held out. */
export function trainingPositions(
  index: DatasetIndex,
  { selection, trainsOnUnlabeled }: TrainingChoice,
): TrainingImages {
  const selected = selectTrainingImages(index, selection);
  // The plan has refused such a run.
  if ('faults' in selected) {
    const messages = selected.faults.map(({ path, message }) => `selection.${path}: ${message}`);
    throw new ChildFault('invalid', messages.join('; '));
  }
  return trainsOnUnlabeled ? selected : { ...selected, unlabeled: [] };
}
