import { textCell } from '@ddad/contract/text-cell';
import { csvFormatRows } from 'd3-dsv';
import { type ImageTable, pValueOf } from './image-rows.ts';
import { operatingPoints } from './operating-points.ts';

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
    String(place + 1),
    String(labels?.[place] ?? ''),
    ...names.map((name) => String(scores[name]?.[place] ?? '')),
    ...judged.map((name) => String(pValueOf(table, name, place) ?? '')),
    ...(shown ? [textCell(text)] : []),
  ]);
  return `${csvFormatRows([header, ...rows])}\n`;
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
        return [name, ...[threshold, fp / (fp + tn), recall, recall, tp / (tp + fp)].map(String)];
      }),
  );
  return `${csvFormatRows([header, ...rows])}\n`;
}
