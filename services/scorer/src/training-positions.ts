import type { DatasetIndex, ReportFacts } from '@ddad/contract';
import { selectTrainingImages, type TrainingImages } from '@ddad/dataset';

/** What the run trained on, D_n, and D_u where it trained UDM, and the normal images that it held out. */
export function trainingPositions(
  index: DatasetIndex,
  { input, members }: Pick<ReportFacts, 'input' | 'members'>,
): TrainingImages {
  const selected = selectTrainingImages(index, input);
  // The plan has refused such a run.
  if ('faults' in selected) throw new Error(`run's input: ${selected.faults[0]?.message}`);
  return members.some(({ role }) => role === 'udm') ? selected : { ...selected, unlabeled: [] };
}
