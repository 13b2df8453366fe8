import { type ImageTable, pValueOf } from './image-rows.ts';
import { operatingPoints } from './operating-points.ts';

/** Cells that hold commas, quotes or line breaks, in quotes. */
function cell(value: string | number): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const csv = (rows: readonly (readonly (string | number)[])[]) =>
  rows.map((row) => `${row.map(cell).join(',')}\n`).join('');

/** All test images as scores.csv has them, numbers from 1 in place of the names; the scores that the page has. */
export function imagesCsv(table: ImageTable): string {
  const { labels, scores, heldOut, pathologies } = table;
  const names = Object.keys(scores);
  const judged = names.filter((name) => heldOut[name] !== undefined);
  const shown = pathologies.some((text) => text !== '');
  const header = [
    'image',
    'label',
    ...names,
    ...judged.map((name) => `p_${name}`),
    ...(shown ? ['pathology'] : []),
  ];
  const rows = pathologies.map((text, place) => [
    place + 1,
    labels?.[place] ?? '',
    ...names.map((name) => scores[name]?.[place] ?? ''),
    ...judged.map((name) => pValueOf(table, name, place) ?? ''),
    // A name that a spreadsheet would compute is text (OWASP, CSV Injection), as in scores.csv.
    ...(shown ? [text.replace(/^(?=[=+\-@\t\r])/, "'")] : []),
  ]);
  return csv([header, ...rows]);
}

/**
 * The points of the ROC and the precision-recall curve of every score: one for each distinct score as threshold, from the highest.
 * Images that score as high or higher are called abnormal.
 */
export function curvesCsv(
  scores: Readonly<Record<string, Float32Array>>,
  labels: readonly (0 | 1)[],
): string {
  const header = ['score', 'threshold', 'false_positive_rate', 'true_positive_rate', 'recall', 'precision'];
  const rows = Object.entries(scores).flatMap(([name, values]) =>
    operatingPoints(Array.from(values), labels)
      .reverse()
      .map(({ threshold, truePositives: tp, falsePositives: fp, falseNegatives: fn, trueNegatives: tn }) => {
        const recall = tp / (tp + fn);
        return [name, threshold, fp / (fp + tn), recall, recall, tp / (tp + fp)];
      }),
  );
  return csv([header, ...rows]);
}
