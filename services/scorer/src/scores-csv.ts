import { type DatasetIndex, type ScoreName, scoreNames } from '@ddad/contract';

function field(value: string): string {
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

/**
 * scores.csv: a line per test image; the label empty where unknown, a score empty where the run gives none. Where there
 * are p-values, a column `p_SCORE` for each score that has them. Where the dataset names pathologies, a last column holds those of the image, several with `; ` between them.
 */
export function scoresCsv(
  index: DatasetIndex,
  images: readonly number[],
  labels: readonly number[] | null,
  scores: Partial<Record<ScoreName, ArrayLike<number>>>,
  pValues: Partial<Record<ScoreName, readonly number[]>> = {},
): string {
  const judged = scoreNames.filter((name) => pValues[name] !== undefined);
  const { pathologies } = index;
  const shown = pathologies?.map((pathology) => ({
    name: pathology.name,
    images: new Set(pathology.images),
  }));
  const lines = images.map((position, i) => {
    const values = scoreNames.map((name) => scores[name]?.[i] ?? '');
    const probabilities = judged.map((name) => pValues[name]?.[i]);
    const named = shown?.flatMap((pathology) => (pathology.images.has(position) ? [pathology.name] : []));
    const last = named === undefined ? [] : [field(named.join('; '))];
    return [field(index.images[position]), labels?.[i] ?? '', ...values, ...probabilities, ...last].join(',');
  });
  const lastColumn = shown === undefined ? [] : ['pathology'];
  const header = ['image', 'label', ...scoreNames, ...judged.map((name) => `p_${name}`), ...lastColumn];
  return `${header.join(',')}\n${lines.join('\n')}\n`;
}
