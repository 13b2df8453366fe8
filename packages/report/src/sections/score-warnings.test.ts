import type { RunResult } from '@ddad/contract';
import { describe, expect, test } from 'vitest';
import { page } from '../parsed-page.testing.ts';
import { syntheticRun } from '../synthetic-run.testing.ts';

describe('doubtful scores', () => {
  const doubtful = (change: (scores: NonNullable<RunResult['scores']>) => void) => {
    const data = syntheticRun({ normal: 9, abnormal: 9, side: 8 });
    for (const found of Object.values(data.result.scores!)) found.aucInterval = { low: 0.6, high: 0.9 };
    change(data.result.scores!);
    return data;
  };
  const warnings = (texts: (selector: string) => string[], within: string) =>
    texts(`${within} [data-warning]`).map((text) => text.replaceAll(/\s+/g, ' '));

  test('are warned of beside their figures; the main one at the top of the page as well', async () => {
    const data = doubtful((scores) => {
      scores.rec!.aucInterval = { low: 0.2, high: 0.4 };
      scores.aIntra!.aucInterval = { low: 0.45, high: 0.6 };
      scores.rDual!.aucInterval = { low: 0.48, high: 0.7 };
    });
    const { texts } = await page(data);
    expect(warnings(texts, '#scores')).toEqual([
      'Inverted. rec: normal images score higher than abnormal ones.',
      'Chance? aIntra, rDual: the interval of the AUC reaches below 50 %.',
    ]);
    expect(warnings(texts, '#summary')).toEqual([
      'Chance? rDual: the interval of the AUC reaches below 50 %.',
    ]);
    const sure = await page(doubtful(() => undefined));
    expect(warnings(sure.texts, 'main')).toEqual([]);
  });

  test('by patient: the caption says so; results from before there were intervals have none', async () => {
    const data = doubtful(() => undefined);
    data.result.intervals = { ...data.result.intervals!, by: 'patient', units: 7 };
    const { texts } = await page(data);
    expect(texts('#scores .caption')[0]).toContain('of the 7 patients of the test images');
    const { intervals: _, ...older } = data.result;
    older.scores = { rDual: { auc: 0.4, ap: 0.5 } };
    const old = await page({ ...data, result: older });
    expect(old.texts('tr[data-score="rDual"] td.number')[0]).toBe('40.0');
    expect(old.texts('#scores .interval, #scores [data-rates], #scores h3')).toEqual([]);
    expect(warnings(old.texts, '#summary')[0]).toMatch(/^Inverted/);
  });

  test('thresholds that find next to nothing are warned of', async () => {
    const data = doubtful(() => undefined);
    const thresholds = { rDual: { threshold: 1, sensitivity: 0.05, specificity: 1 } };
    data.result.calibration = { images: 40, falsePositiveRate: 0.05, thresholds };
    data.result.labelFree = {
      images: { unlabeled: 1, heldOut: 40 },
      scores: { rDual: { auc: 0.5, heldOutMean: 1 } },
    };
    const { texts } = await page(data);
    expect(warnings(texts, '#thresholds')[0]).toMatch(/^Blind. rDual: the threshold finds less than 10 %/);
    expect(warnings(texts, '#summary')).toHaveLength(1);
  });
});
