import { type DatasetIndex, type ScoreName, scoreNames } from '@ddad/contract';

function field(value: string): string {
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

/** scores.csv: a line per test image; the label empty where unknown, a score empty where the run gives none. */
export function scoresCsv(
  index: DatasetIndex,
  images: readonly number[],
  labels: readonly number[] | null,
  scores: Partial<Record<ScoreName, ArrayLike<number>>>,
): string {
  const lines = images.map((position, i) => {
    const values = scoreNames.map((name) => scores[name]?.[i] ?? '');
    return [field(index.images[position]), labels?.[i] ?? '', ...values].join(',');
  });
  return `${['image,label', ...scoreNames].join(',')}\n${lines.join('\n')}\n`;
}
