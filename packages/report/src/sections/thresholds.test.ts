import { describe, expect, test } from 'vitest';
import { page } from '../parsed-page.testing.ts';
import { syntheticRun } from '../synthetic-run.testing.ts';

describe('a run with held-out normal images', () => {
  const heldOut = () => {
    const data = syntheticRun({ normal: 9, abnormal: 9, side: 8 });
    data.result.calibration = {
      images: 40,
      falsePositiveRate: 0.05,
      thresholds: { rDual: { threshold: 0.125, sensitivity: 0.875, specificity: 0.75 } },
    };
    data.result.labelFree = {
      images: { unlabeled: 30, heldOut: 40 },
      scores: { rDual: { auc: 0.625, heldOutMean: 0.0625 } },
    };
    return data;
  };

  test('shows its thresholds and label-free figures apart from the scores', async () => {
    const { texts, data } = await page(heldOut());
    expect(texts('tr[data-threshold="rDual"] td')).toEqual(['0.1250', '87.5', '75.0', '62.5*', '0.06250']);
    expect(texts('#thresholds .caption')[0]).toMatch(/at most 5\.0 % are expected above a threshold/);
    expect(texts('#scores')[0]).not.toContain('label-free');
    expect(data.thresholds).toEqual({ rDual: 0.125 });
  });

  test('has them in its data with all their digits: an image that scores as high is not above one', async () => {
    const data = heldOut();
    // In seven digits 0.1, which is less.
    const threshold = Math.fround(0.1);
    data.result.calibration!.thresholds = { rDual: { threshold, sensitivity: 0, specificity: 1 } };
    expect((await page(data)).data.thresholds).toEqual({ rDual: threshold });
  });

  test('marks the label-free AUC of scores that learned from the unlabeled images', async () => {
    const data = heldOut();
    data.result.labelFree!.scores.rIntra = { auc: 0.6, heldOutMean: 0.5 };
    const both = await page(data);
    expect(both.texts('tr[data-threshold="rDual"] td')[3]).toBe('62.5*');
    expect(both.texts('tr[data-threshold="rIntra"] td')[3]).toBe('60.0');
    expect(both.texts('#thresholds .caption')[0]).toContain(
      'Scores with * learned from these unlabeled images',
    );
    data.result.labelFree!.scores = { rIntra: { auc: 0.6, heldOutMean: 0.5 } };
    expect((await page(data)).texts('#thresholds .caption')[0]).not.toContain('*');
  });

  test('says what thresholds need where the images are too few', async () => {
    const data = heldOut();
    data.result.calibration!.thresholds = null;
    const made = await page(data);
    expect(made.texts('#thresholds .caption')[0]).toMatch(/need 19 held-out normal images, not 40/);
    expect(made.texts('tr[data-threshold="rDual"] td')[0]).toBe('–');
    expect(made.data.thresholds).toEqual({});
  });

  test('others have no such section', async () => {
    const { document } = await page(syntheticRun({ normal: 2, abnormal: 2, side: 8 }));
    expect(document.getElementById('thresholds')).toBeNull();
  });
});
