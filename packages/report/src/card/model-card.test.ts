import { methods } from '@ddad/methods';
import { expect, test } from 'vitest';
import { syntheticRun } from '../synthetic-run.testing.ts';
import { cardMarkdown } from './card-markdown.ts';
import { modelCard } from './model-card.ts';

/** A run whose pathologies have so many images each. */
function run(...pathologies: [name: string, images: number, auc: number][]) {
  const { result } = syntheticRun({ normal: 12, abnormal: 16, side: 8 });
  const none = { pathologies: [], images: 0, scores: null };
  const groups = { seen: none, unseen: none, neither: 0 };
  const each = pathologies.map(([name, images, auc]) => ({
    name,
    images,
    unlabeled: 3,
    seen: true,
    scores: { rDual: { auc, ap: auc } },
  }));
  return { ...result, pathologies: { normals: 12, each, byRun: groups, byPool: groups, unnamed: 0 } };
}

test('a pathology of a few images has no interval, and one that is always found is not certain to be', () => {
  const card = modelCard(run(['cyst', 1, 1], ['node', 4, 0.9], ['mass', 5, 1], ['scar', 6, 0]), methods);
  expect(card.subgroups.map(({ aucInterval }) => aucInterval)).toEqual([
    null,
    null,
    { low: expect.closeTo(0.549, 3), high: 1 },
    { low: 0, high: expect.closeTo(0.393, 3) },
  ]);
  const text = cardMarkdown(card);
  expect(text).toContain('| cyst | 1 | yes | 100.0 | 100.0 |');
  expect(text).toContain('| mass | 5 | yes | 100.0 (54.9 to 100.0) | 100.0 |');
  expect(text).toContain('of fewer than 5 images of a class there is none');
});

test('says of bootstrap intervals of few images that they are too narrow', () => {
  const part = { images: 0 };
  const data = { normal: part, unlabeled: part, heldOut: part, test: { images: 15, abnormal: 3 } };
  const text = cardMarkdown(modelCard({ ...run(), data }, methods));
  expect(text).toContain('Intervals that rest on 3 abnormal test images are too narrow');
});
