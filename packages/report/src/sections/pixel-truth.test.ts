import { expect, test } from 'vitest';
import { page } from '../parsed-page.testing.ts';
import { syntheticRun } from '../synthetic-run.testing.ts';

const data = syntheticRun({ normal: 30, abnormal: 30, side: 16 });

test('compares maps with masks, and has outlines of those that it shows', async () => {
  const unmasked = await page(data);
  expect(unmasked.document.getElementById('pixel-truth')).toBeNull();
  expect(unmasked.document.getElementById('viewer-outline')).toBeNull();
  const figures = { auroc: 0.91, ap: 0.52, aupro: 0.73, bestDice: 0.64, bestThreshold: 0.125 };
  const images = { normal: 30, masked: 28, withoutMask: 2 };
  const scores = { rDual: { ...figures, threshold: 0.25, diceAtThreshold: 0.45 }, aInter: figures };
  const pixelTruth = { images, falsePositiveRate: 0.05, scores };
  const mask = async (image: number) =>
    image < 30 ? null : Uint8Array.from({ length: 16 * 16 }, (_, at) => (at === image ? 1 : 0));
  const masked = { ...data, result: { ...data.result, pixelTruth }, test: { ...data.test!, mask } };
  const { texts, document, data: pageData } = await page(masked);
  const cells = (name: string) => texts(`tr[data-pixels="${name}"] td`);
  expect(cells('rDual')).toEqual(['91.0', '52.0', '73.0', '64.0', '0.1250', '45.0', '0.2500']);
  expect(cells('aInter').slice(5)).toEqual(['–', '–']);
  expect(texts('#pixel-truth .caption')[0]).toContain('95.0 % quantile of the held-out normal images');
  expect(texts('#pixel-truth .caption')[0]).toContain('2 test images without a mask do not count');
  expect(document.querySelectorAll('#viewer svg.outline')).toHaveLength(2);
  expect(document.getElementById('viewer-outline')).not.toBeNull();
  for (const { number, label, outline } of pageData.cases) {
    const [x, y] = [(number - 1) % 16, Math.floor((number - 1) / 16)];
    const expected = `M${x} ${y}h1M${x} ${y + 1}h1M${x} ${y}v1M${x + 1} ${y}v1`;
    expect(outline).toBe(label === 1 ? expected : undefined);
  }
  const without = { ...pixelTruth, scores: null };
  const none = await page({ ...data, result: { ...data.result, pixelTruth: without } });
  expect(none.document.getElementById('pixel-truth')).toBeNull();
});
