import { type DatasetIndex, textCell } from '@ddad/contract';
import { csvFormatRows } from 'd3-dsv';

/**
 * scores.csv: a line per test image; the label empty where unknown, a score empty where the run gives none. Where there are
 * p-values, a column `p_SCORE` for each score that has them. Where the dataset names pathologies, a last column holds those of
 * the image, several with `; ` between them.
 * @param names of all scores that the method may give, in order
 */
export function scoresCsv(
  index: DatasetIndex,
  images: readonly number[],
  labels: readonly number[] | null,
  names: readonly string[],
  scores: Readonly<Record<string, ArrayLike<number>>>,
  pValues: Readonly<Record<string, readonly number[]>> = {},
): string {
  const judged = names.filter((name) => pValues[name] !== undefined);
  const shown = index.pathologies?.map((pathology) => ({
    name: pathology.name,
    images: new Set(pathology.images),
  }));
  const header = [
    'image',
    'label',
    ...names,
    ...judged.map((name) => `p_${name}`),
    ...(shown === undefined ? [] : ['pathology']),
  ];
  const cell = (value: number | undefined) => (value === undefined ? '' : String(value));
  const rows = images.map((position, i) => {
    const named = shown?.flatMap((pathology) => (pathology.images.has(position) ? [pathology.name] : []));
    return [
      textCell(index.images[position] ?? ''),
      cell(labels?.[i]),
      ...names.map((name) => cell(scores[name]?.[i])),
      ...judged.map((name) => cell(pValues[name]?.[i])),
      ...(named === undefined ? [] : [textCell(named.join('; '))]),
    ];
  });
  return `${csvFormatRows([header, ...rows])}\n`;
}
