import type { DatasetIndex, ReportFacts } from '@ddad/contract';
import { selectTrainingImages, testImages } from '@ddad/dataset';

/**
 * Test images, by place among the test images, that have a copy among the images that the run trained on: D_n, and D_u
 * where it trained UDM.
 */
export function copiesInTraining(
  index: DatasetIndex,
  { input, members }: Pick<ReportFacts, 'input' | 'members'>,
): Set<number> {
  const selected = selectTrainingImages(index, input);
  // The plan has refused such a run.
  if ('faults' in selected) throw new Error(`run's input: ${selected.faults[0]?.message}`);
  const training = new Set(selected.normal);
  if (members.some(({ role }) => role === 'udm')) {
    for (const position of selected.unlabeled) training.add(position);
  }
  const leaked = new Set(index.copies.filter((group) => group.some((p) => training.has(p))).flat());
  return new Set(testImages(index).images.flatMap((position, i) => (leaked.has(position) ? [i] : [])));
}
