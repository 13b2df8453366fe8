/** A list of test images that the gallery shows. */
export interface CaseGroup {
  id: 'hits' | 'misses' | 'false-alarms' | 'highest';
  title: string;
  explanation: string;
  /** Places among the test images, the most telling first. */
  images: number[];
}

/**
 * Which test images to look at, by a score. With labels: the abnormal ones of highest score, those of lowest score, and the
 * normal ones of highest score; no image is in two lists. Without: those of highest score.
 * @param scores higher means more abnormal
 * @param labels 1 for abnormal; null where nobody knows
 * @param most how many images all lists hold together, at most
 */
export function chooseCases(
  scores: ArrayLike<number>,
  labels: readonly (0 | 1)[] | null,
  most: number,
): CaseGroup[] {
  const falling = Array.from(scores, (_score, image) => image).sort((a, b) => scores[b]! - scores[a]!);
  if (labels === null) {
    return [
      {
        id: 'highest',
        title: 'Highest scores',
        explanation: 'The test images that the score calls most abnormal; nobody knows their labels.',
        images: falling.slice(0, most),
      },
    ];
  }
  const each = Math.floor(most / 3);
  const abnormal = falling.filter((image) => labels[image] === 1);
  const normal = falling.filter((image) => labels[image] === 0);
  const hits = Math.min(each, Math.ceil(abnormal.length / 2));
  const misses = Math.min(each, abnormal.length - hits);
  const groups: CaseGroup[] = [
    {
      id: 'hits',
      title: 'Clearest hits',
      explanation: 'Abnormal images of the highest scores.',
      images: abnormal.slice(0, hits),
    },
    {
      id: 'misses',
      title: 'Worst misses',
      explanation: 'Abnormal images of the lowest scores.',
      images: misses === 0 ? [] : abnormal.slice(-misses).reverse(),
    },
    {
      id: 'false-alarms',
      title: 'Worst false alarms',
      explanation: 'Normal images of the highest scores.',
      images: normal.slice(0, each),
    },
  ];
  return groups.filter(({ images }) => images.length > 0);
}
