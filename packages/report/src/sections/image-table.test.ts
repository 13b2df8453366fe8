import { describe, expect, test } from 'vitest';
import { decodeFloats, encodeFloats } from '../float-text.ts';
import { page } from '../parsed-page.testing.ts';
import { syntheticRun } from '../synthetic-run.testing.ts';

describe('all test images', () => {
  test('have their scores, what they show, and the held-out scores behind p-values in the page, in 32 bits each', async () => {
    const run = syntheticRun({ normal: 3, abnormal: 2, side: 8 });
    run.result.calibration = { images: 2, falsePositiveRate: 0.5, thresholds: null };
    run.result.labelFree = { images: { unlabeled: 0, heldOut: 2 }, scores: {} };
    const pathologies = [{ name: '<i>cyst</i>', images: [3, 4] }];
    const { data: found, texts } = await page({
      ...run,
      heldOut: { rDual: [0.25, 0.5] },
      test: { ...run.test, pathologies },
    });
    expect(Object.keys(found.scores)).toEqual(Object.keys(run.result.scores!));
    expect(decodeFloats(found.scores.rDual!)).toEqual(run.test.scores.rDual);
    expect(found.heldOut).toEqual({ rDual: encodeFloats([0.25, 0.5]) });
    expect(found).toMatchObject({ main: 'rDual', pathologies });
    expect(texts('#image-filters option')).toContain('<i>cyst</i>');
    // The main score comes first.
    expect(texts('#image-rows thead th button').slice(0, 6)).toEqual([
      'image',
      'label',
      'pathology',
      'verdict',
      'p',
      'Rdual rDual',
    ]);
    expect(texts('#names-note')[0]).toContain('npx ddad report RUN --names');
  });

  test('20,000 of them with twenty-six scores take less than 3 MB', async () => {
    const run = syntheticRun({ normal: 2, abnormal: 2, side: 8, reduced: true });
    const count = 20_000;
    const scores = Object.fromEntries(
      Object.keys(run.test.scores).map((name) => [
        name,
        Float32Array.from({ length: count }, (_, at) => ((at * 7919) % count) / 3),
      ]),
    );
    const pixels = async (places: readonly number[]) => new Uint8Array(places.length * 64);
    const labels = Array.from({ length: count }, (_, at): 0 | 1 => (at % 2 === 0 ? 0 : 1));
    const images = { ...run.test, labels, copies: labels.map(() => false), scores, maps: {}, pixels };
    const { data } = await page({ ...run, test: images });
    expect(JSON.stringify(data).length).toBeLessThan(3e6);
  });
});
