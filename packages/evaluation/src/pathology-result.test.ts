import type { DatasetIndex, Pathology } from '@ddad/contract';
import { expect, test } from 'vitest';
import type { ImageScores } from './image-scores.ts';
import { pathologyResult } from './pathology-result.ts';
import type { TrainingChoice } from './training-positions.ts';

/** Unlabeled 1, 2 (normal) and 3, 4 (abnormal); test 5, 6 (normal) and 7 to 10 (abnormal). */
const index: DatasetIndex = {
  format: 1,
  imageSize: 1,
  images: Array.from({ length: 11 }, (_, i) => `${i}.png`),
  train: [0],
  unlabeled: { labels: 'known', normal: [1, 2], abnormal: [3, 4] },
  test: { labels: 'known', normal: [5, 6], abnormal: [7, 8, 9, 10] },
  validation: [],
  copies: [],
  synthetic: true,
};
const labels = [0, 0, 1, 1, 1, 1];
const rec = Float32Array.of(0.2, 0.4, 0.1, 0.3, 0.5, 0.6);
const scores: ImageScores = new Map([
  ['rec', { values: rec, each: [rec] }],
  ['aInter', { values: Float32Array.of(0.2, 0.4, 0.5, 0.1, 0.3, 0.6), each: null }],
]);

/** Effusion is in D_u's first abnormal image, mass in the second, nodule in none. */
const pathologies: Pathology[] = [
  { name: 'effusion', images: [3, 7, 8] },
  { name: 'mass', images: [4] },
  { name: 'nodule', images: [8, 9] },
];

function result(
  selection: TrainingChoice['selection'] = {},
  change: Partial<DatasetIndex> = {},
  trainsOnUnlabeled = true,
) {
  const choice = { selection, trainsOnUnlabeled };
  const found = pathologyResult({ ...index, pathologies, ...change }, choice, scores, labels);
  if (found === undefined) throw new Error('expected a result');
  return found;
}
const seen = (found: ReturnType<typeof result>) =>
  Object.fromEntries(found.each.map((one) => [one.name, one.seen]));

test('holds the abnormal images of each pathology against all normal ones', () => {
  const { normals, each, unnamed } = result();
  expect(normals).toBe(2);
  expect(each).toMatchObject([
    // Images 7 and 8. rec: 0.1 and 0.3 against 0.2 and 0.4, one pair of four right. aInter: 0.5 and 0.1, two of four.
    {
      name: 'effusion',
      images: 2,
      unlabeled: 1,
      scores: { rec: { auc: 0.25, aucMean: 0.25 }, aInter: { auc: 0.5 } },
    },
    { name: 'mass', images: 0, unlabeled: 1, scores: null },
    // Images 8 and 9. rec: 0.3 and 0.5, three of four; precision 1 at recall 1/2, 2/3 at 1. aInter: 0.1 and 0.3, one.
    {
      name: 'nodule',
      images: 2,
      unlabeled: 0,
      scores: { rec: { auc: 0.75, ap: expect.closeTo(1 / 2 + 1 / 3, 12) }, aInter: { auc: 0.25 } },
    },
  ]);
  // Image 10.
  expect(unnamed).toBe(1);
});

test('groups images all of whose pathologies are seen, or unseen', () => {
  const { byRun, byPool } = result();
  expect(byRun).toMatchObject({
    // Image 7 alone: 0.1 is below both, 0.5 above both.
    seen: { pathologies: ['effusion', 'mass'], images: 1, scores: { rec: { auc: 0 }, aInter: { auc: 1 } } },
    // Image 9 alone.
    unseen: { pathologies: ['nodule'], images: 1, scores: { rec: { auc: 1 }, aInter: { auc: 0.5 } } },
    // Image 8 shows both.
    neither: 1,
  });
  expect(byPool).toEqual(byRun);
});

test('seen is what the images that the run takes show, not what the pool holds', () => {
  const half = result({ unlabeled: 2, anomalousRate: 0.5 });
  expect(seen(half)).toEqual({ effusion: true, mass: false, nodule: false });
  // Table 4's control: the same images, though its D_u has seen nothing.
  const control = result({ unlabeled: 2, anomalousRate: 0 });
  expect(seen(control)).toEqual({ effusion: false, mass: false, nodule: false });
  expect(control.byRun.unseen).toMatchObject({ images: 3 });
  expect(control.byPool).toEqual(result().byPool);
  // Runs that train on normal images alone have seen nothing unlabeled, whatever there is of it.
  expect(seen(result({}, {}, false))).toEqual({ effusion: false, mass: false, nodule: false });
});

test('nobody knows whether a pathology is seen where an unlabeled image may show anything', () => {
  const unlabeled = { labels: 'unknown' as const, images: [1, 2, 3, 4] };
  const found = result({}, { unlabeled });
  expect(seen(found)).toEqual({ effusion: true, mass: true, nodule: null });
  // Images 8 and 9 show a nodule.
  expect(found.byRun).toMatchObject({
    seen: { images: 1 },
    unseen: { pathologies: [], images: 0, scores: null },
    neither: 2,
  });
  // An abnormal image of which nothing is named may show anything; the first two are normal.
  const nameless = pathologies.filter(({ name }) => name !== 'mass');
  expect(seen(result({}, { pathologies: nameless }))).toEqual({ effusion: true, nodule: null });
});
